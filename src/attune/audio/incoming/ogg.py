"""Ogg Opus and Vorbis as they arrive: packets are decoded in pieces that overlap."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Protocol

from attune.audio.incoming.arrival import (
    BLOCK_SECONDS,
    PIECE_SECONDS,
    FrameBlocks,
    decode_piece,
)
from attune.audio.incoming.ogg_pages import OggPacket, PacketReader, write_pages
from attune.audio.pcm import check_rate
from attune.errors import InputError

__all__ = ["OggArrival"]

_OPUS_RATE = 48_000
# Opus predicts from what it decoded before. From so much of it on, what differs from decoding the
# whole is at least 45 dB below the sound, mostly 60 to 100; tests/audio/test_incoming_audio.py.
_OPUS_OVERLAP = round(0.24 * _OPUS_RATE)
_OPUS_TAGS = b"OpusTags" + struct.pack("<I", 6) + b"attune" + struct.pack("<I", 0)
_MOST_VORBIS_BLOCK = 8192
_USUAL_VORBIS_BLOCK = 1024  # Samples that most packets add.
_MOST_VORBIS_SETUP = 1 << 16  # Every piece carries it; encoders write a tenth of this.
_VORBIS_HEADERS = 3


class OggArrival:
    """One stream of Opus or Vorbis in Ogg."""

    sample_rate = 0
    channels = 0

    def __init__(self, name: str) -> None:
        self._name = name
        self._reader = PacketReader(name)
        self._codec: _Codec | None = None

    def push(self, data: bytes) -> FrameBlocks:
        """See `Arrival.push`."""
        for packet in self._reader.push(data):
            if self._codec is None:
                self._codec = _codec_of(packet.data, self._name)
            elif not self._codec.complete:
                self._codec.header(packet.data)
            else:
                yield from self._shown(self._codec.take(packet))
        if self._codec is not None and self._codec.pending >= PIECE_SECONDS:
            yield from self._shown(self._codec.decode())

    def finish(self) -> FrameBlocks:
        """See `Arrival.finish`."""
        if self._codec is not None and self._codec.pending:
            yield from self._shown(self._codec.decode())

    def _shown(self, blocks: FrameBlocks) -> FrameBlocks:
        assert self._codec is not None
        for block in blocks:
            self.sample_rate, self.channels = self._codec.sample_rate, block.shape[1]
            yield block


class _Codec(Protocol):
    """The packets of one codec. `complete`: all headers are there; `pending`: seconds undecoded."""

    sample_rate: int

    @property
    def complete(self) -> bool: ...
    @property
    def pending(self) -> float: ...
    def header(self, data: bytes) -> None: ...
    def take(self, packet: OggPacket) -> FrameBlocks: ...
    def decode(self) -> FrameBlocks: ...


def _codec_of(first: bytes, name: str) -> _Codec:
    codecs: dict[bytes, Callable[[bytes, str], _Codec]] = {
        b"OpusHead": _Opus,
        b"\x01vorbis": _Vorbis,
    }
    for magic, codec in codecs.items():
        if first.startswith(magic):
            return codec(first, name)
    raise InputError(f"{name}: Ogg that holds neither Opus nor Vorbis. Send one of these, or WAV.")


class _Opus:
    """RFC 7845. Each piece begins with packets that were decoded before, whose sound is dropped."""

    def __init__(self, head: bytes, name: str) -> None:
        if len(head) < 19:
            raise InputError(f"{name}: damaged, an Opus header of {len(head)} bytes.")
        self._name = name
        (pre_skip,) = struct.unpack_from("<H", head, 10)
        self._head = head[:10] + bytes(2) + head[12:]
        self._skip = pre_skip
        self.sample_rate = 0
        self.complete = False
        self._heard: list[tuple[bytes, int]] = []
        self._waiting: list[tuple[bytes, int]] = []
        self._waiting_ticks = 0
        self._page_ticks = 0
        self._page_end: int | None = None

    @property
    def pending(self) -> float:
        return self._waiting_ticks / _OPUS_RATE

    def header(self, data: bytes) -> None:
        """The comments, which are none of ours."""
        if not data.startswith(b"OpusTags"):
            raise InputError(f"{self._name}: damaged, Opus without its second header.")
        self.complete = True

    def take(self, packet: OggPacket) -> FrameBlocks:
        ticks = _opus_ticks(packet.data)
        if ticks is None:
            raise InputError(f"{self._name}: damaged, an Opus packet that cannot be.")
        self._waiting.append((packet.data, ticks))
        self._waiting_ticks += ticks
        self._page_ticks += ticks
        if packet.granule is not None:
            begin, self._page_end = self._page_end or 0, packet.granule
            if packet.last:
                # The last page ends the sound where its position says, before its packets end.
                excess = self._page_ticks - (packet.granule - begin)
                yield from self.decode(trim=min(max(excess, 0), self._page_ticks))
            self._page_ticks = 0
        if self._waiting_ticks >= BLOCK_SECONDS * _OPUS_RATE:
            yield from self.decode()

    def decode(self, trim: int = 0) -> FrameBlocks:
        packets = self._heard + self._waiting
        ends = list(accumulate(ticks for _, ticks in packets))
        new, total = self._waiting_ticks, ends[-1]
        stream = write_pages(
            [
                (self._head, 0),
                (_OPUS_TAGS, 0),
                *((data, end) for (data, _), end in zip(packets, ends, strict=True)),
            ],
            headers=2,
        )
        frames, self.sample_rate = decode_piece(stream, total, self._name)
        self._heard = _ending(packets, _OPUS_OVERLAP)
        self._waiting, self._waiting_ticks = [], 0
        per_frame = _OPUS_RATE // self.sample_rate
        fresh = frames[max(0, len(frames) - new // per_frame) :]
        fresh = fresh[: max(0, len(fresh) - trim // per_frame)]
        skip = min(self._skip, len(fresh) * per_frame)
        self._skip -= skip
        yield fresh[skip // per_frame :]


class _Vorbis:
    """Vorbis I: the first packet of a piece only prepares the second, so one packet overlaps."""

    def __init__(self, head: bytes, name: str) -> None:
        if len(head) < 30:
            raise InputError(f"{name}: damaged, a Vorbis header of {len(head)} bytes.")
        self._name = name
        self.sample_rate: int = struct.unpack_from("<I", head, 12)[0]
        check_rate(self.sample_rate, name)
        self._headers = [head]
        self._before: bytes | None = None
        self._waiting: list[bytes] = []
        self._given = 0
        self._end: int | None = None
        self._most_pending = min(48, max(2, (1 << 20) // (_MOST_VORBIS_BLOCK * max(1, head[11]))))

    @property
    def complete(self) -> bool:
        return len(self._headers) == _VORBIS_HEADERS

    @property
    def pending(self) -> float:
        # How long each is stands in the setup header, which only the decoder reads.
        return len(self._waiting) * _USUAL_VORBIS_BLOCK / self.sample_rate

    def header(self, data: bytes) -> None:
        if data[1:7] != b"vorbis":
            raise InputError(f"{self._name}: damaged, Vorbis without its three headers.")
        if data[0] == 5 and len(data) > _MOST_VORBIS_SETUP:
            raise InputError(f"{self._name}: damaged, a Vorbis setup of {len(data)} bytes.")
        # Comments may be long, and every piece would carry them.
        plain = b"\x03vorbis" + bytes(8) + b"\x01" if data[0] == 3 else data
        self._headers.append(plain)

    def take(self, packet: OggPacket) -> FrameBlocks:
        self._waiting.append(packet.data)
        if packet.last and packet.granule is not None:
            self._end = packet.granule
            yield from self.decode()
        elif len(self._waiting) > self._most_pending:
            yield from self.decode()

    def decode(self) -> FrameBlocks:
        packets = self._waiting if self._before is None else [self._before, *self._waiting]
        most = len(packets) * _MOST_VORBIS_BLOCK
        # A position that is too late rather than right: the decoder then trims nothing.
        stream = write_pages(
            [*((data, 0) for data in self._headers), *((data, most) for data in packets)],
            headers=_VORBIS_HEADERS,
        )
        frames, _ = decode_piece(stream, most, self._name)
        self._before, self._waiting = packets[-1], []
        if self._end is not None:
            frames = frames[: max(0, self._end - self._given)]
        self._given += len(frames)
        yield frames


def _ending(packets: Sequence[tuple[bytes, int]], ticks: int) -> list[tuple[bytes, int]]:
    """The last packets that last `ticks` together, or all."""
    kept = 0
    for index in range(len(packets) - 1, -1, -1):
        kept += packets[index][1]
        if kept >= ticks:
            return list(packets[index:])
    return list(packets)


def _opus_ticks(packet: bytes) -> int | None:
    """The duration of an Opus packet at 48 kHz (RFC 6716, 3.1 and 3.2), None for none."""
    if not packet:
        return None
    config = packet[0] >> 3
    if config < 12:
        frame = (480, 960, 1920, 2880)[config & 3]
    elif config < 16:
        frame = (480, 960)[config & 1]
    else:
        frame = (120, 240, 480, 960)[config & 3]
    match packet[0] & 3:
        case 0:
            count = 1
        case 1 | 2:
            count = 2
        case _:
            count = packet[1] & 63 if len(packet) > 1 else 0
    ticks = frame * count
    return ticks if 0 < ticks <= 5760 else None
