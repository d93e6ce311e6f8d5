"""How often words and short phrases occur in an hour of speech, by a bundle's language model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from attune.language import NgramModel

__all__ = ["WORDS_PER_HOUR", "FrequentPhrases", "SpeechFrequency"]

WORDS_PER_HOUR = 9_000
"""150 words a minute, the pace of conversation and of audio books."""

_BEGIN, _END, _SPECIALS = 1, 2, 3  # ids of <s> and </s>, and how many words are none
_ROUNDS = 2  # after which the rates of words change by less than 3 %


@dataclass(frozen=True)
class FrequentPhrases:
    """Phrases of one length in words, and how often they are said.

    `words`: ids in the language model's vocabulary, uint32 [phrase, word]; `per_hour`: float64
    [phrase].
    """

    words: NDArray[np.uint32]
    per_hour: NDArray[np.float64]


@dataclass(frozen=True)
class SpeechFrequency:
    """Occurrences in an hour of speech of the kind that a language model knows."""

    model: NgramModel

    @cached_property
    def per_hour(self) -> NDArray[np.float64]:
        """Occurrences an hour of each word: float64 [word id], 0 for `<unk>`, `<s>` and `</s>`.

        The lower orders of a Kneser-Ney model count in how many contexts a word was seen, not how
        often (Chelba et al., "Study on Interaction between Entropy Pruning and Kneser-Ney
        Smoothing", 2010); so its chain of bigrams is followed until it settles.
        """
        prob = self._prob(1)
        share = prob.copy()
        share[_BEGIN] = prob[_END]
        if self.model.order > 1:
            contexts, words, told = self._bigrams
            backoff = np.power(10.0, self.model.backoff_of(1, np.arange(len(prob))), dtype="f8")
            more = told - backoff[contexts] * prob[words]
            for _ in range(_ROUNDS):
                heard = np.bincount(words, share[contexts] * more, len(share))
                share = np.maximum(heard + prob * float(share @ backoff), 0.0)
                share[_BEGIN] = share[_END]
        share[:_SPECIALS] = 0.0
        return np.asarray(share * (WORDS_PER_HOUR / share.sum()), np.float64)

    def phrase(self, words: Sequence[str]) -> float:
        """Occurrences an hour of these words after each other; 0 when one of them is not known."""
        known = self.model.vocabulary
        if not words or not all(word in known for word in words):
            return 0.0
        rate = float(self.per_hour[known.id(words[0])])
        for place in range(1, len(words)):
            rate *= 10.0 ** self.model.log_prob(words[:place], words[place])
        return rate

    def frequent(self, least: float) -> list[FrequentPhrases]:
        """The words, and phrases of two and three words, said `least` times an hour or more."""
        often = np.flatnonzero(self.per_hour >= least)
        found = [FrequentPhrases(often[:, None].astype(np.uint32), self.per_hour[often])]
        if self.model.order > 1:
            contexts, words, told = self._bigrams
            # No sentence mark has a rate, so none is a first word; nor shall it be the last.
            rates = np.where(words >= _SPECIALS, self.per_hour[contexts] * told, 0.0)
            often = np.flatnonzero(rates >= least)
            pairs = np.column_stack([contexts[often], words[often]])
            found.append(FrequentPhrases(pairs, rates[often]))
        if self.model.order > 2:
            pair, last = self.model.entries(3)
            # A phrase is as rare as its first two words, or rarer: only few are looked at.
            worth = np.flatnonzero((rates[pair] >= least) & (last >= _SPECIALS))
            longer = rates[pair[worth]] * self._prob(3, worth)
            often = worth[longer >= least]
            triples = np.column_stack([contexts[pair[often]], words[pair[often]], last[often]])
            found.append(FrequentPhrases(triples, longer[longer >= least]))
        return found

    @cached_property
    def _bigrams(self) -> tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.float64]]:
        """First and second words, and the probability of the second after the first."""
        return (*self.model.entries(2), self._prob(2))

    def _prob(self, order: int, entries: NDArray[np.int64] | None = None) -> NDArray[np.float64]:
        chosen = np.arange(self.model.counts[order - 1]) if entries is None else entries
        return np.power(10.0, self.model.log_prob_of(order, chosen), dtype="f8")
