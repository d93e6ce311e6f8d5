"""Sensitivity, expected false accepts an hour, and thresholds: one scale for every phrase.

`sensitivity` runs from 0 to 1 and means false accepts an hour of continuous speech, on a
logarithmic scale: 0 is 0.05 an hour, 0.5 is 0.5, 1 is 5. A threshold belongs to a phrase: it is
read off the rate at which keyword-free speech reaches each score (`OperatingCurve`).
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from attune.errors import InputError

__all__ = [
    "DEFAULT_SENSITIVITY",
    "KeywordCalibration",
    "OperatingCurve",
    "SaidBy",
    "SaidScores",
    "false_accepts_per_hour",
    "fit_curve",
    "sensitivity_for",
    "verified_sensitivity",
]

DEFAULT_SENSITIVITY = 0.5
_MIDDLE = 0.5  # false accepts an hour at sensitivity 0.5
_SPAN = 100.0  # sensitivity 1 accepts so many times more often than sensitivity 0
_VERIFIED = 0.4  # what a recogniser's second look leaves room for (benchmarks/RESULTS.md)

_TAIL = 40  # peaks that the tail is fitted to
_FEWEST = 8
_LEAST_SLOPE = 1.0  # a score has to rise by no more than 1 to make false accepts e times rarer
_KNOTS = 48
_MOST_SAID = 400  # a share is told within an eighth of a percent

SaidBy = Literal["recordings", "voices", "words"]
"""Who said a phrase: people in recordings that were given, synthesised voices, or nobody: then
other words of its length that people said stand for it."""


def false_accepts_per_hour(sensitivity: float) -> float:
    """Expected false accepts an hour of continuous speech; InputError outside 0 to 1."""
    if not 0.0 <= sensitivity <= 1.0:
        raise InputError(f"sensitivity {sensitivity}: give a number from 0 (strict) to 1 (lenient)")
    return float(_MIDDLE * _SPAN ** (sensitivity - 0.5))


def sensitivity_for(false_accepts: float) -> float:
    """Inverse of `false_accepts_per_hour`, held to 0..1; InputError for a rate not above 0."""
    if not (false_accepts > 0.0 and math.isfinite(false_accepts)):
        raise InputError(f"{false_accepts} false accepts an hour: give a number above 0")
    return min(1.0, max(0.0, 0.5 + math.log(false_accepts / _MIDDLE, _SPAN)))


def verified_sensitivity(sensitivity: float) -> float:
    """How sensitive a spotter may be whose hits a recogniser looks at again, so that about as many
    false accepts are left of phrases as at `sensitivity` without; held to 0..1."""
    return min(1.0, sensitivity + _VERIFIED)


@dataclass(frozen=True)
class OperatingCurve:
    """How often keyword-free speech reaches a score, for one phrase.

    `scores` fall, `rates` (peaks an hour at or above that score) rise. Above the first score the
    rate falls by a factor e each `1 / slope`: an exponential tail, the limit for peaks over a high
    threshold (Pickands 1975, with shape 0), so that rates rarer than the hours heard can be asked
    for. `hours` were heard.
    """

    hours: float
    scores: tuple[float, ...]
    rates: tuple[float, ...]
    slope: float

    def threshold(self, false_accepts: float) -> float:
        """The score that keyword-free speech reaches `false_accepts` times an hour."""
        logs = np.log(self.rates)
        wanted = math.log(false_accepts)
        if wanted <= logs[0]:
            return float(self.scores[0] + (logs[0] - wanted) / self.slope)
        return float(np.interp(wanted, logs, self.scores))

    def false_accepts(self, threshold: float) -> float:
        """How often an hour keyword-free speech reaches `threshold`."""
        if threshold >= self.scores[0]:
            return float(self.rates[0] * math.exp(-self.slope * (threshold - self.scores[0])))
        falling = np.asarray(self.scores)
        return float(np.exp(np.interp(-threshold, -falling, np.log(self.rates))))


@dataclass(frozen=True)
class SaidScores:
    """How a phrase scored where it was said, by `said_by`: the share that any threshold lets hear.

    `scores` fall; they are those of `count` utterances, of more than 400 evenly chosen.
    """

    said_by: SaidBy
    count: int
    scores: tuple[float, ...]

    @classmethod
    def of(cls, said_by: SaidBy, scores: ArrayLike) -> SaidScores:
        """Of all utterances' scores [count], in any order; what was not heard scores `NOT_SAID`."""
        falling = np.sort(np.asarray(scores, np.float64))[::-1]
        count = len(falling)
        if count > _MOST_SAID:
            # The middle one of each of equally many, so that shares are neither raised nor lowered.
            falling = falling[((np.arange(_MOST_SAID) + 0.5) * count / _MOST_SAID).astype(int)]
        return cls(said_by, count, tuple(round(float(score), 4) for score in falling))

    def share(self, threshold: float) -> float | None:
        """The share of utterances that reach `threshold`; None where there are none."""
        return float((np.asarray(self.scores) >= threshold).mean()) if self.scores else None


