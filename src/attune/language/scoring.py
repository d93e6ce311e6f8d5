"""Log probabilities of text under a back-off model, for many tokens at once."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from attune.errors import InputError

from .vocabulary import BEGIN, END, UNKNOWN, Vocabulary

__all__ = ["Perplexity", "Trie", "encode_sentences", "measure_perplexity", "score_tokens"]

_SENTENCES_PER_BLOCK = 20_000


class Trie(Protocol):
    """What scoring needs of a model; entry i of order 1 is the word with id i."""

    @property
    def order(self) -> int: ...

    @property
    def vocabulary(self) -> Vocabulary: ...

    def find(
        self, order: int, contexts: NDArray[np.int64], words: NDArray[np.uint32]
    ) -> NDArray[np.int64]:
        """Entries of `order` with these contexts and last words, -1 where there is none."""

    def log_prob_of(self, order: int, entries: NDArray[np.int64]) -> NDArray[np.float32]:
        """log10 probabilities of entries."""

    def backoff_of(self, order: int, entries: NDArray[np.int64]) -> NDArray[np.float32]:
        """log10 back-off weights of entries."""


@dataclass(frozen=True)
class Perplexity:
    """How well a model predicts text. Sentence ends count as predictions, as in KenLM."""

    log_prob: float
    """Sum of log10 P over all words and sentence ends."""
    log_prob_known: float
    """The same without the words outside the vocabulary."""
    words: int
    sentences: int
    unknown: int
    """Words outside the vocabulary."""

    @property
    def perplexity(self) -> float:
        """Per prediction, words outside the vocabulary included (scored as `<unk>`)."""
        return _perplexity(self.log_prob, self.words + self.sentences)

    @property
    def perplexity_known(self) -> float:
        """Per prediction, words outside the vocabulary left out."""
        return _perplexity(self.log_prob_known, self.words + self.sentences - self.unknown)

    @property
    def unknown_rate(self) -> float:
        """Share of the words that are outside the vocabulary, 0..1."""
        return self.unknown / self.words if self.words else 0.0


def _perplexity(log_prob: float, predictions: int) -> float:
    return math.pow(10.0, -log_prob / predictions) if predictions else math.nan


def encode_sentences(vocabulary: Vocabulary, sentences: Iterable[str]) -> NDArray[np.uint32]:
    """Ids of `<s> word … </s> <s> …`, uint32 [token]; 0 for words outside the vocabulary."""
    words: list[str] = []
    for sentence in sentences:
        if tokens := sentence.split():
            words += ("<s>", *tokens, "</s>")
    return vocabulary.encode(words)


def score_tokens(model: Trie, tokens: NDArray[np.uint32]) -> NDArray[np.float32]:
    """log10 P(token | the tokens before it in its sentence), float32 [token]; 0 at each `<s>`.

    tokens: ids of sentences that begin with `<s>`.
    """
    entries = tokens.astype(np.int64)
    log_prob = model.log_prob_of(1, entries)
    for k in range(2, model.order + 1):
        contexts = np.concatenate([[-1], entries])[:-1]
        contexts[tokens == BEGIN] = -1
        entries = model.find(k, contexts, tokens)
        found = entries >= 0
        log_prob[found] = model.log_prob_of(k, entries[found])
        backed_off = ~found & (contexts >= 0)
        log_prob[backed_off] += model.backoff_of(k - 1, contexts[backed_off])
    log_prob[tokens == BEGIN] = 0.0
    return log_prob


def measure_perplexity(model: Trie, sentences: Iterable[str]) -> Perplexity:
    """Perplexity of a model on normalised sentences, one a string; empty ones are skipped.

    Raises InputError when there is no sentence.
    """
    total = known = 0.0
    words = count = unknown = 0
    block: list[str] = []

    def add() -> None:
        nonlocal total, known, words, count, unknown
        tokens = encode_sentences(model.vocabulary, block)
        block.clear()
        log_prob = score_tokens(model, tokens).astype(np.float64)
        is_unknown = tokens == UNKNOWN
        total += float(log_prob.sum())
        known += float(log_prob[~is_unknown].sum())
        ends = int(np.count_nonzero(tokens == END))
        words += len(tokens) - 2 * ends
        count += ends
        unknown += int(np.count_nonzero(is_unknown))

    for sentence in sentences:
        block.append(sentence)
        if len(block) == _SENTENCES_PER_BLOCK:
            add()
    add()
    if not count:
        raise InputError("No sentence to measure perplexity on: give text that is not empty.")
    return Perplexity(total, known, words, count, unknown)
