"""Whether one model is better than another, or was only luckier."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attune.evaluate.alignment import Alignment
from attune.evaluate.bootstrap import Interval, bootstrap_interval, group_blocks
from attune.evaluate.scoring import UtteranceScore

__all__ = ["Significance", "matched_pairs_test", "matched_segments", "permutation_p_value"]

EXACT_SEGMENTS = 5000
ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Significance:
    """Outcome of the matched-pairs test of two models on the same utterances.

    `difference` is the second model's word error rate minus the first's, below zero when the
    second is better, and `interval` its bootstrap interval (None for a single block); `p_value` is
    two-sided. `segments` counts the stretches in which either model erred; in `first_better` of
    them the first made fewer errors, in `second_better` the second.
    """

    difference: float
    interval: Interval | None
    p_value: float
    segments: int
    first_better: int
    second_better: int
    test: str = "matched pairs sentence segment word error, permutation"

    @property
    def significant(self) -> bool:
        """Whether so great a difference would come about by chance less than once in twenty."""
        return self.p_value < ALPHA


def matched_pairs_test(
    first: Sequence[UtteranceScore], second: Sequence[UtteranceScore]
) -> Significance:
    """Test whether two models, scored on the same utterances in the same order, differ.

    The pairs are those of the matched pairs sentence segment word error test (Gillick and Cox,
    "Some statistical issues in the comparison of speech recognition algorithms", ICASSP 1989; NIST
    sc_stats). Their differences are tested by permutation, not by a normal distribution, so that a
    handful of errors gives an honest answer as well.
    """
    differences = np.array(
        [
            errors[1] - errors[0]
            for one, other in zip(first, second, strict=True)
            for errors in matched_segments(one.alignment, other.alignment)
        ],
        np.int64,
    )
    blocks = group_blocks(first)
    extra = [
        other.counts.errors - one.counts.errors for one, other in zip(first, second, strict=True)
    ]
    words = blocks.total([score.counts.words for score in first])
    return Significance(
        sum(extra) / float(words.sum()),
        bootstrap_interval(blocks.total(extra), words, blocks.unit),
        permutation_p_value(differences),
        len(differences),
        int((differences > 0).sum()),
        int((differences < 0).sum()),
    )


def matched_segments(first: Alignment, second: Alignment) -> Iterator[tuple[int, int]]:
    """Yield the errors of both models in each segment of one utterance that has any.

    Segments are parted by two or more words in a row that both models have right, so that errors
    in one are nearly independent of those in the next.
    """
    errors = [0, 0]
    right = 0
    for here in zip(places(first), places(second), strict=True):
        for model, (wrong, _) in enumerate(here):
            errors[model] += wrong
        if any(wrong for wrong, _ in here):
            right = 0
        elif here[0][1]:
            right += 1
            if right >= 2 and any(errors):
                yield errors[0], errors[1]
                errors = [0, 0]
    if any(errors):
        yield errors[0], errors[1]


def places(alignment: Alignment) -> list[tuple[int, bool]]:
    """(errors, is it a word) for the gap before each reference word, the word, …, the last gap."""
    found: list[tuple[int, bool]] = []
    inserted = 0
    for column in alignment:
        if column.reference is None:
            inserted += 1
        else:
            wrong = int(column.hypothesis != column.reference)
            found += [(inserted, False), (wrong, True)]
            inserted = 0
    return [*found, (inserted, False)]


def permutation_p_value(differences: NDArray[np.int64]) -> float:
    """Two-sided p of Fisher's paired permutation test, for integer differences [pair].

    Were the models equal, each difference could as well have the other sign: p is the share of all
    sign patterns whose sum lies as far from zero. It is exact, by convolution of the pairs'
    distributions, up to 5,000 pairs, and normal beyond, where the two agree to three digits.
    """
    sizes = np.abs(differences[differences != 0])
    observed = abs(int(differences.sum()))
    if not len(sizes) or observed == 0:
        return 1.0
    if len(sizes) > EXACT_SEGMENTS:
        deviation = math.sqrt(float((sizes.astype(np.float64) ** 2).sum()))
        return math.erfc(observed / deviation / math.sqrt(2))
    total = int(sizes.sum())
    # chances[s]: the probability that the pairs taken as positive sum to s, of `total` in all.
    chances = np.zeros(total + 1)
    chances[0] = 1.0
    reach = 0
    for size in sizes.tolist():
        chances[size : reach + size + 1] += chances[: reach + 1].copy()
        reach += size
        chances[: reach + 1] *= 0.5
    sums = 2 * np.arange(total + 1) - total
    return min(1.0, float(chances[np.abs(sums) >= observed].sum()))
