"""A stream of bytes of any format that clients send, as 16 kHz mono samples while it arrives."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from attune.audio.decoders import container_of
from attune.audio.incoming.arrival import Arrival, FrameBlocks
from attune.audio.incoming.flac import FlacArrival
from attune.audio.incoming.mp3 import Mp3Arrival
from attune.audio.incoming.ogg import OggArrival
from attune.audio.incoming.pcm import PcmArrival, WavArrival
from attune.audio.pcm import Float32, RawFormat
from attune.audio.reading import check_samples, one_channel
from attune.audio.resampling import Resampler
from attune.errors import InputError

__all__ = ["IncomingAudio"]

_NAME = "audio"
_HEAD_BYTES = 12
_MOST_CHANNELS = 64
_WAV_MAGIC = (b"RIFF", b"RF64", b"BW64")
_COMPRESSED: dict[str, Callable[[str], Arrival]] = {
    "flac": FlacArrival,
    "ogg": OggArrival,
    "mp3": Mp3Arrival,
}


class IncomingAudio:
    """Decodes WAV, raw PCM, Ogg (Opus, Vorbis), FLAC and MP3 that come in pieces of any size.

    `raw` states the format of PCM without a header; without it the first bytes tell the format.
    `channel` counts from 0; None mixes all into one. The samples do not depend on the pieces.
    Memory is bounded whatever is sent: what `push` and `finish` return are lazy, a block of at most
    about two seconds at a time, and must be iterated to their end before the next call. They raise
    `InputError` for what is no audio, after which the stream is of no more use.
    """

    def __init__(
        self, *, raw: RawFormat | None = None, channel: int | None = None, sample_rate: int = 16_000
    ) -> None:
        self._channel, self._sample_rate = channel, sample_rate
        self._arrival: Arrival | None = None if raw is None else PcmArrival(raw)
        self._head = b""
        self._resampler: Resampler | None = None
        self._samples = 0

    @property
    def seconds(self) -> float:
        """How much audio was given out."""
        return self._samples / self._sample_rate

    @property
    def compressed(self) -> bool:
        """Whether decoding takes noticeable time; false until the format is known."""
        return not isinstance(self._arrival, PcmArrival | WavArrival | None)

    def push(self, data: bytes) -> Iterator[Float32]:
        """The samples that `data` completes: blocks of float32 [sample], -1 to 1, perhaps none."""
        if self._arrival is None:
            self._head += data
            if len(self._head) < _HEAD_BYTES:
                return
            self._arrival, data, self._head = _arrival_of(self._head), self._head, b""
        yield from self._blocks(self._arrival, self._arrival.push(data))

    def finish(self) -> Iterator[Float32]:
        """The rest, after the last byte. A recording that is cut short ends where it was cut."""
        if self._arrival is None:
            if not self._head:
                return
            self._arrival = _arrival_of(self._head)
            yield from self._blocks(self._arrival, self._arrival.push(self._head))
        yield from self._blocks(self._arrival, self._arrival.finish())
        if self._resampler is not None:
            yield from self._out(self._resampler.finish())

    def _blocks(self, arrival: Arrival, blocks: FrameBlocks) -> Iterator[Float32]:
        for frames in blocks:
            if not len(frames):
                continue
            if self._resampler is None:
                if arrival.channels > _MOST_CHANNELS:
                    raise InputError(
                        f"{_NAME}: {arrival.channels} channels, which is more than "
                        f"{_MOST_CHANNELS}. Send one channel."
                    )
                self._resampler = Resampler(arrival.sample_rate, self._sample_rate)
            samples = one_channel(frames, self._channel, _NAME)
            check_samples(samples, _NAME)
            yield from self._out(self._resampler.accept(samples))

    def _out(self, block: Float32) -> Iterator[Float32]:
        if len(block):
            self._samples += len(block)
            yield np.clip(block, -1, 1)


def _arrival_of(head: bytes) -> Arrival:
    """The decoder for a stream that begins with `head`."""
    if head[:4] in _WAV_MAGIC and b"WAVE".startswith(head[8:12]):
        return WavArrival(_NAME)
    return _COMPRESSED[container_of(head, _NAME)](_NAME)
