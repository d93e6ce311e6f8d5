"""Making bundles: from parts, or from a base bundle with some parts replaced."""

from __future__ import annotations

import datetime
import json
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from attune.bundle.archive import DESCRIPTION_FILE, write_zip
from attune.bundle.atomic import (
    copy_synced,
    link_or_copy,
    new_file,
    new_folder,
    write_errors,
    write_synced,
)
from attune.bundle.description import (
    KINDS,
    ROLES,
    BundleDescription,
    BundleKind,
    Lineage,
    ModelCard,
    Part,
    Settings,
    check_part_file,
    description_from_json,
    description_to_json,
)
from attune.bundle.hashing import content_hash, file_sha256
from attune.bundle.opening import Bundle
from attune.errors import InputError

__all__ = ["BundleForm", "BundleWriter", "NewPart", "check_free", "derive"]

BundleForm = Literal["folder", "zip"]


@dataclass(frozen=True, slots=True)
class NewPart:
    """The content of a part to be written: bytes, or the file to copy them from.

    `file` is the part's path inside the bundle (None: the name of the copied file), `format`
    names its format ("onnx", "ngram-trie", "text", "json", ...).
    """

    content: bytes | Path
    format: str
    file: str | None = None


class BundleWriter:
    """Collects what a new bundle holds and writes it whole or not at all.

    `created` is ISO 8601 in UTC, now when None.
    """

    def __init__(
        self,
        *,
        kind: BundleKind,
        language: str,
        name: str,
        version: str,
        lineage: Lineage,
        model_card: ModelCard,
        settings: Settings | None = None,
        created: str | None = None,
    ) -> None:
        self._description = BundleDescription(
            kind=kind,
            language=language,
            name=name,
            version=version,
            created=created or _now(),
            parts={},
            settings=settings or {},
            lineage=lineage,
            model_card=model_card,
        )
        self._sources: dict[str, tuple[NewPart, Part | None]] = {}

    def add(self, role: str, part: NewPart) -> None:
        """Take a new part, in place of one of the same role.

        Raises InputError when the role is unknown or the part's path cannot be used.
        """
        if role not in ROLES:
            raise InputError(f"unknown role {role!r}: use one of {', '.join(ROLES)}")
        check_part_file(_file(part), f"part {role!r}")
        self._sources[role] = (part, None)

    def share(self, role: str, bundle: Bundle) -> None:
        """Take a part of another bundle unchanged: linked where the file system allows it.

        Raises InputError when that bundle lacks the role.
        """
        part = bundle.part(role)
        self._sources[role] = (NewPart(bundle.part_path(role), part.format, part.file), part)

    def write(
        self, out: str | Path, *, form: BundleForm = "folder", replace: bool = False
    ) -> Bundle:
        """Write the bundle at `out` and open it.

        Raises InputError when `out` exists (unless `replace`), cannot be written, or the kind of
        bundle lacks a part that it needs; AttuneError when the disk is full.
        """
        out = Path(out)
        self._check_complete()
        check_free(out, form, replace)
        with write_errors(out):
            out.parent.mkdir(parents=True, exist_ok=True)
            if form == "folder":
                with new_folder(out, replace=replace) as folder:
                    self._fill(folder)
            else:
                with (
                    tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as scratch,
                    new_file(out) as target,
                ):
                    write_zip(target, Path(scratch), self._fill(Path(scratch)))
        return Bundle.open(out, verify="sizes")

    def _check_complete(self) -> None:
        kind = self._description.kind
        lacking = [role for role in KINDS[kind] if role not in self._sources]
        if lacking:
            raise InputError(f"a {kind} bundle needs the part {lacking[0]!r}: add it")
        files: dict[str, str] = {}
        for role, (part, _) in self._sources.items():
            other = files.setdefault(_file(part).lower(), role)
            if other != role:
                raise InputError(
                    f"parts {other!r} and {role!r} both use the file {_file(part)!r}: rename one"
                )

    def _fill(self, folder: Path) -> BundleDescription:
        """Put parts and description into `folder`; raises OSError and InputError."""
        parts = {
            role: _place(role, part, shared, folder)
            for role, (part, shared) in self._sources.items()
        }
        described = description_to_json(replace(self._description, parts=parts))
        # Read back what was given: it checks the fields and settles what 4 and 4.0 look like.
        description = description_from_json(described, f"bundle {self._description.name!r}")
        value = description_to_json(description)
        value["hash"] = content_hash(value)
        text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        write_synced(folder / DESCRIPTION_FILE, text.encode("utf-8"))
        return description


