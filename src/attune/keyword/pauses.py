"""What follows a keyword: who calls a device pauses after it, at least for a moment; who happens to
say something that sounds like it in the middle of a sentence goes on.

A candidate's score falls a little when speech goes on at once. The fall is bounded, so that a
keyword that was clearly said is heard in either case, and so that it can be told before the pause
has been seen, when its score is high enough without it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from attune.lexicon import VOWELS

__all__ = ["PAUSE_ROWS", "default_pause_weight", "pause_score"]

PAUSE_ROWS = 6
"""How many rows after a phrase are looked at: 0.24 s."""

_SPEECH = -1.0  # natural log: a row whose blank is less likely is speech, however much less
_WEIGHTS = {1: 1.25, 2: 1.0}  # of so many syllables
_WEIGHT_OF_LONGER = 0.5


def default_pause_weight(pronunciations: Sequence[Sequence[str]]) -> float:
    """How much the score of a phrase falls at most when speech goes on: the fewer syllables it has,
    the more sentences it is part of, and so the more it has to stand alone."""
    syllables = min(sum(phone in VOWELS for phone in phones) for phones in pronunciations)
    return _WEIGHTS.get(max(1, syllables), _WEIGHT_OF_LONGER)


def pause_score(weight: float, following: NDArray[np.float32], *, ended: bool) -> float:
    """What the score of a phrase changes by, 0 to -`weight`, because of the log posteriors of what
    follows it [rows, symbols], of which `PAUSE_ROWS` count. Rows that are not there are silence
    when the stream has `ended`, and speech when they are still to come: then the score can only
    rise."""
    spoken = np.maximum(following[:PAUSE_ROWS, 0], _SPEECH).sum(dtype=np.float64)
    missing = 0 if ended else max(0, PAUSE_ROWS - len(following))
    return weight * float(spoken + _SPEECH * missing) / PAUSE_ROWS