@dataclass(frozen=True)
class KeywordCalibration:
    """The part `calibration` of a keyword bundle: a curve a phrase, the sensitivity that is used
    when none is asked for, and how each phrase scored where it was said (empty where nobody said
    it, as of basic keywords, and in bundles of older versions)."""

    curves: tuple[OperatingCurve, ...]
    sensitivity: float
    said: tuple[SaidScores, ...] = ()

    def content(self) -> bytes:
        """The part's content, JSON."""
        return (json.dumps(asdict(self), indent=1, allow_nan=False) + "\n").encode("utf-8")

    @classmethod
    def read(cls, path: Path) -> KeywordCalibration:
        """The part at `path`; InputError naming what is wrong."""
        try:
            value = json.loads(path.read_bytes())
            curves = tuple(
                OperatingCurve(
                    float(one["hours"]),
                    tuple(float(x) for x in one["scores"]),
                    tuple(float(x) for x in one["rates"]),
                    float(one["slope"]),
                )
                for one in value["curves"]
            )
            said = tuple(_said(one) for one in value.get("said", ()))
            if said and len(said) != len(curves):
                raise ValueError(f"{len(said)} lists of scores for {len(curves)} phrases")
            return cls(curves, float(value["sensitivity"]), said)
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{path}: not the calibration of a keyword ({error}): make the keyword again"
            ) from error


def _said(value: Any) -> SaidScores:
    if value["said_by"] not in get_args(SaidBy):
        raise ValueError(f"said by {value['said_by']!r}")
    scores = tuple(float(score) for score in value["scores"])
    return SaidScores(value["said_by"], int(value["count"]), scores)


def fit_curve(scores: Sequence[float], hours: float, floor: float) -> OperatingCurve:
    """The curve of a phrase from the peaks that `hours` of keyword-free speech gave.

    `scores` are those of all peaks above `floor`, in any order. InputError for no hours.
    """
    if not hours > 0.0:
        raise InputError("the negative bank is empty: build it again")
    falling = np.sort(np.asarray(scores, np.float64))[::-1]
    if len(falling) < _FEWEST:
        # Next to nothing comes near the phrase: the floor stands for what was not seen.
        falling = np.concatenate([falling, np.full(_FEWEST - len(falling), floor)])
    tail = falling[: min(_TAIL, len(falling))]
    mean_excess = float(np.mean(tail[:-1] - tail[-1]))
    slope = 1.0 / max(mean_excess, 1e-3)
    slope = max(slope, _LEAST_SLOPE)
    # The fitted tail replaces the few highest peaks, which single recordings decide.
    anchor = len(tail) - 1
    places = np.unique(np.geomspace(anchor + 1, len(falling), _KNOTS).astype(int)) - 1
    return OperatingCurve(
        hours=hours,
        scores=tuple(round(float(falling[place]), 5) for place in places),
        rates=tuple(float((place + 1) / hours) for place in places),
        slope=slope,
    )
