"""The frames of attune.acoustic for whole recordings, several times as fast.

The run-time extractor goes frame by frame, as a stream must, and would take most of the time of
the processes that prepare batches. Here all frames of a recording go through one transform. A test
holds the two together.
"""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from attune.acoustic import FeatureParameters, MeanNormalizer

__all__ = ["BatchFeatures"]

Floats = NDArray[np.float32]
_PREEMPHASIS = 0.97
_POVEY_POWER = 0.85
_LEAST = np.finfo(np.float32).eps


class BatchFeatures:
    """`attune.acoustic.extract` for one set of parameters (Kaldi's filter bank, Povey window)."""

    def __init__(self, parameters: FeatureParameters) -> None:
        self.parameters = parameters
        rate = parameters.sample_rate
        self._length = round(rate * parameters.frame_length_ms / 1000)
        self._shift = round(rate * parameters.frame_shift_ms / 1000)
        self._size = 1 << (self._length - 1).bit_length()
        hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(self._length) / (self._length - 1))
        self._window = (hann**_POVEY_POWER).astype(np.float32)
        self._mel = _mel_weights(parameters, self._size)

    def __call__(self, samples: Floats) -> Floats:
        """Frames float32 [time, bins] of float32 `samples` in [-1, 1]."""
        parameters = self.parameters
        if len(samples) < self._length:
            return np.zeros((0, parameters.bins), np.float32)
        scaled = np.asarray(samples, np.float32) * np.float32(32768.0)
        frames = sliding_window_view(scaled, self._length)[:: self._shift]
        frames = frames - frames.mean(1, keepdims=True)
        emphasised = np.empty_like(frames)
        emphasised[:, 1:] = frames[:, 1:] - np.float32(_PREEMPHASIS) * frames[:, :-1]
        emphasised[:, 0] = np.float32(1 - _PREEMPHASIS) * frames[:, 0]
        spectrum = scipy.fft.rfft(emphasised * self._window, self._size, axis=1)
        # The bin at half the sampling rate belongs to no filter.
        spectrum = spectrum[:, :-1]
        power = np.square(spectrum.real) + np.square(spectrum.imag)
        logarithms = np.log(np.maximum(power @ self._mel, _LEAST))
        frames = np.maximum(logarithms, np.float32(parameters.floor))
        return MeanNormalizer(parameters)(frames) if parameters.mean else frames


def _mel_weights(parameters: FeatureParameters, size: int) -> Floats:
    """Triangles on the mel scale 1127 ln(1 + f / 700): float32 [frequency, bin]."""

    def mel(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
        scale: NDArray[np.float64] = 1127.0 * np.log1p(hertz / 700.0)
        return scale

    low, high = mel(np.array([parameters.low_hz, parameters.high_hz], np.float64))
    edges = np.linspace(low, high, parameters.bins + 2)
    position = mel(np.arange(size // 2) * parameters.sample_rate / size)[:, None]
    rising = (position - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - position) / (edges[2:] - edges[1:-1])
    weights: Floats = np.maximum(0.0, np.minimum(rising, falling)).astype(np.float32)
    return weights
