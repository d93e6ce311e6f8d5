"""How phrases score where they are said, and what that makes of their thresholds.

Everything is judged by classifiers that had not heard the voice or recording in question.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attune.keyword.calibration import SaidScores
from attune.keyword.scoring import NOT_SAID
from attune.train.keyword.adapting import Adapted

__all__ = ["PhraseTrial", "said_scores", "try_phrase"]


@dataclass(frozen=True)
class PhraseTrial:
    """Shares of what was heard, degraded, that reach the threshold of a phrase.

    `positives`: the phrase said by synthesised voices that the classifier had not heard,
    `near_misses`: what sounds nearly like it (each with its best candidate, where it has one),
    `recordings`: the phrase in the recordings that were given, None without them. `helps` is
    whether the second pass is used.
    """

    positives: float
    near_misses: float
    recordings: float | None
    helps: bool

    @property
    def correct_accepts(self) -> float:
        """The share expected of people who say the phrase: of recordings, else of voices."""
        return self.positives if self.recordings is None else self.recordings


def said_scores(adapted: Adapted) -> SaidScores:
    """The scores of a phrase where it was said: of recordings that were given, which are people,
    else of synthesised voices."""
    recordings = _recordings(adapted)
    return recordings if recordings.scores else _voices(adapted)


def try_phrase(adapted: Adapted, threshold: float) -> PhraseTrial:
    """The trial of a phrase at a threshold."""
    near = adapted.scores[~adapted.said & (adapted.kinds == "near miss")]
    return PhraseTrial(
        _voices(adapted).share(threshold) or 0.0,
        float((near >= threshold).mean()) if len(near) else 0.0,
        _recordings(adapted).share(threshold),
        adapted.helps,
    )


def _voices(adapted: Adapted) -> SaidScores:
    heard = adapted.scores[adapted.said & (adapted.kinds == "positive")]
    return SaidScores.of("voices", _with_unheard(heard, adapted.unheard.voices))


def _recordings(adapted: Adapted) -> SaidScores:
    heard = adapted.scores[adapted.own]
    return SaidScores.of("recordings", _with_unheard(heard, adapted.unheard.recordings))


def _with_unheard(scores: NDArray[np.float64], unheard: int) -> NDArray[np.float64]:
    return np.concatenate([scores, np.full(unheard, NOT_SAID)])
