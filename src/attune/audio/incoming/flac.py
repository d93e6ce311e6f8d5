"""FLAC as it arrives: its frames stand alone, so they are decoded a few at a time."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from attune.audio.incoming.arrival import (
    BLOCK_SECONDS,
    PIECE_SECONDS,
    FrameBlocks,
    decode_piece,
)
from attune.audio.pcm import check_rate
from attune.errors import InputError

__all__ = ["FlacArrival"]

_STREAM_INFO_BYTES = 34
_LAST_BLOCK = 0x80
_MOST_FRAME = 1 << 22
_SYNC = (b"\xff\xf8", b"\xff\xf9")  # Blocks of one size, numbered; of any, with sample numbers.
_LONGEST_HEADER = 16
_BLOCK_SIZES = (0, 192, 576, 1152, 2304, 4608, 0, 0, *(256 << n for n in range(8)))


@dataclass(frozen=True, slots=True)
class _Header:
    """Of a frame: samples in each channel, and its number, or its first sample's."""

    samples: int
    number: int


class FlacArrival:
    """RFC 9639. Metadata other than the stream's format are passed over."""

    sample_rate = 0
    channels = 0

    def __init__(self, name: str) -> None:
        self._name = name
        self._ahead = bytearray()
        self._passing = 0  # bytes of metadata
        self._info = b""
        self._last_metadata = False
        self._began = False
        self._frame: _Header | None = None  # at the beginning of what is ahead
        self._scanned = 0
        self._whole = bytearray()  # frames to decode
        self._samples = 0

    def push(self, data: bytes) -> FrameBlocks:
        """See `Arrival.push`."""
        self._ahead += data
        if not self._read_metadata():
            return
        while self._next_frame():
            if self._samples >= BLOCK_SECONDS * self.sample_rate:
                yield from self._decode()
        if len(self._ahead) > _MOST_FRAME:
            raise InputError(f"{self._name}: damaged, no FLAC frame where one should begin.")
        if self._samples >= PIECE_SECONDS * self.sample_rate:
            yield from self._decode()

    def finish(self) -> FrameBlocks:
        """See `Arrival.finish`."""
        if self._samples:
            yield from self._decode()
        if self._frame is not None and len(self._ahead) > _LONGEST_HEADER:
            self._take(len(self._ahead), self._frame)
            with suppress(InputError):  # Cut short: it ends with the frame before.
                yield from self._decode()

    def _read_metadata(self) -> bool:
        """Pass over the blocks before the first frame; whether that is behind us."""
        if not self._began:
            if len(self._ahead) < 4:
                return False
            del self._ahead[:4]
            self._began = True
        while True:
            passed = min(self._passing, len(self._ahead))
            del self._ahead[:passed]
            self._passing -= passed
            if self._last_metadata and not self._passing:
                return True
            if self._passing or len(self._ahead) < 4 + _STREAM_INFO_BYTES:
                return False
            kind, size = self._ahead[0], int.from_bytes(self._ahead[1:4], "big")
            if not self._info:
                self._read_info(kind, size)
            self._last_metadata = bool(kind & _LAST_BLOCK)
            self._passing = 4 + size

    def _read_info(self, kind: int, size: int) -> None:
        if kind & ~_LAST_BLOCK or size != _STREAM_INFO_BYTES:
            raise InputError(f"{self._name}: damaged, FLAC that does not begin with its format.")
        info = bytes(self._ahead[4 : 4 + size])
        packed = int.from_bytes(info[10:18], "big")
        self.sample_rate, self.channels = packed >> 44, (packed >> 41 & 7) + 1
        check_rate(self.sample_rate, self._name)
        # Frame sizes, the number of samples and their checksum are those of the whole.
        self._info = info[:4] + bytes(6) + (packed >> 36 << 36).to_bytes(8, "big") + bytes(16)

    def _next_frame(self) -> bool:
        """Move a frame that is complete, which the next one's header shows, to what is decoded."""
        if self._frame is None:
            if len(self._ahead) < _LONGEST_HEADER:
                return False
            self._frame = self._header(0)
            if self._frame is None:
                raise InputError(f"{self._name}: damaged, no FLAC frame where one should begin.")
            self._scanned = 2
        while True:
            at = self._ahead.find(self._ahead[:2], self._scanned)
            if at < 0:
                self._scanned = max(2, len(self._ahead) - 1)
                return False
            if len(self._ahead) < at + _LONGEST_HEADER:
                self._scanned = at
                return False
            following = self._header(at)
            if following is not None and self._follows(self._frame, following):
                self._take(at, self._frame)
                self._frame, self._scanned = following, 2
                return True
            self._scanned = at + 1

    def _take(self, size: int, frame: _Header) -> None:
        self._whole += self._ahead[:size]
        del self._ahead[:size]
        self._samples += frame.samples

    def _follows(self, frame: _Header, following: _Header) -> bool:
        step = 1 if self._ahead.startswith(_SYNC[0]) else frame.samples
        return following.number == frame.number + step

    def _header(self, at: int) -> _Header | None:
        """The frame header at `at`, or None where there is none (RFC 9639, 9.1)."""
        data = bytes(self._ahead[at : at + _LONGEST_HEADER])
        if not data.startswith(_SYNC) or data[3] & 1 or data[2] >> 4 == 0 or data[2] & 15 == 15:
            return None
        number, at = _coded_number(data, 4)
        size = data[2] >> 4
        samples = _BLOCK_SIZES[size]
        if size in (6, 7):
            width = size - 5
            samples = int.from_bytes(data[at : at + width], "big") + 1
            at += width
        at += {12: 1, 13: 2, 14: 2}.get(data[2] & 15, 0)
        if number < 0 or _crc8(data[:at]) != data[at]:
            return None
        return _Header(samples, number)

    def _decode(self) -> FrameBlocks:
        info = bytearray(self._info)
        packed = int.from_bytes(info[10:18], "big") | self._samples
        info[10:18] = packed.to_bytes(8, "big")
        head = b"fLaC" + bytes((_LAST_BLOCK,)) + len(info).to_bytes(3, "big") + bytes(info)
        frames, _ = decode_piece(head + bytes(self._whole), self._samples, self._name)
        self._whole.clear()
        self._samples = 0
        yield frames


def _coded_number(data: bytes, at: int) -> tuple[int, int]:
    """The number at `at`, coded as UTF-8 codes characters but to 36 bits, and where it ends; -1
    for none."""
    first = data[at]
    if first < 0x80:
        return first, at + 1
    ones = 8 - (first ^ 0xFF).bit_length()
    if not 2 <= ones <= 7:
        return -1, at + 1
    number = first & (0x7F >> ones)
    for byte in data[at + 1 : at + ones]:
        if byte & 0xC0 != 0x80:
            return -1, at + ones
        number = number << 6 | byte & 0x3F
    return number, at + ones


def _crc8(data: bytes) -> int:
    """CRC-8 with the polynomial x^8 + x^2 + x + 1."""
    crc = 0
    for byte in data:
        crc = _CRC8[crc ^ byte]
    return crc


def _crc8_table() -> bytes:
    table = bytearray(256)
    for start in range(256):
        crc = start
        for _ in range(8):
            crc = crc << 1 & 0xFF ^ (0x07 if crc & 0x80 else 0)
        table[start] = crc
    return bytes(table)


_CRC8 = _crc8_table()
