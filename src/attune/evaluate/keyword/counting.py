"""When a spotter fires on the candidates of a stream, at one threshold and at all of them.

A candidate is a place in a stream where a phrase may have been said, with its score. At a
threshold the spotter fires on each candidate that reaches it, in order of time, unless it fired
less than the refractory time before, from end to end: one event counts once.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from attune.keyword.spotter import REFRACTORY_SECONDS, has_rested

__all__ = [
    "Firings",
    "HeardRecording",
    "count_firings",
    "firing_times",
    "sweep_firings",
]

_KEPT = 500
_KEPT_PER_HOUR = 120.0

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Firings:
    """How often a phrase fires in one recording, for every threshold at or above `floor`.

    `scores` float64 [firings] falls: the spotter fires `(scores >= threshold).sum()` times.
    """

    scores: Floats = field(repr=False)
    floor: float = -math.inf

    @property
    def best(self) -> float:
        """The highest threshold at which the phrase fires at all, -inf when it never does."""
        return float(self.scores[0]) if len(self.scores) else -math.inf


@dataclass(frozen=True)
class HeardRecording:
    """A recording's duration in seconds and the firings of each phrase, in the model's order."""

    seconds: float
    firings: tuple[Firings, ...] = field(repr=False)


def firing_times(
    times: Floats, scores: Floats, threshold: float, refractory: float = REFRACTORY_SECONDS
) -> list[float]:
    """The times (seconds, rising) at which a spotter fires on candidates in order of time.

    `times` and `scores` are float64 [candidates]. This greedy choice is also the largest number of
    candidates that keep the refractory time, so a lower threshold never fires less often.
    """
    fired: list[float] = []
    for time in times[scores >= threshold].tolist():
        if not fired or has_rested(fired[-1], time, refractory):
            fired.append(time)
    return fired


def count_firings(firing_scores: Floats, threshold: float) -> int:
    """How many of falling `firing_scores` reach the threshold."""
    return len(firing_scores) - bisect_left(firing_scores[::-1], threshold)


def sweep_firings(
    times: Floats,
    scores: Floats,
    seconds: float,
    refractory: float = REFRACTORY_SECONDS,
) -> Firings:
    """The firings of a recording of `seconds` at all thresholds, from its candidates.

    `times` (rising) and `scores` are float64 [candidates]. Of a recording with very many
    candidates the lowest are dropped, which sets the floor: 120 an hour are kept, at least 500.
    """
    kept = max(_KEPT, math.ceil(_KEPT_PER_HOUR * seconds / 3600))
    floor = -math.inf
    if len(scores) > kept:
        # What equals the highest dropped score goes as well, so that the floor is exact.
        dropped = float(np.partition(scores, len(scores) - kept - 1)[len(scores) - kept - 1])
        above = scores > dropped
        times, scores, floor = times[above], scores[above], float(np.nextafter(dropped, math.inf))
    found: list[float] = []
    for threshold in np.unique(scores)[::-1].tolist():
        further = len(firing_times(times, scores, threshold, refractory)) - len(found)
        found += [threshold] * further
    return Firings(np.array(found, np.float64), floor)
