"""How far rates can be trusted: events in hours, hits among recordings."""

from __future__ import annotations

import math
from collections.abc import Callable

from attune.evaluate.bootstrap import Interval

__all__ = ["poisson_interval", "wilson_interval"]

_LEVEL = 0.95
_NORMAL = 1.959964
_HALVINGS = 60


def poisson_interval(events: int, hours: float) -> Interval:
    """The exact 95 % interval of a rate an hour when `events` came in `hours`.

    Garwood, "Fiducial limits for the Poisson distribution", Biometrika 1936. No event in 24 hours
    still allows 0.15 an hour; 12 events (0.5 an hour) allow 0.26 to 0.87. It takes events for
    independent: where one recording gives many, the truth is less certain.
    """
    tail = (1 - _LEVEL) / 2
    low = 0.0
    if events:
        low = _mean_where(lambda mean: 1 - _at_most(events - 1, mean) >= tail, events)
    high = _mean_where(lambda mean: _at_most(events, mean) <= tail, events)
    return Interval(low / hours, high / hours, _LEVEL, "event", events)


def wilson_interval(hits: int, trials: int) -> Interval:
    """The 95 % interval of a rate of `hits` among `trials` independent recordings.

    Wilson, "Probable inference, the law of succession, and statistical inference", JASA 1927: it
    has a width even where nothing was missed.
    """
    rate, square = hits / trials, _NORMAL**2
    middle = (rate + square / (2 * trials)) / (1 + square / trials)
    half = _NORMAL * math.sqrt(rate * (1 - rate) / trials + square / (4 * trials**2))
    half /= 1 + square / trials
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    # At the ends the formula meets them but for rounding.
    return Interval(
        low if hits else 0.0, high if hits < trials else 1.0, _LEVEL, "recording", trials
    )


def _at_most(events: int, mean: float) -> float:
    """The probability of `events` or fewer where `mean` are expected."""
    if mean == 0.0:
        return 1.0
    logs = [n * math.log(mean) - mean - math.lgamma(n + 1) for n in range(events + 1)]
    return math.fsum(math.exp(one) for one in logs)


def _mean_where(reached: Callable[[float], bool], events: int) -> float:
    """The least mean for which `reached` holds, as it does for all greater ones."""
    low, high = 0.0, events + 10.0 * math.sqrt(events + 1.0)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if reached(middle) else (middle, high)
    return high
