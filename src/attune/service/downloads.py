"""Something to be sent to a client: bytes with a name, a type and a size."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from types import MappingProxyType
from typing import IO, BinaryIO
from zipfile import ZIP_STORED, ZipFile

__all__ = [
    "Download",
    "bytes_download",
    "file_download",
    "folder_download",
    "media_type_of",
    "path_download",
]

_PIECE = 1 << 18
_TYPES = {
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".ogg": "audio/ogg",
    ".oga": "audio/ogg",
    ".opus": "audio/ogg",
    ".mp3": "audio/mpeg",
    ".zip": "application/zip",
    ".json": "application/json",
    ".html": "text/html; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
}


@dataclass(frozen=True)
class Download:
    """`size` bytes of `media_type` that `stream` yields from its beginning.

    Whoever gets one reads it with `chunks`, or closes `stream`. `name` is fit for a file name.
    """

    name: str
    media_type: str
    size: int
    stream: IO[bytes]

    def chunks(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` to `stop` (default: all), a piece at a time; closes the stream."""
        with self.stream:
            self.stream.seek(start)
            left = (self.size if stop is None else stop) - start
            while left > 0 and (piece := self.stream.read(min(_PIECE, left))):
                left -= len(piece)
                yield piece


def media_type_of(name: str) -> str:
    """The type of a file by its suffix; plain text for a text's, bytes for what is not known."""
    suffix = Path(name).suffix.lower()
    if suffix in (".txt", ".md", ".tsv", ".lu"):
        return "text/plain; charset=utf-8"
    return _TYPES.get(suffix, "application/octet-stream")


def bytes_download(name: str, content: bytes) -> Download:
    """Bytes that are in memory."""
    return Download(name, media_type_of(name), len(content), BytesIO(content))


def file_download(name: str, stream: BinaryIO, size: int) -> Download:
    """A file that is open."""
    return Download(name, media_type_of(name), size, stream)


def path_download(name: str, path: Path) -> Download:
    """A file of this machine."""
    stream = path.open("rb")
    return Download(name, media_type_of(name), os.fstat(stream.fileno()).st_size, stream)


def folder_download(
    name: str, folder: Path, instead: Mapping[str, Path] = MappingProxyType({})
) -> Download:
    """A folder as a zip, written to a temporary file that goes when it is closed; `instead` names
    files that stand for those of the folder."""
    file = TemporaryFile()  # noqa: SIM115 - whoever sends it closes it
    try:
        with ZipFile(file, "w", ZIP_STORED, allowZip64=True) as archive:
            for path in sorted(folder.rglob("*")):
                place = path.relative_to(folder).as_posix()
                if path.is_file():
                    archive.write(instead.get(place, path), place)
        size = file.tell()
    except BaseException:
        file.close()
        raise
    return Download(name, "application/zip", size, file)
