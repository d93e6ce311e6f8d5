"""Relative-entropy pruning: drop the n-grams whose loss changes the model least.

A. Stolcke, "Entropy-based Pruning of Backoff Language Models" (1998). The loss of an n-gram (h, w)
is the Kullback-Leibler divergence of the model without it from the model with it, weighted by the
probability of its context h. Chelba et al., "Study on Interaction between Entropy Pruning and
Kneser-Ney Smoothing" (2010), found that the lower orders of a Kneser-Ney model make poor context
probabilities (they count distinct predecessors, not occurrences); so the frequency of the context
in the training text is used where the model still knows it, and the model's own chain of
probabilities only where it does not.

Contexts and suffixes of n-grams that stay are kept as well.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from attune.errors import InputError

from .backoff_model import LOG_ZERO, BackoffModel, NgramOrder, power10
from .vocabulary import BEGIN, END

__all__ = [
    "context_probability",
    "prune_to_counts",
    "prune_to_size",
    "prune_to_threshold",
    "pruning_losses",
]

_LN10 = math.log(10.0)
_LEAST_MASS = 1e-9
_BISECTIONS = 30


def pruning_losses(model: BackoffModel, order: int) -> NDArray[np.float32]:
    """Relative entropy (nats a prediction) lost with each n-gram of an order >= 2, [n-gram]."""
    entries, lower = model.orders[order - 1], model.orders[order - 2]
    contexts = entries.contexts
    prob = power10(entries.log_prob)
    lower_prob = power10(lower.log_prob[entries.suffixes])
    # Per context: what the order below gives to the words that are not listed, and the back-off
    # weight that brings it to what the context leaves for them.
    spread = 1.0 - np.bincount(contexts, lower_prob, len(lower))
    np.maximum(spread, _LEAST_MASS, out=spread)
    weight = power10(lower.backoff)
    left = (weight * spread)[contexts]
    new_weight = (left + prob) / (spread[contexts] + lower_prob)
    loss = prob * (entries.log_prob * _LN10 - np.log(lower_prob * new_weight))
    loss -= left * (np.log(new_weight) - (lower.backoff * _LN10)[contexts])
    loss *= context_probability(model, order - 1)[contexts]
    return loss.astype(np.float32)


def context_probability(model: BackoffModel, order: int) -> NDArray[np.float64]:
    """P(context) for each n-gram of `order`, float64 [n-gram]."""
    frequency = model.orders[order - 1].frequency
    if frequency is not None:
        return frequency.astype(np.float64)
    log_prob = model.orders[0].log_prob.copy()
    # A sentence begins as often as one ends.
    log_prob[BEGIN] = log_prob[END]
    for entries in model.orders[1:order]:
        log_prob = log_prob[entries.contexts] + entries.log_prob
    return power10(log_prob)


def prune_to_threshold(
    model: BackoffModel, threshold: float, *, costs: Sequence[float] | None = None
) -> BackoffModel:
    """Drop n-grams of order >= 2 that lose less than `threshold` nats a prediction.

    costs: per order, a factor on the threshold (what an n-gram of the order costs to store).
    """
    losses = [pruning_losses(model, k) for k in range(2, model.order + 1)]
    return _select(model, _keep(model, losses, _scaled(model, threshold, costs)))


def prune_to_counts(model: BackoffModel, counts: Sequence[int | None]) -> BackoffModel:
    """Keep at most `counts[k - 1]` n-grams of each order k (None: all), those that lose most.

    More stay where n-grams of higher orders need them as context or suffix. `counts[0]` is not
    used: the vocabulary stays whole. Raises InputError when there are not `order` counts.
    """
    if len(counts) != model.order:
        raise InputError(f"{len(counts)} target counts for a model of order {model.order}.")
    keep: list[NDArray[np.bool_]] = []
    for k in range(model.order, 1, -1):
        needed = _needed(model, k, keep[-1] if keep else None)
        wanted, target = np.ones(len(needed), np.bool_), counts[k - 1]
        if target is not None and target < len(needed):
            loss = pruning_losses(model, k)
            loss[needed] = np.inf
            wanted[:] = needed
            wanted[np.argsort(-loss, kind="stable")[:target]] = True
        keep.append(wanted)
    return _select(model, keep[::-1])


def prune_to_size(
    model: BackoffModel,
    max_size: int,
    size_of: Callable[[Sequence[int]], int],
    *,
    costs: Sequence[float] | None = None,
    steps: int = 8,
    progress: Callable[[str], None] | None = None,
) -> BackoffModel:
    """Prune with the smallest threshold whose model has at most `max_size`.

    size_of: size of a model from its n-gram counts (such as `trie_file_size`).
    costs: as for `prune_to_threshold`.
    steps: losses assume that nothing else goes; so the size shrinks in this many equal ratios,
    with the losses measured anew in between.
    Raises InputError when even the vocabulary alone is larger.
    """
    smallest = size_of((model.counts[0],) + (0,) * (model.order - 1))
    if smallest > max_size:
        raise InputError(
            f"A model of at most {max_size} bytes cannot hold {model.counts[0]} words "
            f"({smallest} bytes): choose a smaller vocabulary."
        )
    for step in range(steps, 0, -1):
        size = size_of(model.counts)
        if size <= max_size:
            break
        target = max_size if step == 1 else int(size * (max_size / size) ** (1.0 / step))
        if progress is not None:
            progress(f"pruning to {target / 1e6:.1f} MB")
        model = _prune_once(model, target, size_of, costs)
    return model


def _prune_once(
    model: BackoffModel,
    max_size: int,
    size_of: Callable[[Sequence[int]], int],
    costs: Sequence[float] | None,
) -> BackoffModel:
    losses = [pruning_losses(model, k) for k in range(2, model.order + 1)]
    low, high = math.log(1e-16), math.log(10.0)
    best = _keep(model, losses, _scaled(model, math.exp(high), costs))
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2.0
        keep = _keep(model, losses, _scaled(model, math.exp(middle), costs))
        size = size_of([model.counts[0], *(int(np.count_nonzero(kept)) for kept in keep)])
        if size <= max_size:
            best, high = keep, middle
            if size > 0.999 * max_size:
                break
        else:
            low = middle
    return _select(model, best)


def _scaled(model: BackoffModel, threshold: float, costs: Sequence[float] | None) -> list[float]:
    """Thresholds of orders 2..N."""
    if costs is not None and len(costs) != model.order:
        raise InputError(f"{len(costs)} costs for a model of order {model.order}.")
    return [threshold * (1.0 if costs is None else costs[k]) for k in range(1, model.order)]


def _keep(
    model: BackoffModel, losses: Sequence[NDArray[np.float32]], thresholds: Sequence[float]
) -> list[NDArray[np.bool_]]:
    """What stays of orders 2..N; losses and thresholds are of orders 2..N."""
    keep: list[NDArray[np.bool_]] = []
    for k in range(model.order, 1, -1):
        wanted = losses[k - 2] >= thresholds[k - 2]
        keep.append(wanted | _needed(model, k, keep[-1] if keep else None))
    return keep[::-1]


def _needed(
    model: BackoffModel, order: int, keep_above: NDArray[np.bool_] | None
) -> NDArray[np.bool_]:
    """N-grams of an order that are contexts or suffixes of those kept one order above."""
    needed = np.zeros(model.counts[order - 1], np.bool_)
    if keep_above is not None:
        above = model.orders[order]
        needed[above.contexts[keep_above]] = True
        needed[above.suffixes[keep_above]] = True
    return needed


def _select(model: BackoffModel, keep: Sequence[NDArray[np.bool_]]) -> BackoffModel:
    """The model with the n-grams of orders 2..N marked in `keep`, refitted and normalised."""
    orders = _handed_down(model, keep)
    lower_ids: NDArray[np.uint32] | None = None
    for k, kept in enumerate(keep, start=1):
        orders[k] = orders[k].select(kept, lower_ids)
        lower_ids = np.cumsum(kept, dtype=np.uint32) - np.uint32(1)
    return BackoffModel(model.vocabulary, tuple(orders)).renormalized()


def _handed_down(model: BackoffModel, keep: Sequence[NDArray[np.bool_]]) -> list[NgramOrder]:
    """The orders with probabilities raised where n-grams one order above are dropped.

    A Kneser-Ney model's lower orders are made for words that the higher orders do not list. What
    is dropped there must be foretold here: the lower probabilities that minimise the divergence of
    the pruned model from the whole one are (to first order, before normalisation)

        P(w|h') + sum over dropped (v h', w) of f(v h') (P(w|v h') - backoff(v h') P(w|h'))
                  / (what backs off to h', less what backs off where (v h', w) stays)

    with f the probability of a context. Siivola et al., "On Growing and Pruning Kneser-Ney Smoothed
    N-Gram Models" (2007), do the same with counts.
    """
    orders = list(model.orders)
    for k in range(model.order, 1, -1):
        entries, lower, kept = orders[k - 1], orders[k - 2], keep[k - 2]
        of_context = context_probability(model, k - 1)
        backing = of_context * power10(lower.backoff)
        prob, lower_prob = power10(entries.log_prob), power10(lower.log_prob)
        excess = of_context[entries.contexts] * prob
        excess -= backing[entries.contexts] * lower_prob[entries.suffixes]
        excess[kept] = 0.0
        gained = np.bincount(entries.suffixes, excess, len(lower))
        stays = np.bincount(entries.suffixes[kept], backing[entries.contexts[kept]], len(lower))
        # Per context of the order below: what backs off to it, from contexts with a word more in
        # front that the model lists, and from the others, which have nothing of their own.
        if k == 2:
            to_lower = np.array([backing.sum() - backing[END]])
        else:
            below = context_probability(model, k - 2)
            to_lower = below + np.bincount(lower.suffixes, backing - of_context, len(below))
        share = to_lower[lower.contexts] - stays
        np.maximum(share, _LEAST_MASS, out=share)
        raised = np.maximum(gained, 0.0) / share
        # No more than its context can give.
        total = 1.0 + np.bincount(lower.contexts, raised, len(to_lower))
        changed = np.log10(lower_prob + raised) - np.log10(total[lower.contexts])
        is_changed = (raised > 0) | (total[lower.contexts] > 1.0)
        log_prob = np.where(is_changed, np.maximum(changed, LOG_ZERO), lower.log_prob)
        orders[k - 2] = replace(lower, log_prob=log_prob.astype(np.float32))
    return orders
