"""Interpolated modified Kneser-Ney estimation, as KenLM's lmplz does it.

Chen and Goodman, "An Empirical Study of Smoothing Techniques for Language Modeling" (1998), with
discounts per order (their equation 26) and counts of orders below the highest replaced by the
number of distinct words in front; Heafield et al., "Scalable Modified Kneser-Ney Language Model
Estimation" (2013) for sentence starts, `<unk>` and pruning.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from attune.errors import InputError

from .backoff_model import LOG_ZERO, BackoffModel, NgramOrder, power10
from .ngram_counts import NgramCounts, OrderCounts
from .vocabulary import BEGIN, UNKNOWN

__all__ = ["FALLBACK_DISCOUNTS", "Discounts", "Estimate", "estimate"]


@dataclass(frozen=True)
class Discounts:
    """What is taken from counts of 1, of 2, and of 3 or more."""

    one: float
    two: float
    three: float

    def of(self, counts: NDArray[np.uint32]) -> NDArray[np.float64]:
        """The discount of each count, float64."""
        return np.array([0.0, self.one, self.two, self.three])[np.minimum(counts, 3)]


FALLBACK_DISCOUNTS = Discounts(0.5, 1.0, 1.5)
"""lmplz's own, for text too small or too artificial for a closed-form estimate."""


@dataclass(frozen=True)
class Estimate:
    """A model and the figures behind it, one entry an order."""

    model: BackoffModel
    discounts: tuple[Discounts, ...]
    fallback_orders: tuple[int, ...]
    """Orders where the closed form failed and the fallback stands in."""
    counts: tuple[int, ...]
    """Distinct n-grams of the text, before pruning."""


def estimate(
    counts: NgramCounts,
    *,
    prune: Sequence[int] = (),
    fallback: Discounts | None = FALLBACK_DISCOUNTS,
    progress: Callable[[str], None] | None = None,
) -> Estimate:
    """Estimate P(word | up to N - 1 words) from counts.

    prune: per order, drop n-grams that occur this often or less (lmplz's `--prune 0 0 1`; the last
    value holds for the remaining orders; the first must be 0, since the vocabulary decides that).
    N-grams with words outside the vocabulary are dropped as by lmplz's `--limit_vocab_file`; the
    probability of those words themselves goes to `<unk>`. Words of the vocabulary that the text
    lacks share the unigrams' discounted mass evenly, as `<unk>` does.
    fallback: discounts for an order whose count statistics allow no estimate; None raises.

    Raises InputError for impossible pruning thresholds, or for such counts without a fallback.
    """
    thresholds = _thresholds(prune, len(counts.orders))
    orders: list[NgramOrder] = []
    discounts: list[Discounts] = []
    fallback_orders: list[int] = []
    keep = np.arange(len(counts.orders[0])) < len(counts.vocabulary)
    for k, order in enumerate(counts.orders, start=1):
        if progress is not None:
            progress(f"estimating {k}-grams")
        adjusted = _adjusted_counts(counts, k)
        closed_form = _closed_form(adjusted)
        if closed_form is None:
            if fallback is None:
                raise InputError(
                    f"The counts of {k}-grams allow no Kneser-Ney discounts (too little or too "
                    "artificial text, or repeated text): give more text, or fallback discounts."
                )
            fallback_orders.append(k)
        discounts.append(closed_form or fallback or FALLBACK_DISCOUNTS)
        if k == 1:
            prob = _unigram_probabilities(adjusted, discounts[-1], int(keep.sum()))
            entries = _entries(order, keep, None, prob, counts.events)
        else:
            kept_below, lower = keep, orders[-1]
            keep = kept_below[order.contexts] & (order.words < len(counts.vocabulary))
            keep &= order.counts > thresholds[k - 1]
            lower_ids = np.cumsum(kept_below, dtype=np.uint32) - np.uint32(1)
            shares = _discounted(order, adjusted, discounts[-1], keep, len(kept_below))
            prob = (
                shares.explicit
                + shares.left[order.contexts[keep]]
                * (power10(lower.log_prob)[lower_ids[order.suffixes[keep]]])
            )
            orders[-1] = replace(lower, backoff=_log10(shares.left[kept_below]))
            entries = _entries(order, keep, lower_ids, prob, counts.events)
        orders.append(entries)
    return Estimate(
        BackoffModel(counts.vocabulary, tuple(orders)),
        tuple(discounts),
        tuple(fallback_orders),
        tuple(len(order) for order in counts.orders),
    )


