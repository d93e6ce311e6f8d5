"""Linear interpolation of back-off models into one, and its weights from held-out text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from attune.errors import InputError

from .backoff_model import LOG_ZERO, BackoffModel, NgramOrder, power10
from .context_weights import (
    ContextWeights,
    fit_context_weights,
    fit_weights,
    observe_predictions,
    per_million,
)
from .scoring import Trie, encode_sentences, score_tokens
from .vocabulary import BEGIN, UNKNOWN

__all__ = ["interpolate", "tune_context_weights", "tune_weights"]


def tune_weights(models: Sequence[Trie], texts: Sequence[Iterable[str]]) -> tuple[float, ...]:
    """One weight a model that suits held-out texts, each counting the same.

    Raises InputError when the models' vocabularies differ or there is no text.
    """
    _check_vocabularies(models)
    held_out = [encode_sentences(models[0].vocabulary, text) for text in texts]
    probs = []
    for tokens in held_out:
        counted = (tokens != BEGIN) & (tokens != UNKNOWN)
        probs.append(np.stack([power10(score_tokens(m, tokens)[counted]) for m in models]))
    return tuple(fit_weights(probs).tolist())


def tune_context_weights(
    models: Sequence[BackoffModel], texts: Sequence[Iterable[str]], *, least_share: float = 0.0
) -> ContextWeights:
    """Weights by context that suit held-out texts, each counting the same.

    least_share: see `fit_context_weights`. Raises InputError when the models' vocabularies or
    orders differ, when they do not know their contexts' frequencies, or when there is no text.
    """
    _check_vocabularies(models)
    if len({model.order for model in models}) > 1:
        raise InputError("Models to be mixed by context need the same order.")
    held_out = [list(text) for text in texts]
    observed = [[observe_predictions(m, text) for m in models] for text in held_out]
    return fit_context_weights(observed, least_share=least_share)


def interpolate(
    models: Sequence[BackoffModel], weights: Sequence[float] | ContextWeights
) -> BackoffModel:
    """One model whose n-grams have the weighted mean of the models' probabilities.

    It has the n-grams of all models and as many orders as the longest; between them it backs off
    with weights that make every context sum to 1. Raises InputError when vocabularies differ, when
    the weights are not one positive share for each model, or when weights by context are given for
    models of different order or of unknown frequencies.
    """
    _check_vocabularies(models)
    by_context = weights if isinstance(weights, ContextWeights) else None
    plain = weights.shares if isinstance(weights, ContextWeights) else weights
    shares = np.asarray(plain, np.float64)
    if shares.shape != (len(models),) or not (shares >= 0).all() or shares.sum() <= 0:
        raise InputError("Give one interpolation weight for each model, none negative.")
    shares = shares / shares.sum()
    order = max(model.order for model in models)
    if by_context and (
        len(by_context.scales) != len(models) or len(by_context.inherited) < order - 1
    ):
        raise InputError("Weights by context fit other models: tune them on these models.")
    parts = [_Part(model) for model in models]
    types = np.uint64(len(models[0].vocabulary))
    # Per model, float32 [context]: its weight after each n-gram of the order below.
    after = [np.full(1, share, np.float32) for share in shares]
    orders = [_mixture(parts, shares, after, models[0].orders[0])]
    for k in range(2, order + 1):
        if by_context is None:
            after = [np.full(len(orders[-1]), share, np.float32) for share in shares]
        else:
            after = _weights_after(by_context, parts, after, orders[-1].suffixes, k - 1)
        own_keys = [part.keys(k, types) for part in parts]
        keys = _distinct(np.concatenate(own_keys))
        at = [np.searchsorted(keys, own).astype(np.uint32) for own in own_keys]
        entries = _union(parts, k, keys, at, types)
        for part, positions in zip(parts, at, strict=True):
            part.extend(k, entries, positions)
        orders.append(_mixture(parts, shares, after, entries))
    return BackoffModel(models[0].vocabulary, tuple(orders)).renormalized()


def _weights_after(
    weights: ContextWeights,
    parts: Sequence[_Part],
    shorter: Sequence[NDArray[np.float32]],
    suffixes: NDArray[np.uint32],
    length: int,
) -> list[NDArray[np.float32]]:
    """Weights after the contexts of `length` words, from those after the shorter contexts."""
    scores = [
        np.float32(scale) * per_million(part.frequency)
        + np.float32(weights.inherited[length - 1]) * before[suffixes]
        for part, scale, before in zip(parts, weights.scales, shorter, strict=True)
    ]
    total = np.sum(scores, axis=0)
    for score in scores:
        score /= total
    return scores


def _check_vocabularies(models: Sequence[Trie]) -> None:
    if not models or any(model.vocabulary != models[0].vocabulary for model in models):
        raise InputError("Models to be interpolated need the same vocabulary.")


class _Part:
    """One model seen through the n-grams of the mixture, order by order."""

    def __init__(self, model: BackoffModel) -> None:
        first = model.orders[0]
        self.model = model
        self.mixture_ids = first.words
        """[n-gram of the model] its index in the mixture, in the current order."""
        self.log_prob = first.log_prob
        """[n-gram of the mixture] what the model gives it, backing off where needed."""
        self.backoff = first.backoff
        """[n-gram of the mixture] the model's back-off weight, 0 where it has no such context."""
        self.frequency = first.frequency
        """[n-gram of the mixture] as in NgramOrder."""

    def keys(self, order: int, types: np.uint64) -> NDArray[np.uint64]:
        """Sorted keys `context in the mixture × types + word` of the model's n-grams."""
        if order > self.model.order:
            return np.zeros(0, np.uint64)
        own = self.model.orders[order - 1]
        return self.mixture_ids[own.contexts] * types + own.words

    def extend(self, order: int, mixture: NgramOrder, at: NDArray[np.uint32]) -> None:
        """Go on to the mixture's next order, where the model's n-grams are at `at`."""
        log_prob = self.log_prob[mixture.suffixes] + self.backoff[mixture.contexts]
        backoff = np.zeros(len(mixture), np.float32)
        frequency = None if self.frequency is None else np.zeros(len(mixture), np.float32)
        if order <= self.model.order:
            own = self.model.orders[order - 1]
            log_prob[at] = own.log_prob
            backoff[at] = own.backoff
            if frequency is not None and own.frequency is not None:
                frequency[at] = own.frequency
        self.mixture_ids, self.log_prob = at, log_prob
        self.backoff, self.frequency = backoff, frequency


