"""Sentences drawn from a model: text like that which it was trained on."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .backoff_model import BackoffModel, child_offsets, power10
from .vocabulary import BEGIN, END, UNKNOWN

__all__ = ["sample_sentences"]

_TRIES = 50


def sample_sentences(
    model: BackoffModel, count: int, *, seed: int = 0, longest: int = 30
) -> list[str]:
    """`count` sentences of 1 to `longest` words, drawn word by word from P(word | words before).

    The same model and seed give the same sentences. `<unk>` is never drawn.
    """
    sampler = _Sampler(model, np.random.default_rng(seed))
    words = model.vocabulary.words
    return [" ".join(words[w] for w in sampler.sentence(longest)) for _ in range(count)]


class _Sampler:
    def __init__(self, model: BackoffModel, random: np.random.Generator) -> None:
        self.model, self.random = model, random
        self.offsets = [
            child_offsets(above.contexts, len(below)) for below, above in pairwise(model.orders)
        ]
        prob = power10(model.orders[0].log_prob)
        prob[[UNKNOWN, BEGIN]] = 0.0
        self.unigrams = np.cumsum(prob)

    def sentence(self, longest: int) -> list[int]:
        # Entry [k] is that of the last k + 1 words in order k + 1, -1 where the model has none.
        entries = [BEGIN] + [-1] * (self.model.order - 2)
        words: list[int] = []
        while len(words) < longest:
            word = self._draw(entries, len(entries))
            if word == END:
                if words:
                    break
                continue
            words.append(word)
            longer = [self._child(k, entry, word) for k, entry in enumerate(entries[:-1])]
            entries = [word, *longer][: self.model.order - 1]
        return words

    def _draw(self, entries: list[int], length: int) -> int:
        """A word after the last `length` words."""
        if length == 0:
            point = self.random.random() * self.unigrams[-1]
            return int(np.searchsorted(self.unigrams, point, side="right"))
        entry = entries[length - 1]
        children = self._children(length - 1, entry)
        if children is None:
            return self._draw(entries, length - 1)
        words, prob = children
        point = self.random.random()
        total = np.cumsum(prob)
        if point < total[-1]:
            return int(words[np.searchsorted(total, point, side="right")])
        for _ in range(_TRIES):
            word = self._draw(entries, length - 1)
            at = int(np.searchsorted(words, word))
            if at == len(words) or words[at] != word:
                return word
        return word

    def _children(
        self, length: int, entry: int
    ) -> tuple[NDArray[np.uint32], NDArray[np.float64]] | None:
        """Words listed after an entry of order `length` + 1, sorted, and their probabilities."""
        if entry < 0:
            return None
        begin, end = self.offsets[length][entry : entry + 2].tolist()
        if begin == end:
            return None
        above = self.model.orders[length + 1]
        return above.words[begin:end], power10(above.log_prob[begin:end])

    def _child(self, length: int, entry: int, word: int) -> int:
        if entry < 0:
            return -1
        begin, end = self.offsets[length][entry : entry + 2].tolist()
        words = self.model.orders[length + 1].words[begin:end]
        at = int(np.searchsorted(words, word))
        return begin + at if at < len(words) and words[at] == word else -1
