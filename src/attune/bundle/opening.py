"""Opening a bundle: a folder or a zip whose `bundle.json` and parts are what they claim to be."""

from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from attune.bundle.archive import DESCRIPTION_FILE, DESCRIPTION_LIMIT, ZipBundle
from attune.bundle.atomic import name_beside, new_folder, write_errors
from attune.bundle.cache import cache_folder
from attune.bundle.description import BundleDescription, Part, Settings, description_from_json
from attune.bundle.fields import JsonValue
from attune.bundle.hashing import HashMemory, content_hash
from attune.errors import AttuneError, InputError

__all__ = ["Bundle", "Verify", "parse_description", "read_description"]

Verify = Literal["full", "sizes"]
"""How parts are checked: "full" compares SHA-256 (remembered for files that have not changed
since), "sizes" only that each is there with its stated size."""


def parse_description(content: bytes, where: str) -> tuple[BundleDescription, str]:
    """Read the bytes of `bundle.json`; returns what it says and the bundle's hash.

    The hash is the SHA-256 of the canonical JSON of everything but the field `hash`, which must
    agree with it. Raises InputError; `where` begins the message.
    """
    try:
        value = json.loads(content, object_pairs_hook=_object, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{where} is not readable as JSON ({error}): copy the bundle again"
        ) from error
    if not isinstance(value, dict) or "format_version" not in value:
        raise InputError(f"{where} does not describe an Attune bundle: no format_version in it")
    stated = value.pop("hash", None)
    description = description_from_json(value, where)
    try:
        actual = content_hash(value)
    except ValueError as error:
        raise InputError(f"{where} is damaged ({error}): copy the bundle again") from error
    if stated != actual:
        raise InputError(
            f"{where} was changed after it was written (its hash differs): copy the bundle again; "
            "to change a bundle, derive a new one"
        )
    return description, actual


