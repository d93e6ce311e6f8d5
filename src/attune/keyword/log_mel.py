"""Features of a stream as the compiled library makes them: those of `attune.acoustic`, cheaper.

The frames of `FeatureExtractor` within rounding (1e-3 of a standard deviation) for a fifth of its
time, which would be more than the network takes.
"""

from __future__ import annotations

import ctypes
import weakref

import numpy as np
from numpy.typing import NDArray

from attune.acoustic import FeatureParameters
from attune.decode.library import LogMelOptions, address, library
from attune.errors import InputError

__all__ = ["LogMelStream"]

Floats = NDArray[np.float32]


class LogMelStream:
    """Streaming features of one channel; one thread at a time. InputError for parameters that make
    no frames."""

    def __init__(self, parameters: FeatureParameters) -> None:
        rate, self.bins = parameters.sample_rate, parameters.bins
        length = round(rate * parameters.frame_length_ms / 1000)
        shift = round(rate * parameters.frame_shift_ms / 1000)
        if not (0 < shift <= length <= 1 << 16 and 0 < self.bins <= 1024 and parameters.window > 0):
            raise InputError(f"feature parameters that make no frames: {parameters}")
        tables = [np.array(values, np.float32) for values in (parameters.mean, parameters.scale)]
        known = all(len(table) for table in tables)
        options = LogMelOptions(
            sample_rate=rate,
            low_hz=parameters.low_hz,
            high_hz=parameters.high_hz,
            floor=parameters.floor,
            length=length,
            shift=shift,
            bins=self.bins,
            prior=parameters.prior,
            window=parameters.window,
            mean=address(tables[0]) if known else None,
            scale=address(tables[1]) if known else None,
        )
        created = library().logmel_create(options)
        if not created:
            raise MemoryError("no memory for features")
        self._handle = ctypes.c_void_p(created)
        weakref.finalize(self, library().logmel_free, self._handle)

    def accept(self, samples: Floats) -> Floats:
        """Frames that `samples` (float32 in [-1, 1], any number) complete: [time, bins]."""
        samples = np.ascontiguousarray(samples, np.float32)
        count = library().logmel_ready(self._handle, len(samples))
        frames = np.empty((count, self.bins), np.float32)
        library().logmel_accept(self._handle, address(samples), len(samples), address(frames))
        return frames
