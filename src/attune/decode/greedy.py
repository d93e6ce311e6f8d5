"""The likeliest symbols frame by frame: no lexicon, no language model."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["greedy"]


def greedy(log_probs: NDArray[np.float32]) -> NDArray[np.int64]:
    """Best symbol a frame, repeats and blanks removed, int64 [length].

    log_probs: [frame, symbol], symbol 0 the blank (Graves et al. 2006, "best path decoding").
    """
    best = log_probs.argmax(-1)
    keep = np.concatenate([[True], best[1:] != best[:-1]]) & (best != 0)
    return np.asarray(best[keep], np.int64)