def _thresholds(prune: Sequence[int], order: int) -> tuple[int, ...]:
    """One threshold an order; the last one given holds for the rest."""
    values = tuple(prune) or (0,)
    padded = values + (values[-1],) * (order - len(values))
    if len(values) > order or min(padded) < 0 or list(padded) != sorted(padded):
        raise InputError(
            f"Pruning thresholds {values}: give at most {order}, not negative, none less than the "
            "one before it."
        )
    if padded[0] and order > 1:
        raise InputError(
            f"Pruning threshold {padded[0]} for single words: use 0 and choose a vocabulary."
        )
    return padded


def _adjusted_counts(counts: NgramCounts, k: int) -> NDArray[np.uint32]:
    """Counts to estimate order k from: the number of distinct words seen in front.

    The highest order, and n-grams that begin with `<s>` (nothing stands in front of those), keep
    their occurrences. `<s>` and `<unk>` themselves count 0.
    """
    order = counts.orders[k - 1]
    adjusted = order.counts.copy()
    if k < len(counts.orders):
        in_front = np.bincount(counts.orders[k].suffixes, minlength=len(order))
        np.copyto(adjusted, in_front.astype(np.uint32), where=in_front > 0)
    if k == 1:
        adjusted[[UNKNOWN, BEGIN]] = 0
    return adjusted


def _closed_form(adjusted: NDArray[np.uint32]) -> Discounts | None:
    """Chen and Goodman's equation 26; None where the counts of counts do not allow it."""
    n = np.bincount(np.minimum(adjusted, 5), minlength=6).astype(float)
    if not n[1:4].all():
        return None
    y = n[1] / (n[1] + 2.0 * n[2])
    amounts = [float(j - (j + 1) * y * n[j + 1] / n[j]) for j in (1, 2, 3)]
    if not all(0.0 <= amount <= j for j, amount in enumerate(amounts, start=1)):
        return None
    return Discounts(*amounts)


def _unigram_probabilities(
    adjusted: NDArray[np.uint32], discounts: Discounts, vocabulary_size: int
) -> NDArray[np.float64]:
    """P(word), float64 [vocabulary]; discounted mass goes evenly to all words but `<s>`."""
    total = float(adjusted.sum(dtype=np.int64))
    known = adjusted[:vocabulary_size]
    taken = discounts.of(known)
    prob = (known - taken + taken.sum() / (vocabulary_size - 1)) / total
    prob[UNKNOWN] += adjusted[vocabulary_size:].sum(dtype=np.int64) / total
    prob[BEGIN] = 0.0
    return np.asarray(prob, np.float64)


@dataclass(frozen=True)
class _Shares:
    explicit: NDArray[np.float64]
    """[kept n-gram] what discounting leaves it."""
    left: NDArray[np.float64]
    """[context] what its n-grams leave to the order below: 1 where it has none."""


def _discounted(
    order: OrderCounts,
    adjusted: NDArray[np.uint32],
    discounts: Discounts,
    keep: NDArray[np.bool_],
    n_contexts: int,
) -> _Shares:
    """Split each context's probability between its kept n-grams and the order below."""
    total = np.bincount(order.contexts, adjusted, n_contexts)
    # A dropped n-gram gives up its whole count.
    taken = np.where(keep, discounts.of(adjusted), adjusted)
    left = np.ones(n_contexts)
    np.divide(np.bincount(order.contexts, taken, n_contexts), total, out=left, where=total > 0)
    explicit = (adjusted[keep] - taken[keep]) / total[order.contexts[keep]]
    return _Shares(explicit, left)


def _entries(
    order: OrderCounts,
    keep: NDArray[np.bool_],
    lower_ids: NDArray[np.uint32] | None,
    prob: NDArray[np.float64],
    events: int,
) -> NgramOrder:
    contexts, suffixes = order.contexts[keep], order.suffixes[keep]
    if lower_ids is not None:
        contexts, suffixes = lower_ids[contexts], lower_ids[suffixes]
    return NgramOrder(
        words=order.words[keep],
        contexts=contexts,
        suffixes=suffixes,
        log_prob=_log10(prob),
        backoff=np.zeros(len(prob), np.float32),
        frequency=(order.counts[keep] / events).astype(np.float32),
    )


def _log10(values: NDArray[np.float64]) -> NDArray[np.float32]:
    with np.errstate(divide="ignore"):
        return np.maximum(np.log10(values), LOG_ZERO).astype(np.float32)
