"""A folder as one file: a zip whose bytes depend on the folder's content alone."""

from __future__ import annotations

import os
import shutil
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from attune.bundle.atomic import new_folder
from attune.errors import InputError

__all__ = ["pack", "unpack"]

_DATE = (1980, 1, 1, 0, 0, 0)
_PIECE = 1 << 20
_ENTRIES = 500_000


def pack(folder: Path, target: Path) -> None:
    """Write the files below `folder` into the new zip `target`; the same files give the same bytes.

    Not compressed: speech and models hardly shrink, and they are read often. Raises InputError for
    links and devices, OSError.
    """
    with zipfile.ZipFile(target, "x", zipfile.ZIP_STORED) as archive:
        for path in sorted(_files(folder), key=lambda path: path.relative_to(folder).as_posix()):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _DATE)
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            entry.file_size = path.stat().st_size
            with path.open("rb") as source, archive.open(entry, "w") as out:
                shutil.copyfileobj(source, out, _PIECE)


def _files(folder: Path) -> list[Path]:
    found = []
    for place, folders, names in os.walk(folder):
        for name in [*folders, *names]:
            path = Path(place, name)
            kind = path.lstat().st_mode
            if stat.S_ISREG(kind):
                found.append(path)
            elif not stat.S_ISDIR(kind):
                raise InputError(f"{path}: neither a file nor a folder: it cannot be stored")
    return found


def unpack(source: Path, folder: Path) -> None:
    """Unpack a zip as the new folder `folder`, which appears whole or not at all, its files
    read-only.

    Raises InputError for a zip that is damaged or whose entries lead out of the folder, OSError
    (where `folder` exists).
    """
    try:
        with zipfile.ZipFile(source) as archive, new_folder(folder) as target:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            _check(entries, source)
            for entry in entries:
                path = target.joinpath(*PurePosixPath(entry.filename).parts)
                path.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(entry) as content, path.open("xb") as out:
                    shutil.copyfileobj(content, out, _PIECE)
                path.chmod(0o444)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise InputError(f"{source}: not a zip that can be unpacked: {error}") from error


def _check(entries: list[zipfile.ZipInfo], source: Path) -> None:
    """Raise InputError for what `pack` never writes and an attacker might."""
    if len(entries) > _ENTRIES:
        raise InputError(f"{source}: more than {_ENTRIES:,} files")
    for entry in entries:
        name = entry.filename
        parts = name.split("/")
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if (
            "\\" in name
            or any(part in ("", ".", "..") for part in parts)
            or ":" in parts[0]
            or kind not in (0, stat.S_IFREG)
        ):
            raise InputError(f"{source}: the entry {name!r} is no plain file of this folder")
    # An overlap or a bomb would need compression or repeated bytes.
    if sum(entry.file_size for entry in entries) > source.stat().st_size:
        raise InputError(f"{source}: unpacks to more than it holds")
