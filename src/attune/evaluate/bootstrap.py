"""How much an error rate would vary with other recordings of the same kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attune.evaluate.scoring import UtteranceScore

__all__ = ["Blocks", "Interval", "bootstrap_interval", "group_blocks"]

SAMPLES = 10_000
SEED = 20_240_229
DRAWS_AT_ONCE = 1 << 20


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval of a rate, and what was resampled: `blocks` speakers or utterances."""

    low: float
    high: float
    level: float
    unit: str
    blocks: int


@dataclass(frozen=True)
class Blocks:
    """The utterances in groups that may be taken for independent of each other.

    `index` is int64 [utterance], the block of each; `unit` is "speaker" or "utterance".
    """

    index: NDArray[np.int64]
    unit: str

    def total(self, values: Sequence[int]) -> NDArray[np.float64]:
        """Sums of one number per utterance, float64 [block]."""
        return np.bincount(self.index, weights=np.asarray(values)).astype(np.float64)


def group_blocks(scores: Sequence[UtteranceScore]) -> Blocks:
    """Group by speaker where at least two are known, else leave every utterance by itself.

    The utterances of one speaker are right or wrong together, so resampling them apart gives
    intervals that are too narrow (Liu and Peng, "Statistical testing on ASR performance via
    blockwise bootstrap", Interspeech 2020). An utterance of unknown speaker is a block of its own.
    """
    speakers = {score.speaker for score in scores if score.speaker}
    if len(speakers) < 2:
        return Blocks(np.arange(len(scores)), "utterance")
    numbers: dict[tuple[str, int], int] = {}
    index = [
        numbers.setdefault((score.speaker, 0 if score.speaker else place), len(numbers))
        for place, score in enumerate(scores)
    ]
    return Blocks(np.array(index, np.int64), "speaker")


def bootstrap_interval(
    errors: NDArray[np.float64], words: NDArray[np.float64], unit: str, level: float = 0.95
) -> Interval | None:
    """Percentile bootstrap interval of sum(errors) / sum(words), both float64 [block].

    Blocks are drawn with replacement 10,000 times with a fixed seed, so that the same figures give
    the same interval (Bisani and Ney, "Bootstrap estimates for confidence intervals in ASR
    performance evaluation", ICASSP 2004). For the difference of two models on the same blocks,
    give the differences of their errors. None with fewer than two blocks. Below about ten blocks
    the interval is rough, and rather too narrow.
    """
    blocks = len(words)
    if blocks < 2:
        return None
    random = np.random.default_rng(SEED)
    rates: list[NDArray[np.float64]] = []
    rows = max(1, DRAWS_AT_ONCE // blocks)
    for start in range(0, SAMPLES, rows):
        drawn = random.integers(0, blocks, (min(rows, SAMPLES - start), blocks))
        total = words[drawn].sum(axis=1)
        rates.append(errors[drawn].sum(axis=1)[total > 0] / total[total > 0])
    tail = (1 - level) / 2
    low, high = np.quantile(np.concatenate(rates), [tail, 1 - tail])
    return Interval(float(low), float(high), level, unit, blocks)
