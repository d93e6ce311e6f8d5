"""Samples of a stream as networks hear them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from attune.errors import InputError

__all__ = ["as_float"]


def as_float(samples: NDArray[Any]) -> NDArray[np.float32]:
    """Float32 in [-1, 1] from int16 or floats, [samples]; InputError for another type or shape, or
    for NaN."""
    audio = np.asarray(samples)
    if audio.ndim != 1:
        raise InputError(f"samples of shape {audio.shape}: give one channel, [samples]")
    if audio.dtype == np.int16:
        return audio.astype(np.float32) / np.float32(32768.0)
    if audio.dtype not in (np.float32, np.float64):
        raise InputError(f"samples of type {audio.dtype}: give int16, or float32 in [-1, 1]")
    if not np.isfinite(audio).all():
        raise InputError("samples hold NaN or infinity: check what made them")
    return audio.astype(np.float32)
