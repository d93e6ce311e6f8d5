"""PCM as it comes over a wire, cut anywhere, as 16 kHz mono."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from attune.audio import RawFormat, Resampler
from attune.audio.reading import check_samples
from attune.errors import InputError

__all__ = ["PcmStream"]

Floats = NDArray[np.float32]

_RATES = (1_000, 192_000)
_MOST_CHANNELS = 32


class PcmStream:
    """Mixes the channels of one stream and brings it to 16 kHz. InputError for rates and channels
    that no microphone has."""

    def __init__(self, format: RawFormat) -> None:
        if not _RATES[0] <= format.sample_rate <= _RATES[1]:
            raise InputError(f"rate {format.sample_rate}: give {_RATES[0]} to {_RATES[1]} Hz")
        if format.channels > _MOST_CHANNELS:
            raise InputError(f"{format.channels} channels: give 1 to {_MOST_CHANNELS}")
        self._format = format
        self._resampler = Resampler(format.sample_rate)
        self._rest = b""

    def accept(self, data: bytes) -> Floats:
        """The samples that are now complete, float32 [samples]; InputError for what is no sound."""
        data = self._rest + data if self._rest else data
        whole = len(data) - len(data) % self._format.frame_bytes
        self._rest = data[whole:]
        if not whole:
            return np.zeros(0, np.float32)
        frames = self._format.decode(data[:whole])
        with np.errstate(over="ignore", invalid="ignore"):
            mono = frames.mean(axis=1) if self._format.channels > 1 else frames[:, 0]
        check_samples(mono, "the stream")
        return np.clip(self._resampler.accept(mono), -1, 1)

    def finish(self) -> Floats:
        """The rest; half a sample at the end is none."""
        return np.clip(self._resampler.finish(), -1, 1)
