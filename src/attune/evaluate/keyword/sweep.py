"""Correct accepts and false accepts of a phrase at every threshold, and what follows from them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from attune.evaluate.bootstrap import Interval
from attune.evaluate.keyword.counting import count_firings
from attune.evaluate.keyword.intervals import poisson_interval, wilson_interval

__all__ = ["Figure", "OperatingPoint", "Sweep"]

Floats = NDArray[np.float64]

_DRAWS = 2_000
_SEED = 20_240_229
_LEVEL = 0.95
# Of the curve: every number of false accepts up to here, then steps of a twelfth.
_EVERY_COUNT = 24
_STEP = 1 / 12


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """What a threshold does: a recording or event counts when its score is not below it.

    `correct_accept_rate` is the share of positives in which the phrase was heard, None without
    positives; the miss rate is 1 less this.
    """

    threshold: float
    correct_accepts: int
    correct_accept_rate: float | None
    false_accepts: int
    false_accepts_per_hour: float


@dataclass(frozen=True, slots=True)
class Figure:
    """An operating point with its 95 % intervals.

    `target` is the false accepts an hour that the threshold was chosen for, None where it was
    given. `correct_accept_interval` then includes that another sample of keyword-free audio would
    have led to another threshold; None without positives.
    """

    target: float | None
    point: OperatingPoint
    correct_accept_interval: Interval | None
    false_accept_interval: Interval


@dataclass(frozen=True)
class Sweep:
    """The scores that decide, from one pass.

    `best_scores` float64 [positives] is the highest threshold at which the phrase is heard in each
    positive, and `speakers` [positives] who says it ("" unknown). `false_accept_scores` float64
    [false accepts] falls: the threshold at which each further false accept appears; `sources`
    int64 [false accepts] is the recording, or the speaker, that it is from. `hours` of
    keyword-free audio were heard. Nothing is known below `floor`.
    """

    best_scores: Floats = field(repr=False)
    speakers: tuple[str, ...] = field(repr=False)
    false_accept_scores: Floats = field(repr=False)
    sources: NDArray[np.int64] = field(repr=False)
    hours: float
    floor: float = -math.inf

    def at(self, threshold: float) -> OperatingPoint:
        """The counts at a threshold; one below `floor` is taken for `floor`."""
        threshold = max(threshold, self.floor)
        accepted = int(np.count_nonzero(self.best_scores >= threshold))
        false_accepts = count_firings(self.false_accept_scores, threshold)
        return OperatingPoint(
            threshold,
            accepted,
            accepted / len(self.best_scores) if len(self.best_scores) else None,
            false_accepts,
            false_accepts / self.hours,
        )

    def threshold_for(self, false_accepts: int) -> float:
        """The lowest threshold with at most so many false accepts."""
        if false_accepts >= len(self.false_accept_scores):
            lowest = min(self._lowest(self.best_scores), self._lowest(self.false_accept_scores))
            return max(self.floor, lowest)
        return float(np.nextafter(self.false_accept_scores[false_accepts], math.inf))

    def figure(self, threshold: float) -> Figure:
        """What a given threshold does, with intervals."""
        point = self.at(threshold)
        rates = self._drawn_rates(np.full(_DRAWS, point.threshold))
        return self._figure(None, point, rates)

    def figure_at(self, per_hour: float) -> Figure:
        """What the lowest threshold does that has at most `per_hour` false accepts an hour.

        With fewer than `1 / per_hour` hours it is the lowest without any.
        """
        point = self.at(self.threshold_for(math.floor(per_hour * self.hours + 1e-9)))
        rates = self._drawn_rates(self._drawn_thresholds(per_hour))
        return self._figure(per_hour, point, rates)

    def curve(self) -> tuple[OperatingPoint, ...]:
        """From no false accept to all: for each number of them the lowest threshold (a DET curve
        after Martin et al., "The DET curve in assessment of detection task performance", 1997)."""
        counts, count = [], 0
        while count < len(self.false_accept_scores):
            counts.append(count)
            count += 1 if count < _EVERY_COUNT else max(1, round(count * _STEP))
        counts.append(len(self.false_accept_scores))
        points = [self.at(self.threshold_for(one)) for one in counts]
        # Equal scores bring several false accepts at once.
        return tuple(
            point
            for place, point in enumerate(points)
            if place == 0 or point.threshold < points[place - 1].threshold
        )

    def _lowest(self, scores: Floats) -> float:
        finite = scores[np.isfinite(scores)]
        return float(finite.min()) if len(finite) else 0.0

    def _figure(self, target: float | None, point: OperatingPoint, rates: Floats) -> Figure:
        interval = None
        if len(self.best_scores):
            # Resampling knows no variation where nothing was missed; Wilson does.
            plain = wilson_interval(point.correct_accepts, len(self.best_scores))
            tail = (1 - _LEVEL) / 2
            low, high = np.quantile(rates, [tail, 1 - tail]).tolist()
            blocks, unit = self._positive_blocks()
            interval = Interval(
                min(low, plain.low), max(high, plain.high), _LEVEL, unit, int(blocks.max()) + 1
            )
        return Figure(target, point, interval, poisson_interval(point.false_accepts, self.hours))

    def _positive_blocks(self) -> tuple[NDArray[np.int64], str]:
        """The block of each positive, int64 [positives]: its speaker, or itself if unknown."""
        if len(set(self.speakers) - {""}) < 2:
            return np.arange(len(self.best_scores)), "recording"
        names = [name or f"\0{place}" for place, name in enumerate(self.speakers)]
        return np.unique(names, return_inverse=True)[1].astype(np.int64), "speaker"

    def _drawn_thresholds(self, per_hour: float) -> Floats:
        """The thresholds that other samples of keyword-free audio would lead to [draws].

        Each source is heard a Poisson number of times, in place of drawing them with replacement
        (Chamandy et al., "Estimating uncertainty for massive data streams", Google 2012).
        """
        allowed = per_hour * self.hours + 1e-9
        # As many of the highest scores as any draw can ask for.
        top = min(len(self.sources), math.ceil(4 * allowed + 50))
        names, places = np.unique(self.sources[:top], return_inverse=True)
        random = np.random.default_rng(_SEED)
        found = np.empty(_DRAWS)
        lowest = self.threshold_for(len(self.false_accept_scores))
        for draw in range(_DRAWS):
            events = np.cumsum(random.poisson(1.0, len(names))[places])
            first = int(np.searchsorted(events, allowed, "right"))
            found[draw] = (
                np.nextafter(self.false_accept_scores[first], math.inf) if first < top else lowest
            )
        return found

    def _drawn_rates(self, thresholds: Floats) -> Floats:
        """Correct accept rates at each threshold [draws] for other samples of speakers [draws]."""
        if not len(self.best_scores):
            return np.zeros(0)
        blocks, _ = self._positive_blocks()
        order = np.argsort(-self.best_scores, kind="stable")
        falling, of_block = self.best_scores[order], blocks[order]
        random = np.random.default_rng(_SEED + 1)
        rates = np.empty(len(thresholds))
        for draw, threshold in enumerate(thresholds.tolist()):
            weights = random.poisson(1.0, int(blocks.max()) + 1)[of_block]
            total = int(weights.sum())
            accepted = int(weights[: count_firings(falling, threshold)].sum())
            rates[draw] = accepted / total if total else np.nan
        return rates[~np.isnan(rates)]


def pooled_sweep(sweeps: Sequence[Sweep], hours: float) -> Sweep:
    """Several phrases listened for together over `hours` of audio, at one threshold for all."""
    scores = np.concatenate([sweep.false_accept_scores for sweep in sweeps])
    order = np.argsort(-scores, kind="stable")
    return Sweep(
        np.concatenate([sweep.best_scores for sweep in sweeps]),
        tuple(name for sweep in sweeps for name in sweep.speakers),
        scores[order],
        np.concatenate([sweep.sources for sweep in sweeps])[order],
        hours,
        max(sweep.floor for sweep in sweeps),
    )
