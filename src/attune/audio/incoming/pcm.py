"""Uncompressed samples as they arrive, with or without the header of a WAV file."""

from __future__ import annotations

import io

from attune.audio.incoming.arrival import BLOCK_SECONDS, FrameBlocks
from attune.audio.pcm import RawFormat
from attune.audio.riff import WavHeader, read_wav_header
from attune.audio.source import ByteReader, Truncated
from attune.errors import InputError

__all__ = ["PcmArrival", "WavArrival"]

_MOST_HEADER = 1 << 20
_EAGER_HEADER = 1 << 12
# Of the samples, by which a header tells an empty recording from one of unknown length.
_BEHIND_HEADER = 4


class PcmArrival:
    """Samples without a header. `most_bytes` of them, and whatever follows is passed over."""

    def __init__(self, form: RawFormat, most_bytes: int | None = None) -> None:
        self.sample_rate, self.channels = form.sample_rate, form.channels
        self._format, self._left = form, most_bytes
        self._rest = b""

    def push(self, data: bytes) -> FrameBlocks:
        """See `Arrival.push`."""
        if self._left is not None:
            data = data[: self._left]
            self._left -= len(data)
        data = self._rest + data
        frame = self._format.frame_bytes
        whole = len(data) - len(data) % frame
        self._rest = data[whole:]
        step = frame * max(1, round(BLOCK_SECONDS * self.sample_rate))
        for start in range(0, whole, step):
            yield self._format.decode(data[start : min(start + step, whole)])

    def finish(self) -> FrameBlocks:
        """See `Arrival.finish`: a part of a last sample is no sound."""
        self._rest = b""
        return iter(())


class WavArrival:
    """A WAV file: its header, then samples to their stated number, or to the end."""

    sample_rate = 0
    channels = 0

    def __init__(self, name: str) -> None:
        self._name = name
        self._head = b""
        self._tried = 0
        self._samples: PcmArrival | None = None

    def push(self, data: bytes) -> FrameBlocks:
        """See `Arrival.push`."""
        if self._samples is None:
            self._head += data
            if not self._worth_trying():
                return
            data = self._begin(ended=False)
        if self._samples is not None:
            yield from self._samples.push(data)

    def finish(self) -> FrameBlocks:
        """See `Arrival.finish`."""
        if self._samples is None and self._head:
            data = self._begin(ended=True)
            assert self._samples is not None
            yield from self._samples.push(data)

    def _worth_trying(self) -> bool:
        """A header is read at once; one with long chunks in it not again for every byte."""
        grown = len(self._head) - self._tried
        return len(self._head) < _EAGER_HEADER or grown >= _EAGER_HEADER

    def _begin(self, *, ended: bool) -> bytes:
        """Read the header if it is there; the bytes of samples that came with it."""
        self._tried = len(self._head)
        reader = ByteReader(io.BytesIO(self._head), self._name)
        try:
            header = read_wav_header(reader)
        except Truncated:
            if ended:
                raise
            if len(self._head) > _MOST_HEADER:
                raise InputError(
                    f"{self._name}: a WAV header of more than {_MOST_HEADER >> 20} MiB. Save it "
                    "again as WAV."
                ) from None
            return b""
        if not ended and len(self._head) < reader.position + _BEHIND_HEADER:
            return b""
        return self._start(header, self._head[reader.position :])

    def _start(self, header: WavHeader, data: bytes) -> bytes:
        self._samples = PcmArrival(header.format, header.data_bytes)
        self.sample_rate, self.channels = header.format.sample_rate, header.format.channels
        self._head = b""
        return data
