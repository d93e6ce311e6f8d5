"""Ogg pages (RFC 3533): packets out of the bytes of one stream, and packets into pages again."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from attune.errors import InputError

__all__ = ["OggPacket", "PacketReader", "write_pages"]

_HEADER = struct.Struct("<4sBBqIIIB")
_MOST_SEGMENTS = 255
_MOST_PACKET = 1 << 20  # Comments may hold a picture.
_CONTINUED, _FIRST, _LAST = 1, 2, 4
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True, slots=True)
class OggPacket:
    """A packet. `granule` is the position at the end of its page where it is the page's last
    packet, otherwise None; `last` marks the stream's end."""

    data: bytes
    granule: int | None
    last: bool


class PacketReader:
    """Takes bytes in any pieces and gives the packets that they complete.

    Raises `InputError`, which begins with `name`, for bytes that are no page, a page whose
    checksum is wrong, a packet that is unreasonably long, and a second stream.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._ahead = bytearray()
        self._serial: int | None = None
        self._packet = bytearray()
        self._within = False

    def push(self, data: bytes) -> Iterator[OggPacket]:
        """The packets that `data` completes."""
        self._ahead += data
        at = 0
        try:
            while (page := self._page(at)) is not None:
                at += len(page)
                yield from self._packets(page)
        finally:
            del self._ahead[:at]

    def _page(self, at: int) -> bytes | None:
        """The page that begins at `at`, if it is whole."""
        head = bytes(self._ahead[at : at + _HEADER.size])
        if not b"OggS".startswith(head[:4]):
            raise InputError(f"{self._name}: damaged, no Ogg page where one should begin.")
        if len(head) < _HEADER.size:
            return None
        segments = head[-1]
        table = self._ahead[at + _HEADER.size : at + _HEADER.size + segments]
        end = at + _HEADER.size + segments + sum(table)
        if len(table) < segments or len(self._ahead) < end:
            return None
        return bytes(self._ahead[at:end])

    def _packets(self, page: bytes) -> Iterator[OggPacket]:
        _, _, flags, granule, serial, _, checksum, segments = _HEADER.unpack_from(page)
        if _checksum(page[:22] + bytes(4) + page[26:]) != checksum:
            raise InputError(f"{self._name}: damaged, the checksum of an Ogg page is wrong.")
        if self._serial is None:
            self._serial = serial
        elif serial != self._serial:
            raise InputError(
                f"{self._name}: Ogg with several streams in it. Send one stream of sound."
            )
        if not flags & _CONTINUED:
            self._packet.clear()
        keep = self._within or not flags & _CONTINUED
        table = page[_HEADER.size : _HEADER.size + segments]
        ends = [index for index, size in enumerate(table) if size < _MOST_SEGMENTS]
        at = _HEADER.size + segments
        for index, size in enumerate(table):
            self._packet += page[at : at + size]
            at += size
            if len(self._packet) > _MOST_PACKET:
                raise InputError(f"{self._name}: damaged, an Ogg packet of more than 1 MiB.")
            if size < _MOST_SEGMENTS:
                closing = index == ends[-1]
                if keep:
                    yield OggPacket(
                        bytes(self._packet),
                        granule if closing else None,
                        closing and bool(flags & _LAST),
                    )
                self._packet.clear()
                keep = True
        self._within = bool(table) and table[-1] == _MOST_SEGMENTS and keep


def write_pages(packets: Sequence[tuple[bytes, int]], headers: int) -> bytes:
    """A whole Ogg stream of `packets`, each with the granule position at its end.

    The first packet and the rest of the first `headers` have pages of their own, as codecs ask.
    """
    pages = bytearray()
    groups = [packets[:1], packets[1:headers], packets[headers:]]
    number = 0
    for place, group in enumerate(groups):
        segments: list[int] = []
        body = bytearray()
        granule = -1
        flags = _FIRST if place == 0 else 0
        for data, position in group:
            sizes = [*[_MOST_SEGMENTS] * (len(data) // 255), len(data) % 255]
            at = 0
            for size in sizes:
                if len(segments) == _MOST_SEGMENTS:
                    pages += _page(flags, granule, number, segments, body)
                    number += 1
                    flags = _CONTINUED if at else 0
                    segments, body, granule = [], bytearray(), -1
                segments.append(size)
                body += data[at : at + size]
                at += size
            granule = position
        if place == len(groups) - 1:
            flags |= _LAST
        if segments:
            pages += _page(flags, granule, number, segments, body)
            number += 1
    return bytes(pages)


def _page(flags: int, granule: int, number: int, segments: list[int], body: bytearray) -> bytes:
    head = _HEADER.pack(b"OggS", 0, flags, granule, 1, number, 0, len(segments))
    page = head + bytes(segments) + bytes(body)
    return page[:22] + _checksum(page).to_bytes(4, "little") + page[26:]


def _checksum(data: bytes) -> int:
    """CRC-32 with the polynomial 0x04C11DB7, no bit reversed, no inversion (RFC 3533, 6)."""
    mirrored = zlib.crc32(data.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)
