"""FLAC, Ogg (Vorbis, Opus) and MP3 through libsndfile, with the checks that it leaves out."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import takewhile
from typing import BinaryIO, NamedTuple

import numpy as np
import soundfile

from attune.audio.pcm import Float32, check_rate
from attune.audio.source import Truncated
from attune.errors import InputError

__all__ = ["CompressedDecoder", "open_compressed"]

_UNKNOWN_FRAMES = 1 << 40
_ENDLESS = 1 << 50
_MP3_SLACK_FRAMES = 2 * 1152  # Encoders count their delay or not.
_OGG_PAGES = 1 << 17  # Bytes that hold two of the longest pages.


@contextmanager
def open_compressed(file: BinaryIO, container: str, name: str) -> Iterator[CompressedDecoder]:
    """Decode a seekable `file` (container "flac", "ogg" or "mp3"); `name` begins its errors."""
    cut_page = container == "ogg" and _ends_in_page(file, name)
    endless = container == "mp3" and not _counts_frames(file)
    # Elsewhere a library may not know the descriptors of Python's C runtime.
    plain = os.name == "posix" and isinstance(file, io.FileIO) and not endless
    try:
        opened = _Forward(
            file.fileno() if plain else _View(file, _ENDLESS if endless else None), closefd=False
        )
    except soundfile.LibsndfileError as error:
        raise InputError(
            f"{name}: begins like {container.upper()} but cannot be decoded "
            f"({error.error_string.rstrip('.')}). Copy it again or convert it to WAV."
        ) from error
    with opened:
        check_rate(opened.samplerate, name)
        decoder = CompressedDecoder(opened, container, name)
        if cut_page:
            raise Truncated(name, (decoder.frames or 0) / decoder.sample_rate)
        yield decoder


class CompressedDecoder:
    """A `Decoder` over libsndfile."""

    def __init__(self, file: soundfile.SoundFile, container: str, name: str) -> None:
        self.container = container
        self.codec: str = file.subtype.lower() if container == "ogg" else container
        self.sample_rate: int = file.samplerate
        self.channels: int = file.channels
        self.frames: int | None = file.frames if file.frames < _UNKNOWN_FRAMES else None
        self._file, self._name = file, name
        self._passed = 0
        slack = _MP3_SLACK_FRAMES if container == "mp3" else 0
        self._enough = (self.frames or 0) - slack

    def read(self, frames: int) -> Float32:
        """See `Decoder.read`."""
        # Decoders give no not-a-number, so what is left of it after an error was not decoded.
        block = np.full((frames, self.channels), np.nan, np.float32)
        broken = False
        try:
            count = len(self._file.read(out=block))
        except soundfile.LibsndfileError:
            broken = True
            missing = np.isnan(block[:, 0])
            count = int(missing.argmax()) if missing.any() else frames
        self._passed += count
        if broken or (count < frames and self._passed < self._enough):
            promised = None if self.frames is None else self.frames / self.sample_rate
            raise Truncated(self._name, self._passed / self.sample_rate, promised)
        return block[:count]


class _Forward(soundfile.SoundFile):  # type: ignore[misc]
    """Read from the beginning to the end.

    After each read soundfile seeks to where it is in what it can seek. In Opus that changes the
    next samples, in FLAC without a length it fails at the end.
    """

    def seekable(self) -> bool:
        return False


class _View:
    """A file without its name, from which soundfile guesses, and of any claimed length.

    libsndfile estimates the length of an MP3 without a Xing header from its first bit rate, and
    stops reading there. A claim beyond every real length makes it read to the end.
    """

    def __init__(self, file: BinaryIO, claim: int | None) -> None:
        self._file = file
        self._size = file.seek(0, os.SEEK_END)
        self._claim = claim or self._size
        self._position = 0

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        origin = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._claim}[whence]
        self._position = max(0, origin + offset)
        return self._position

    def tell(self) -> int:
        return self._position

    def read(self, count: int) -> bytes:
        if self._position > self._size:
            data = bytes(count)  # Near the claimed end, where a tag is looked for.
        else:
            self._file.seek(self._position)
            data = self._file.read(count)
        self._position += len(data)
        return data


def _counts_frames(file: BinaryIO) -> bool:
    """Whether an MP3's first frame holds its length, after an ID3v2 tag (id3.org, ID3v2.4 3.1)."""
    head = file.read(10)
    begin = 0
    if head.startswith(b"ID3") and len(head) == 10:
        begin = 10 + sum(byte << 7 * (3 - place) for place, byte in enumerate(head[6:]))
    file.seek(begin)
    frame = file.read(4096)
    file.seek(0)
    return any(tag in frame for tag in (b"Xing", b"Info", b"VBRI"))


class _OggPage(NamedTuple):
    serial: bytes
    begins: bool
    complete: bool


def _ends_in_page(file: BinaryIO, name: str) -> bool:
    """Whether an Ogg file stops inside a page.

    A missing end mark alone is not an error: a recorder that was stopped leaves none. Raises
    `InputError` for several recordings in one file, of which libsndfile reads the first.
    """
    pages = _ogg_pages(file.read(_OGG_PAGES))
    first = {page.serial for page in takewhile(lambda page: page.begins, pages)}
    file.seek(max(0, file.seek(0, os.SEEK_END) - _OGG_PAGES))
    last = list(_ogg_pages(file.read(_OGG_PAGES)))[-1:]
    file.seek(0)
    if any(page.complete and page.serial not in first for page in last):
        raise InputError(
            f"{name}: holds several recordings joined end to end. Split them, or convert the file "
            "to WAV or FLAC."
        )
    return any(not page.complete for page in last)


def _ogg_pages(data: bytes) -> Iterator[_OggPage]:
    """The consecutive pages in `data` from the first that begins there (RFC 3533, section 6)."""
    at = data.find(b"OggS\x00")
    while at >= 0 and (head := data[at : at + 27]) and b"OggS".startswith(head[:4]):
        table = data[at + 27 : at + 27 + head[26]] if len(head) == 27 else b""
        body = at + 27 + len(table)
        complete = len(head) == 27 and len(table) == head[26] and body + sum(table) <= len(data)
        yield _OggPage(head[14:18], len(head) > 5 and bool(head[5] & 2), complete)
        at = body + sum(table) if complete else -1
