"""Time as Azure's APIs have it: whole numbers of 100 ns."""

from __future__ import annotations

__all__ = ["seconds_of", "ticks"]

_PER_SECOND = 10_000_000


def ticks(seconds: float) -> int:
    """A time in seconds as ticks."""
    return round(seconds * _PER_SECOND)


def seconds_of(value: int) -> float:
    """Ticks as a time in seconds."""
    return value / _PER_SECOND
