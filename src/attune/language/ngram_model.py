"""Reading an n-gram file in place, without loading it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from attune.errors import InputError

from .backoff_model import BackoffModel, NgramOrder, find_children, link_suffixes
from .scoring import Perplexity, encode_sentences, measure_perplexity, score_tokens
from .trie_file import TrieLayout, read_layout
from .vocabulary import SPECIAL_WORDS, Vocabulary

__all__ = ["NgramModel"]


class NgramModel:
    """A language model in a memory-mapped `.ngram` file; immutable and shared by threads."""

    def __init__(self, path: str | Path, data: NDArray[np.uint8]) -> None:
        """Take the bytes of a file; `open` is the usual way."""
        self.path = Path(path)
        self._data = data
        self._layout = read_layout(data, path)
        self._orders = [
            _StoredOrder(data, self._layout, k) for k in range(1, len(self._layout.counts) + 1)
        ]
        for k, above in enumerate(self._orders[1:], start=1):
            child = self._orders[k - 1].child
            if child[0] != 0 or child[-1] != len(above.prob):
                raise InputError(f"{path}: the n-gram file is damaged (order {k}); copy it again.")

    @classmethod
    def open(cls, path: str | Path) -> NgramModel:
        """Map a file. Raises InputError when it is missing, no n-gram file or cut short."""
        try:
            data = np.memmap(path, np.uint8, mode="r")
        except (OSError, ValueError) as error:
            raise InputError(f"{path}: cannot be read as an n-gram file ({error}).") from error
        return cls(path, data)

    @property
    def order(self) -> int:
        """Words in the longest n-grams."""
        return len(self._orders)

    @property
    def counts(self) -> tuple[int, ...]:
        """Number of n-grams of each order."""
        return self._layout.counts

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The words of the model, read from the file at the first use."""
        (at, length), (blob_at, blob_length) = self._layout.sections[:2]
        offsets = self._data[at : at + length].view("<u4").tolist()
        blob = self._data[blob_at : blob_at + blob_length].tobytes()
        try:
            words = [blob[begin:end].decode() for begin, end in pairwise(offsets)]
        except UnicodeDecodeError as error:
            raise InputError(f"{self.path}: the vocabulary is damaged; copy it again.") from error
        if tuple(words[:3]) != SPECIAL_WORDS:
            raise InputError(f"{self.path}: the vocabulary is damaged; copy it again.")
        return Vocabulary.from_sorted(words)

    def find(
        self, order: int, contexts: NDArray[np.int64], words: NDArray[np.uint32]
    ) -> NDArray[np.int64]:
        """Entries of `order` >= 2 with these contexts and last words, int64 [query]; -1: none."""
        offsets = self._orders[order - 2].child
        return find_children(offsets, self._orders[order - 1].words_at, contexts, words)

    def entries(self, order: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
        """All n-grams of `order`: their contexts, which are entries of the order below (0 for the
        first order), and their last words; both uint32 [n-gram]."""
        if order == 1:
            words = np.arange(self.counts[0], dtype=np.uint32)
            return np.zeros_like(words), words
        offsets = self._orders[order - 2].child.astype(np.int64)
        numbers = np.arange(len(offsets) - 1, dtype=np.uint32)
        words = self._orders[order - 1].words_at(np.arange(self.counts[order - 1]))
        return np.repeat(numbers, offsets[1:] - offsets[:-1]), words

    def log_prob_of(self, order: int, entries: NDArray[np.int64]) -> NDArray[np.float32]:
        """log10 probabilities, float32 [entry]."""
        stored = self._orders[order - 1]
        return stored.prob_codebook[stored.prob[entries]]

    def backoff_of(self, order: int, entries: NDArray[np.int64]) -> NDArray[np.float32]:
        """log10 back-off weights, float32 [entry]."""
        stored = self._orders[order - 1]
        return stored.backoff_codebook[stored.backoff[entries]]

    def log_prob(self, context: Sequence[str], word: str) -> float:
        """log10 P(word | context); the context may begin with `<s>`, unknown words are `<unk>`."""
        tokens = self.vocabulary.encode((*context, word))
        # The scorer reads sentences; what stands before an inner <s> is never looked at.
        return float(score_tokens(self, tokens)[-1])

    def score(self, sentence: str) -> float:
        """log10 P of a normalised sentence, its end included."""
        tokens = encode_sentences(self.vocabulary, [sentence])
        return float(score_tokens(self, tokens).sum(dtype=np.float64))

    def perplexity(self, lines: Iterable[str]) -> Perplexity:
        """Perplexity on normalised sentences. Raises InputError when there is none."""
        return measure_perplexity(self, lines)

    def to_backoff_model(self) -> BackoffModel:
        """The whole model in memory, to prune, interpolate or write in another format."""
        orders: list[NgramOrder] = []
        for k in range(1, self.order + 1):
            entries = np.arange(self.counts[k - 1])
            is_last = k == self.order
            contexts, words = self.entries(k)
            order = NgramOrder(
                words=words,
                contexts=contexts,
                suffixes=np.zeros(len(entries), np.uint32),
                log_prob=self.log_prob_of(k, entries),
                backoff=np.zeros(len(entries), np.float32)
                if is_last
                else self.backoff_of(k, entries),
            )
            orders.append(order if k == 1 else link_suffixes(order, orders))
        return BackoffModel(self.vocabulary, tuple(orders))


class _StoredOrder:
    """The sections of one order, as views of the file."""

    def __init__(self, data: NDArray[np.uint8], layout: TrieLayout, order: int) -> None:
        raw = [data[at : at + length] for at, length in layout.order_sections(order)]
        self.words = raw[0].reshape(-1, 3)
        self.prob = raw[1]
        self.backoff = raw[2]
        self.child: NDArray[np.uint32] = raw[3].view("<u4")
        self.prob_codebook: NDArray[np.float32] = raw[4].view("<f4")
        self.backoff_codebook: NDArray[np.float32] = raw[5].view("<f4")

    def words_at(self, entries: NDArray[np.int64]) -> NDArray[np.uint32]:
        low, middle, high = self.words[entries].astype(np.uint32).T
        return np.asarray(low | middle << 8 | high << 16, np.uint32)