def _object(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a field is given twice")
    return value


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


@dataclass(frozen=True)
class Bundle:
    """An opened bundle: its description, its hash and the paths of its parts.

    `path` is the folder or zip it was opened from, `verify` how parts are checked. Threads may
    share a bundle.
    """

    path: Path
    hash: str
    description: BundleDescription
    is_zip: bool
    verify: Verify

    @classmethod
    def open(cls, path: str | Path, *, verify: Verify = "full") -> Bundle:
        """Open the folder or zip at `path`.

        `verify` says how the parts are checked; a zip's are checked when it is expanded, at
        once with "full" and at the first use of a part with "sizes". Raises InputError when
        there is no bundle, its format version is another, or a part is missing or damaged.
        """
        path = Path(path)
        content, is_zip = read_description(path)
        description, digest = parse_description(content, f"{path}: {DESCRIPTION_FILE}")
        bundle = cls(path, digest, description, is_zip, verify)
        if not is_zip:
            _check_parts(path, description, verify, path)
        elif verify == "full":
            _ = bundle.root
        return bundle

    @cached_property
    def root(self) -> Path:
        """The folder that holds the parts.

        A zip is expanded and checked on first use, once, into the cache folder under the bundle's
        hash; raises InputError naming the part that is damaged.
        """
        return _expanded(self) if self.is_zip else self.path

    def has(self, role: str) -> bool:
        """Whether the bundle has a part of this role."""
        return role in self.description.parts

    def part(self, role: str) -> Part:
        """The part of a role; raises InputError naming the role when the bundle lacks it."""
        part = self.description.parts.get(role)
        if part is None:
            roles = ", ".join(self.description.parts) or "none"
            raise InputError(
                f"{self.path} has no part {role!r} (it has: {roles}): use a bundle that has it, "
                "or derive one"
            )
        return part

    def part_path(self, role: str) -> Path:
        """The file of a part; raises InputError like `part`."""
        return self.root / self.part(role).file

    @property
    def settings(self) -> Settings:
        """The settings in `bundle.json`: group -> name -> value."""
        return self.description.settings

    def setting_group(self, group: str) -> Mapping[str, JsonValue]:
        """The settings of one group, empty when the bundle states none."""
        return self.description.settings.get(group, {})


def read_description(path: Path) -> tuple[bytes, bool]:
    """The bytes of `bundle.json` in the folder or zip at `path`, and whether it is a zip.

    Raises InputError when `path` is no bundle or cannot be read.
    """
    try:
        if path.is_dir():
            file = path / DESCRIPTION_FILE
            if not file.is_file():
                raise InputError(f"{path} is not an Attune bundle: no {DESCRIPTION_FILE} in it")
            if file.stat().st_size > DESCRIPTION_LIMIT:
                raise InputError(f"{file} is larger than 4 MB: not a bundle")
            return file.read_bytes(), False
        if not path.exists():
            raise InputError(f"{path}: no such bundle: give the path of a bundle folder or zip")
        with path.open("rb") as opened:
            start = opened.read(2)
        if start != b"PK":
            raise InputError(
                f"{path} is not an Attune bundle: neither a folder with {DESCRIPTION_FILE} nor a "
                "zip of one"
            )
        with ZipBundle.open(path) as archive:
            return archive.description(), True
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error


def _check_parts(root: Path, description: BundleDescription, verify: Verify, shown: Path) -> None:
    """Raise InputError for the first part under `root` that is missing or differs."""
    for role, part in description.parts.items():
        where = f"{shown}: part {role!r} ({part.file})"
        try:
            state = (root / part.file).stat()
        except OSError:
            state = None
        if state is None or not stat.S_ISREG(state.st_mode):
            raise InputError(f"{where} is missing: copy or download the bundle again")
        if state.st_size != part.bytes:
            raise InputError(
                f"{where} has {state.st_size} bytes instead of {part.bytes}: copy or download the "
                "bundle again"
            )
    if verify == "sizes":
        return
    memory = HashMemory(root)
    for role, part in description.parts.items():
        where = f"{shown}: part {role!r} ({part.file})"
        try:
            digest = memory.sha256(root / part.file, part.file)
        except OSError as error:
            raise InputError(f"{where} cannot be read: {error.strerror or error}") from error
        if digest != part.sha256:
            raise InputError(
                f"{where} is damaged (its SHA-256 differs): copy or download the bundle again"
            )
    memory.save()


def _expanded(bundle: Bundle) -> Path:
    """The folder in the cache that holds the zip's bundle, checked; makes it when need be."""
    folder = cache_folder() / "bundles" / bundle.hash
    if folder.is_dir():
        try:
            _check_expanded(folder, bundle)
            return folder
        except InputError:
            _discard(folder)
    with write_errors(folder, "set ATTUNE_CACHE to a folder that can be written"):
        try:
            with new_folder(folder) as fresh:
                _expand(bundle, fresh)
        except OSError:
            # Another process may have finished the same folder first: then it serves as well.
            if not folder.is_dir():
                raise
            _check_expanded(folder, bundle)
    return folder


def _check_expanded(folder: Path, bundle: Bundle) -> None:
    content, _ = read_description(folder)
    description, digest = parse_description(content, f"{folder}: {DESCRIPTION_FILE}")
    if digest != bundle.hash:
        raise InputError(f"{folder} holds another bundle: remove it")
    _check_parts(folder, description, bundle.verify, folder)


def _expand(bundle: Bundle, target: Path) -> None:
    with ZipBundle.open(bundle.path) as archive:
        (target / DESCRIPTION_FILE).write_bytes(archive.description())
        for role, part in bundle.description.parts.items():
            file = target / part.file
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("xb") as out:
                for block in archive.blocks(role, part):
                    out.write(block)


def _discard(folder: Path) -> None:
    """Move a damaged folder out of the way, so that nobody meets it half removed."""
    aside = name_beside(folder)
    try:
        folder.rename(aside)
    except FileNotFoundError:
        return
    except OSError as error:
        raise AttuneError(f"{folder} is damaged and cannot be replaced: remove it") from error
    shutil.rmtree(aside, ignore_errors=True)
