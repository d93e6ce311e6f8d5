"""A bundle as one zip: reading it without trusting it, and writing it reproducibly."""

from __future__ import annotations

import contextlib
import hashlib
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from attune.bundle.description import BundleDescription, Part
from attune.errors import InputError

__all__ = ["DESCRIPTION_FILE", "ZipBundle", "write_zip"]

DESCRIPTION_FILE = "bundle.json"
DESCRIPTION_LIMIT = 4 << 20
_BLOCK = 1 << 20
_DATE = (1980, 1, 1, 0, 0, 0)


class ZipBundle:
    """An open zip file that holds a bundle at its root or inside one folder.

    Only `bundle.json` and the parts that it names are ever read, each up to its stated size, and
    none is written under a name from the zip: paths that climb, links and bombs have no effect.
    """

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self._path = path
        self._archive = archive
        members = archive.infolist()
        self._members = {member.filename: member for member in members}
        if len(self._members) != len(members):
            raise InputError(f"{path}: the zip names one file twice: make the bundle again")
        self._prefix = self._folder_of_description()

    @classmethod
    @contextlib.contextmanager
    def open(cls, path: Path) -> Iterator[ZipBundle]:
        """Open the zip; raises InputError when it is truncated, damaged or no zip."""
        try:
            archive = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise InputError(
                f"{path} is not a readable zip ({error}): it is truncated or damaged; copy or "
                "download it again"
            ) from error
        with archive:
            yield cls(path, archive)

    def _folder_of_description(self) -> str:
        """ "" or "folder/": people zip the files of a bundle or the folder around them."""
        if DESCRIPTION_FILE in self._members:
            return ""
        found = [
            name.rpartition("/")[0]
            for name in self._members
            if name.endswith(f"/{DESCRIPTION_FILE}")
        ]
        folders = [f"{name}/" for name in found if "/" not in name and name != "__MACOSX"]
        return folders[0] if len(folders) == 1 else ""

    def description(self) -> bytes:
        """The bytes of `bundle.json`; raises InputError when the zip is no bundle."""
        member = self._members.get(self._prefix + DESCRIPTION_FILE)
        if member is None:
            raise InputError(f"{self._path} is not an Attune bundle: no {DESCRIPTION_FILE} in it")
        if member.file_size > DESCRIPTION_LIMIT:
            raise InputError(f"{self._path}: {DESCRIPTION_FILE} is larger than 4 MB: not a bundle")
        return b"".join(self._blocks(member, DESCRIPTION_FILE))

    def blocks(self, role: str, part: Part) -> Iterator[bytes]:
        """The part's bytes block by block, at most as many as it states.

        Raises InputError naming the part when it is missing, too long, too short, or damaged
        (checked against its SHA-256 after the last block).
        """
        where = f"{self._path}: part {role!r} ({part.file})"
        member = self._members.get(self._prefix + part.file)
        if member is None:
            raise InputError(f"{where} is missing from the zip: copy or download the bundle again")
        if member.file_size != part.bytes:
            raise InputError(
                f"{where} has {member.file_size} bytes instead of {part.bytes}: copy or download "
                "the bundle again"
            )
        digest = hashlib.sha256()
        for block in self._blocks(member, f"part {role!r} ({part.file})"):
            digest.update(block)
            yield block
        if digest.hexdigest() != part.sha256:
            raise InputError(
                f"{where} is damaged (its SHA-256 differs): copy or download the bundle again"
            )

    def _blocks(self, member: zipfile.ZipInfo, what: str) -> Iterator[bytes]:
        where = f"{self._path}: {what}"
        if member.flag_bits & 1:
            raise InputError(f"{where} is encrypted: zip the bundle without a password")
        if member.is_dir() or stat.S_ISLNK(member.external_attr >> 16):
            raise InputError(f"{where} is not a plain file in the zip: make the bundle again")
        left = member.file_size
        try:
            with self._archive.open(member) as file:
                while left and (block := file.read(min(_BLOCK, left))):
                    left -= len(block)
                    yield block
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
            raise InputError(
                f"{where} is damaged ({error}): copy or download the bundle again"
            ) from error


def write_zip(target: Path, root: Path, description: BundleDescription) -> None:
    """Write the bundle in the folder `root` as the zip `target`; the same bundle gives the same
    bytes. Raises OSError."""
    files = [DESCRIPTION_FILE, *sorted(part.file for part in description.parts.values())]
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in files:
            member = zipfile.ZipInfo(name, _DATE)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = (stat.S_IFREG | 0o644) << 16
            source = root / name
            with source.open("rb") as file, archive.open(member, "w") as out:
                while block := file.read(_BLOCK):
                    out.write(block)
