"""Noise as it is between voices: louder below than above, the same for the same seed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["pink_noise"]


def pink_noise(seconds: float, level: float, seed: int = 0) -> NDArray[np.float32]:
    """Pink noise, float32 [samples] at 16 kHz, of a level in dB to full scale."""
    white = np.random.default_rng(seed).standard_normal(round(seconds * 16_000))
    bins = np.fft.rfft(white)
    pink = np.fft.irfft(bins / np.sqrt(np.maximum(np.arange(len(bins)), 1)), len(white))
    return (pink / pink.std() * 10 ** (level / 20)).astype(np.float32)