def _distinct(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Sorted keys without repeats; np.unique hashes and takes twenty times as long."""
    keys.sort()
    is_first = np.ones(len(keys), np.bool_)
    np.not_equal(keys[1:], keys[:-1], out=is_first[1:])
    return keys[is_first]


def _union(
    parts: Sequence[_Part],
    order: int,
    keys: NDArray[np.uint64],
    at: Sequence[NDArray[np.uint32]],
    types: np.uint64,
) -> NgramOrder:
    """The n-grams of all parts, linked, without probabilities."""
    contexts = (keys // types).astype(np.uint32)
    suffixes = np.zeros(len(keys), np.uint32)
    for part, positions in zip(parts, at, strict=True):
        if order <= part.model.order:
            own = part.model.orders[order - 1]
            suffixes[positions] = part.mixture_ids[own.suffixes]
    nothing = np.zeros(len(keys), np.float32)
    words = (keys - contexts * types).astype(np.uint32)
    return NgramOrder(words, contexts, suffixes, nothing, nothing)


def _mixture(
    parts: Sequence[_Part],
    shares: NDArray[np.float64],
    after: Sequence[NDArray[np.float32]],
    entries: NgramOrder,
) -> NgramOrder:
    """The entries with the parts' mean probabilities, frequencies by the plain shares."""
    prob = np.zeros(len(entries))
    frequency: NDArray[np.float64] | None = np.zeros(len(entries))
    for part, share, weight in zip(parts, shares, after, strict=True):
        prob += weight[entries.contexts] * power10(part.log_prob)
        if frequency is None or part.frequency is None:
            frequency = None
        else:
            frequency += share * part.frequency
    return replace(
        entries,
        log_prob=np.maximum(np.log10(prob), LOG_ZERO).astype(np.float32),
        backoff=np.zeros(len(entries), np.float32),
        frequency=None if frequency is None else frequency.astype(np.float32),
    )
