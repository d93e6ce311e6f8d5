"""A back-off n-gram model in memory: the form that estimation, pruning and interpolation share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from attune.errors import InputError

from .vocabulary import Vocabulary

__all__ = [
    "LOG_ZERO",
    "BackoffModel",
    "NgramOrder",
    "backoff_weights",
    "child_offsets",
    "find_children",
    "link_suffixes",
    "power10",
]

_LEAST_MASS = 1e-9

LOG_ZERO = np.float32(-99.0)
"""log10 of "never": the probability of `<s>`, and of anything that underflows."""


@dataclass(frozen=True)
class NgramOrder:
    """The n-grams of one order, sorted by context, then by last word; every array is [n-gram]."""

    words: NDArray[np.uint32]
    """Last word."""
    contexts: NDArray[np.uint32]
    """Index of all but the last word in the order below (0 for order 1)."""
    suffixes: NDArray[np.uint32]
    """Index of all but the first word in the order below (0 for order 1)."""
    log_prob: NDArray[np.float32]
    """log10 P(last word | the words before it)."""
    backoff: NDArray[np.float32]
    """log10 of the back-off weight of the n-gram as a context (0 in the highest order)."""
    frequency: NDArray[np.float32] | None = None
    """Share of the training text's predictions made after this n-gram, where it is known."""

    def __len__(self) -> int:
        return len(self.words)

    def select(self, keep: NDArray[np.bool_], lower_ids: NDArray[np.uint32] | None) -> NgramOrder:
        """The entries marked in `keep`; `lower_ids` are the new indices of the order below."""

        def moved(indices: NDArray[np.uint32]) -> NDArray[np.uint32]:
            return indices[keep] if lower_ids is None else lower_ids[indices[keep]]

        return NgramOrder(
            words=self.words[keep],
            contexts=moved(self.contexts),
            suffixes=moved(self.suffixes),
            log_prob=self.log_prob[keep],
            backoff=self.backoff[keep],
            frequency=None if self.frequency is None else self.frequency[keep],
        )


@dataclass(frozen=True)
class BackoffModel:
    """P(w | h): the entry (h, w) if there is one, else backoff(h) × P(w | h less its first word).

    Closed both ways: the context and the suffix of every n-gram are n-grams of the model. Entry i
    of order 1 is the word with id i.
    """

    vocabulary: Vocabulary
    orders: tuple[NgramOrder, ...]

    @property
    def order(self) -> int:
        """Words in the longest n-grams."""
        return len(self.orders)

    @property
    def counts(self) -> tuple[int, ...]:
        """Number of n-grams of each order."""
        return tuple(len(order) for order in self.orders)

    def find(
        self, order: int, contexts: NDArray[np.int64], words: NDArray[np.uint32]
    ) -> NDArray[np.int64]:
        """Entries of `order` with these contexts (entries one order below) and last words.

        int64 [query]; -1 where there is none, and where the context is -1.
        """
        entries = self.orders[order - 1]
        offsets = child_offsets(entries.contexts, len(self.orders[order - 2]))
        return find_children(offsets, lambda at: entries.words[at], contexts, words)

    def log_prob_of(self, order: int, entries: NDArray[np.int64]) -> NDArray[np.float32]:
        """log10 probabilities, float32 [entry]."""
        return self.orders[order - 1].log_prob[entries]

    def backoff_of(self, order: int, entries: NDArray[np.int64]) -> NDArray[np.float32]:
        """log10 back-off weights, float32 [entry]."""
        return self.orders[order - 1].backoff[entries]

    def renormalized(self) -> BackoffModel:
        """The model with back-off weights that make the probabilities of each context sum to 1."""
        orders = list(self.orders)
        for k in range(1, len(orders)):
            weights = backoff_weights(orders[k], orders[k - 1].log_prob, len(orders[k - 1]))
            orders[k - 1] = replace(orders[k - 1], backoff=weights)
        return BackoffModel(self.vocabulary, tuple(orders))


def child_offsets(contexts: NDArray[np.uint32], n_contexts: int) -> NDArray[np.int64]:
    """Where the children of each context begin in the order above, int64 [n_contexts + 1]."""
    offsets = np.zeros(n_contexts + 1, np.int64)
    np.cumsum(np.bincount(contexts, minlength=n_contexts), out=offsets[1:])
    return offsets


def find_children(
    offsets: NDArray[np.integer],
    words_at: Callable[[NDArray[np.int64]], NDArray[np.uint32]],
    contexts: NDArray[np.int64],
    words: NDArray[np.uint32],
) -> NDArray[np.int64]:
    """Look up (context, word) pairs by bisecting all of them in lock step; int64 [query], -1: none.

    `words_at` gives the last words of entries; `contexts` may hold -1 (found nowhere).
    """
    known = np.flatnonzero(contexts >= 0)
    low, end = np.zeros((2, len(contexts)), np.int64)
    low[known] = offsets[contexts[known]]
    end[known] = offsets[contexts[known] + 1]
    high = end.copy()
    active = np.flatnonzero(low < high)
    while len(active):
        middle = (low[active] + high[active]) >> 1
        below = words_at(middle) < words[active]
        low[active[below]] = middle[below] + 1
        high[active[~below]] = middle[~below]
        active = active[low[active] < high[active]]
    found = np.flatnonzero(low < end)
    hit = found[words_at(low[found]) == words[found]]
    entries = np.full(len(low), -1, np.int64)
    entries[hit] = low[hit]
    return entries


def backoff_weights(
    order: NgramOrder, lower_log_prob: NDArray[np.float32], n_contexts: int
) -> NDArray[np.float32]:
    """log10 back-off weights, float32 [context], that leave each context exactly what is unused.

    A context keeps (1 - sum of its n-grams' probabilities) for all other words, which the order
    below gives (1 - sum of the same words' lower probabilities).
    """
    unused = 1.0 - np.bincount(order.contexts, power10(order.log_prob), n_contexts)
    lower = 1.0 - np.bincount(order.contexts, power10(lower_log_prob[order.suffixes]), n_contexts)
    # Both go to zero together when a context has been seen before (nearly) every word.
    weight = np.maximum(unused, _LEAST_MASS) / np.maximum(lower, _LEAST_MASS)
    has_children = np.bincount(order.contexts, minlength=n_contexts) > 0
    return np.where(has_children, np.log10(weight), 0.0).astype(np.float32)


def power10(log_values: NDArray[np.float32]) -> NDArray[np.float64]:
    """10 to the power of log10 values, in double precision."""
    return np.power(10.0, log_values, dtype=np.float64)


def link_suffixes(order: NgramOrder, below: Sequence[NgramOrder]) -> NgramOrder:
    """The same n-grams with `suffixes` found among all orders below.

    Raises InputError when a suffix is missing.
    """
    if len(below) == 1:
        return replace(order, suffixes=order.words)
    lower = below[-1]
    found = find_children(
        child_offsets(lower.contexts, len(below[-2])),
        lambda at: lower.words[at],
        lower.suffixes[order.contexts].astype(np.int64),
        order.words,
    )
    if len(found) and found.min() < 0:
        raise InputError("The n-gram model is damaged: the suffix of an n-gram is missing.")
    return replace(order, suffixes=found.astype(np.uint32))
