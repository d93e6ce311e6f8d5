"""Building a back-off model from n-grams given as rows of words, in any order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attune.errors import InputError

from .backoff_model import LOG_ZERO, BackoffModel, NgramOrder, child_offsets, find_children
from .vocabulary import Vocabulary

__all__ = ["NgramRows", "build_model"]


@dataclass(frozen=True)
class NgramRows:
    """N-grams of one order, unsorted."""

    words: NDArray[np.uint32]
    """[n-gram, position] word ids."""
    log_prob: NDArray[np.float32]
    """[n-gram] log10; NaN: whatever backing off gives."""
    backoff: NDArray[np.float32]
    """[n-gram] log10."""


def build_model(vocabulary: Vocabulary, rows: Sequence[NgramRows]) -> BackoffModel:
    """Sort and link the n-grams of orders 1..N; add contexts and suffixes that are missing.

    Words without a unigram get log10 P = -99. Raises InputError for an n-gram given twice.
    """
    closed = list(rows)
    for k in range(len(closed) - 1, 1, -1):
        longer = closed[k].words
        needed = np.concatenate([longer[:, :-1], longer[:, 1:]])
        closed[k - 1] = _with_missing(closed[k - 1], needed, len(vocabulary))
    orders = [_unigrams(closed[0], len(vocabulary))]
    for row in closed[1:]:
        orders.append(_linked(row, orders))
    return BackoffModel(vocabulary, tuple(orders))


def _with_missing(rows: NgramRows, needed: NDArray[np.uint32], vocabulary_size: int) -> NgramRows:
    """The rows and those of `needed` [n-gram, position] that are not among them."""
    every = np.concatenate([rows.words, needed])
    group = every[:, 0].astype(np.uint64)
    for column in every.T[1:]:
        keys = group * np.uint64(vocabulary_size) + column
        group = np.unique(keys, return_inverse=True)[1].astype(np.uint64)
    _, first = np.unique(group, return_index=True)
    missing = every[first[first >= len(rows.words)]]
    return NgramRows(
        np.concatenate([rows.words, missing]),
        np.append(rows.log_prob, np.full(len(missing), np.nan, np.float32)),
        np.append(rows.backoff, np.zeros(len(missing), np.float32)),
    )


def _unigrams(rows: NgramRows, vocabulary_size: int) -> NgramOrder:
    words = rows.words[:, 0]
    if len(np.unique(words)) < len(words):
        raise InputError("A word has two entries: keep one of them.")
    log_prob = np.full(vocabulary_size, LOG_ZERO, np.float32)
    backoff = np.zeros(vocabulary_size, np.float32)
    log_prob[words], backoff[words] = rows.log_prob, rows.backoff
    none = np.zeros(vocabulary_size, np.uint32)
    return NgramOrder(np.arange(vocabulary_size, dtype=np.uint32), none, none, log_prob, backoff)


def _linked(rows: NgramRows, orders: Sequence[NgramOrder]) -> NgramOrder:
    """The next order after `orders`, sorted and linked."""
    contexts = _entries_of(rows.words[:, :-1], orders)
    suffixes = _entries_of(rows.words[:, 1:], orders)
    words = rows.words[:, -1]
    by_entry = np.lexsort((words, contexts))
    contexts, words = contexts[by_entry], words[by_entry]
    if ((contexts[1:] == contexts[:-1]) & (words[1:] == words[:-1])).any():
        raise InputError(f"A {rows.words.shape[1]}-gram has two entries: keep one of them.")
    suffixes = suffixes[by_entry]
    log_prob, below = rows.log_prob[by_entry], orders[-1]
    backed_off = below.backoff[contexts] + below.log_prob[suffixes]
    return NgramOrder(
        words=words,
        contexts=contexts.astype(np.uint32),
        suffixes=suffixes.astype(np.uint32),
        log_prob=np.where(np.isnan(log_prob), backed_off, log_prob),
        backoff=rows.backoff[by_entry],
    )


def _entries_of(words: NDArray[np.uint32], orders: Sequence[NgramOrder]) -> NDArray[np.int64]:
    """Index of each row of words [n-gram, position] in the last of `orders`, int64 [n-gram]."""
    at = words[:, 0].astype(np.int64)
    for k in range(1, words.shape[1]):
        entries = orders[k]
        offsets = child_offsets(entries.contexts, len(orders[k - 1]))
        at = find_children(offsets, entries.words.__getitem__, at, words[:, k])
    return at