def derive(
    base: Bundle,
    out: str | Path,
    *,
    name: str,
    lineage: Lineage,
    parts: Mapping[str, NewPart] | None = None,
    without: Collection[str] = (),
    version: str = "1",
    settings: Settings | None = None,
    model_card: ModelCard | None = None,
    form: BundleForm = "folder",
    replace: bool = False,
) -> Bundle:
    """Write a new bundle that has the parts of `base` except those replaced or left out.

    Unchanged parts are hard links to the base's files where the file system allows it. The
    lineage's `base` becomes the base's hash; `settings` override the base's one by one. Without
    `model_card` the base's is kept except its figures: they were measured on another model.
    Raises InputError and AttuneError like `BundleWriter.write`.
    """
    old = base.description
    merged = {group: dict(values) for group, values in old.settings.items()}
    for group, values in (settings or {}).items():
        merged.setdefault(group, {}).update(values)
    writer = BundleWriter(
        kind=old.kind,
        language=old.language,
        name=name,
        version=version,
        lineage=_based_on(base, lineage),
        model_card=model_card or _card_without_figures(old),
        settings=merged,
    )
    for role in without:
        base.part(role)
    new = parts or {}
    for role in old.parts:
        if role not in without and role not in new:
            writer.share(role, base)
    for role, part in new.items():
        writer.add(role, part)
    return writer.write(out, form=form, replace=replace)


def _based_on(base: Bundle, lineage: Lineage) -> Lineage:
    if lineage.base not in (None, base.hash):
        raise InputError(
            f"the lineage names the base {lineage.base}, but {base.path} has the hash {base.hash}: "
            "leave it out"
        )
    return replace(lineage, base=base.hash)


def _card_without_figures(description: BundleDescription) -> ModelCard:
    card = description.model_card
    return replace(
        card,
        description=f"Derived from {description.name} {description.version}. {card.description}",
        measured=(),
    )


def _file(part: NewPart) -> str:
    if part.file is not None:
        return part.file
    if isinstance(part.content, Path):
        return part.content.name
    raise InputError("a part given as bytes needs a file name: set `file`")


def _place(role: str, part: NewPart, shared: Part | None, folder: Path) -> Part:
    """Bring one part into `folder`; returns what bundle.json says of it."""
    target = folder / _file(part)
    target.parent.mkdir(parents=True, exist_ok=True)
    content = part.content
    if isinstance(content, bytes):
        write_synced(target, content)
    elif not content.is_file():
        raise InputError(f"part {role!r}: {content} is no file: give the path of its content")
    elif shared is None:
        copy_synced(content, target)
    else:
        link_or_copy(content, target)
    digest = file_sha256(target)
    if shared is not None and digest != shared.sha256:
        raise InputError(
            f"part {role!r} of the base is damaged ({shared.file}): copy the base bundle again"
        )
    return Part(_file(part), digest, target.stat().st_size, part.format)


def check_free(out: Path, form: BundleForm, replace: bool) -> None:
    """Raise InputError when `out` exists, unless `replace` and it is a bundle of the same form."""
    if not out.exists() or (form == "folder" and out.is_dir() and not any(out.iterdir())):
        return
    if not replace:
        raise InputError(f"{out} already exists: choose another name or remove it first")
    if out.is_dir() != (form == "folder"):
        raise InputError(f"{out} is not a {form}: choose another name or remove it first")
    Bundle.open(out, verify="sizes") if form == "zip" else _check_is_bundle(out)


def _check_is_bundle(folder: Path) -> None:
    if not (folder / DESCRIPTION_FILE).is_file():
        raise InputError(
            f"{folder} exists and is not a bundle: choose another name or remove it first"
        )


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
