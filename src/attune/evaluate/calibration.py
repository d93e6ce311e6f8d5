"""Whether confidences mean what they say: of the words given 0.8, are eight in ten right?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from attune.errors import InputError

__all__ = ["Calibration", "ReliabilityBin", "measure_calibration"]


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """The words with confidence in (low, high] (the first bin includes 0): how many, their mean
    confidence, and the share of them that is right. Both means are None in an empty bin."""

    low: float
    high: float
    words: int
    confidence: float | None
    accuracy: float | None


@dataclass(frozen=True, slots=True)
class Calibration:
    """How well confidences match accuracy over `words` words: 0 would be perfect."""

    expected_error: float
    words: int
    bins: tuple[ReliabilityBin, ...]


def measure_calibration(pairs: Iterable[tuple[float, bool]], bins: int = 10) -> Calibration | None:
    """Expected calibration error and reliability table of (confidence, is it right) pairs.

    The error is the mean over words of the distance between accuracy and mean confidence in their
    bin, of `bins` of equal width (Naeini, Cooper and Hauskrecht, "Obtaining well calibrated
    probabilities using Bayesian binning", AAAI 2015; Guo et al., "On calibration of modern neural
    networks", ICML 2017). None without pairs. InputError for a confidence outside 0 to 1.
    """
    table = np.array([(confidence, right) for confidence, right in pairs], np.float64)
    if not len(table):
        return None
    confidence, right = table[:, 0], table[:, 1]
    if not ((confidence >= 0) & (confidence <= 1)).all():
        wrong = confidence[~((confidence >= 0) & (confidence <= 1))][0]
        raise InputError(f"a confidence is {wrong:g}: the model must give numbers from 0 to 1")
    edges = np.arange(bins + 1) / bins
    place = np.maximum(np.searchsorted(edges, confidence, side="left") - 1, 0)
    found: list[ReliabilityBin] = []
    expected_error = 0.0
    for number in range(bins):
        inside = place == number
        count = int(inside.sum())
        mean = float(confidence[inside].mean()) if count else None
        accuracy = float(right[inside].mean()) if count else None
        if mean is not None and accuracy is not None:
            expected_error += count / len(table) * abs(accuracy - mean)
        low, high = float(edges[number]), float(edges[number + 1])
        found.append(ReliabilityBin(low, high, count, mean, accuracy))
    return Calibration(expected_error, len(table), tuple(found))
