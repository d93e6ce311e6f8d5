"""Zip archives from people one does not know: nothing is unpacked outside the folder given.

Refused as a whole: absolute names and `..`, links and devices, encryption, archives in the archive,
names that no two systems read alike, and archives that unpack to far more than they hold ("zip
bombs", with overlapping entries too: Fifield, "A better zip bomb", WOOT 2019).
"""

from __future__ import annotations

import lzma
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from attune.bundle.atomic import write_errors
from attune.errors import InputError

__all__ = ["ArchiveLimits", "DamagedEntry", "ZipAudio", "is_clutter"]

# What the zipfile module lets through when bytes make no sense to it.
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
    struct.error,
)
CLUTTER = (".ds_store", "thumbs.db", "desktop.ini")
ARCHIVES = (".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst")
TAIL_BYTES = 65_557  # the end record and the longest comment after it
END_RECORD = b"PK\x05\x06"
END_RECORD_64 = b"PK\x06\x06"
ENCRYPTED = 0x1
NAME_BYTES = 240
PIECE_BYTES = 1 << 20


class DamagedEntry(InputError):
    """One entry cannot be unpacked; the others may be whole."""


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """Above these an archive is refused. Speech hardly compresses: ratios stay below 10."""

    entries: int = 200_000
    directory_bytes: int = 64 << 20
    total_bytes: int = 64 << 30
    ratio: float = 100.0
    ratio_from_bytes: int = 256 << 20


class ZipAudio:
    """An open zip archive whose entries have been checked; a context manager.

    `names` are its files, folders and the clutter that desktops add left out. Raises InputError,
    with the entry's name, for an archive that is not one or must not be unpacked.
    """

    def __init__(self, path: Path, limits: ArchiveLimits | None = None) -> None:
        self.path = path
        limits = limits or ArchiveLimits()
        check_directory_size(path, limits)
        try:
            self._zip = zipfile.ZipFile(path)
        except DAMAGE as error:
            raise InputError(f"{path}: not a zip archive that can be read: {error}") from error
        try:
            self._entries = self._check(limits)
        except BaseException:
            self._zip.close()
            raise
        self.names = tuple(name for name in self._entries if not is_clutter(name))

    def __enter__(self) -> ZipAudio:
        return self

    def __exit__(self, *exception: object) -> None:
        self._zip.close()

    def _check(self, limits: ArchiveLimits) -> dict[str, zipfile.ZipInfo]:
        infos = self._zip.infolist()
        if len(infos) > limits.entries:
            raise InputError(f"{self.path}: {len(infos):,} entries, at most {limits.entries:,}")
        total = sum(info.file_size for info in infos)
        held = max(self.path.stat().st_size, 1)
        if total > limits.total_bytes:
            raise InputError(
                f"{self.path}: unpacks to {total / 2**30:,.0f} GiB, at most "
                f"{limits.total_bytes / 2**30:,.0f} GiB: split it"
            )
        if total > limits.ratio_from_bytes and total > limits.ratio * held:
            raise InputError(
                f"{self.path}: unpacks to {total / held:,.0f} times its size: refused as a zip bomb"
            )
        entries: dict[str, zipfile.ZipInfo] = {}
        for info in infos:
            refuse_entry(info, self.path)
            if info.is_dir():
                continue
            if info.filename in entries:
                raise InputError(f"{self.path}: two entries are named {info.filename!r}")
            entries[info.filename] = info
        return entries

    def read(self, name: str) -> Iterator[bytes]:
        """Yield the unpacked bytes of the entry `name` in pieces; DamagedEntry where they end."""
        try:
            with self._zip.open(self._entries[name]) as stream:
                while piece := stream.read(PIECE_BYTES):
                    yield piece
        except DAMAGE as error:
            raise DamagedEntry(f"{self.path}: cannot unpack {name!r}: {error}") from error

    def extract(self, name: str, folder: Path) -> Path:
        """Unpack the entry `name` below `folder`; the file appears whole or not at all.

        Raises DamagedEntry when the archive is damaged there, and as `write_errors` does when the
        file cannot be written.
        """
        target = folder.joinpath(*PurePosixPath(name).parts)
        part = target.with_name(target.name + ".part")
        with write_errors(target):
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                with open(part, "wb") as output:
                    for piece in self.read(name):
                        output.write(piece)
                os.replace(part, target)
            finally:
                part.unlink(missing_ok=True)
        return target


def refuse_entry(info: zipfile.ZipInfo, archive: Path) -> None:
    """Raise InputError for an entry that no honest tool writes, or that could leave the folder."""
    name = info.filename
    parts = name.removesuffix("/").split("/")
    kind = stat.S_IFMT(info.external_attr >> 16)
    if name.startswith("/") or "\\" in name or ".." in parts or ":" in parts[0]:
        fault = "leaves the folder"
    elif any(part in ("", ".") for part in parts) or not name.isprintable():
        fault = "has a name that is no file's name"
    elif any(len(os.fsencode(part)) > NAME_BYTES for part in parts):
        fault = f"has a name of over {NAME_BYTES} bytes"
    elif kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        fault = "is a link or a device"
    elif info.flag_bits & ENCRYPTED:
        fault = "is encrypted"
    elif name.lower().endswith(ARCHIVES) and not is_clutter(name):
        fault = "is an archive itself"
    else:
        return
    raise InputError(f"{archive}: the entry {name!r} {fault}: make the archive again without it")


def is_clutter(name: str) -> bool:
    """Whether an entry was added by a desktop, not by a person."""
    last = name.rpartition("/")[2].lower()
    return name.startswith("__MACOSX/") or last.startswith("._") or last in CLUTTER


def check_directory_size(path: Path, limits: ArchiveLimits) -> None:
    """Raise InputError for a table of contents too large to be read into memory."""
    try:
        with open(path, "rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(size - TAIL_BYTES - 128, 0))
            tail = stream.read()
    except OSError as error:
        raise InputError(f"{path}: cannot read: {error.strerror or error}") from error
    length = 0
    place = tail.rfind(END_RECORD)
    if 0 <= place <= len(tail) - 22:
        length = int.from_bytes(tail[place + 12 : place + 16], "little")
    place = tail.rfind(END_RECORD_64)
    if length == 0xFFFFFFFF and 0 <= place <= len(tail) - 56:
        length = int.from_bytes(tail[place + 40 : place + 48], "little")
    if length > limits.directory_bytes:
        raise InputError(
            f"{path}: a table of contents of {length / 2**20:,.0f} MiB, at most "
            f"{limits.directory_bytes / 2**20:,.0f} MiB: split the archive"
        )
