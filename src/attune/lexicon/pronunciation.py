"""One way to say a word."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["Pronunciation"]


@dataclass(frozen=True)
class Pronunciation:
    """One way to say a word: `phones` (ARPAbet, no stress) and its natural-log probability.

    Where the network has no phones they are the tokens that the word is spelled in.
    """

    phones: tuple[str, ...]
    log_prob: float = 0.0

    @property
    def probability(self) -> float:
        """exp(log_prob): in a lexicon max-normalised, from G2P a share of all readings."""
        return math.exp(self.log_prob)

    def __str__(self) -> str:
        return " ".join(self.phones)
