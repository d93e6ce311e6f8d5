"""N-gram counts of a text, with each n-gram linked to its context and its suffix.

N-grams of order k are numbered in the order of their sorted keys `context id × types + word`, where
the context is the n-gram of order k - 1 in front of the word. One sort of 64-bit keys an order
replaces the sort of rows of words, and the numbering is that of the forward trie.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attune.errors import InputError

from .encoded_text import EncodedText
from .vocabulary import BEGIN, Vocabulary

__all__ = ["NgramCounts", "OrderCounts", "count_ngrams"]

_MAX_ORDER = 6


@dataclass(frozen=True)
class OrderCounts:
    """All n-grams of one order, sorted by context, then by word; every array is [n-gram]."""

    words: NDArray[np.uint32]
    """Last word."""
    contexts: NDArray[np.uint32]
    """Index of all but the last word in the order below (0 for order 1)."""
    suffixes: NDArray[np.uint32]
    """Index of all but the first word in the order below (0 for order 1)."""
    counts: NDArray[np.uint32]
    """Occurrences."""

    def __len__(self) -> int:
        return len(self.words)


@dataclass(frozen=True)
class NgramCounts:
    """Counts of orders 1..N. Entry i of order 1 is the word with id i."""

    vocabulary: Vocabulary
    orders: tuple[OrderCounts, ...]

    @property
    def events(self) -> int:
        """Predictions in the text: its words and sentence ends."""
        unigrams = self.orders[0].counts
        return int(unigrams.sum(dtype=np.int64) - unigrams[BEGIN])


def count_ngrams(
    text: EncodedText, order: int, *, progress: Callable[[str], None] | None = None
) -> NgramCounts:
    """Count the n-grams of orders 1..`order` (at most 6) that lie within a sentence.

    Memory: about 40 bytes a token while it runs and 16 bytes a distinct n-gram in the result.
    Raises InputError for an empty text or an impossible order.
    """
    if not 1 <= order <= _MAX_ORDER:
        raise InputError(f"Order {order}: give an order from 1 to {_MAX_ORDER}.")
    if not text.sentences:
        raise InputError("The training text is empty: give at least one sentence.")
    tokens, types = text.tokens, np.uint64(len(text.words))
    unigrams = np.bincount(tokens, minlength=len(text.words)).astype(np.uint32)
    none = np.zeros(len(unigrams), np.uint32)
    orders = [OrderCounts(np.arange(len(unigrams), dtype=np.uint32), none, none, unigrams)]
    # ids[i]: the n-gram of the current order that ends at token i, if `inside` says there is one.
    ids, inside = tokens, np.ones(len(tokens), np.bool_)
    for current in range(2, order + 1):
        if progress is not None:
            progress(f"counting {current}-grams")
        inside = np.concatenate([[False], inside[:-1] & (tokens[1:] != BEGIN)])
        keys = ids[:-1][inside[1:]] * types + tokens[inside]
        counts, ids = _count_order(keys, ids[inside], types, inside, last=current == order)
        orders.append(counts)
    return NgramCounts(text.vocabulary, tuple(orders))


def _count_order(
    keys: NDArray[np.uint64],
    suffixes: NDArray[np.uint32],
    types: np.uint64,
    inside: NDArray[np.bool_],
    *,
    last: bool,
) -> tuple[OrderCounts, NDArray[np.uint32]]:
    """Sort keys [occurrence]; return the order's counts and the n-gram id at each token."""
    by_key = np.argsort(keys)
    keys = keys[by_key]
    is_first = np.ones(len(keys), np.bool_)
    np.not_equal(keys[1:], keys[:-1], out=is_first[1:])
    first = np.flatnonzero(is_first)
    distinct = keys[first]
    del keys
    contexts = (distinct // types).astype(np.uint32)
    counts = OrderCounts(
        words=(distinct - contexts * types).astype(np.uint32),
        contexts=contexts,
        suffixes=suffixes[by_key[first]],
        counts=np.diff(first, append=len(is_first)).astype(np.uint32),
    )
    if last:
        return counts, np.zeros(0, np.uint32)
    rank = np.cumsum(is_first, dtype=np.uint32)
    rank -= np.uint32(1)
    occurrence_ids = np.empty(len(rank), np.uint32)
    occurrence_ids[by_key] = rank
    ids = np.zeros(len(inside), np.uint32)
    ids[inside] = occurrence_ids
    return counts, ids
