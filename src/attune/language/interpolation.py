"""Linear interpolation of back-off models into one, and its weights from held-out text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from attune.errors import InputError

from .backoff_model import LOG_ZERO, BackoffModel, NgramOrder, power10
from .scoring import Trie, encode_sentences, score_tokens
from .vocabulary import BEGIN, UNKNOWN

__all__ = ["fit_weights", "interpolate", "prediction_log_probs", "tune_weights"]

_MAX_ITERATIONS = 500
_CONVERGED = 1e-7


def prediction_log_probs(model: Trie, sentences: Iterable[str]) -> NDArray[np.float32]:
    """log10 P of each word and sentence end, words outside the vocabulary left out."""
    tokens = encode_sentences(model.vocabulary, sentences)
    is_prediction = (tokens != BEGIN) & (tokens != UNKNOWN)
    return np.asarray(score_tokens(model, tokens)[is_prediction])


def fit_weights(log_probs: Sequence[NDArray[np.float32]]) -> NDArray[np.float64]:
    """Mixture weights, float64 [model], by expectation maximisation.

    log_probs: for each held-out text, float32 [model, prediction]. Every text counts the same
    whatever its length: the weights maximise the mean over texts of the mean log probability.
    Raises InputError when there is no prediction.
    """
    texts = [power10(text).T for text in log_probs if text.size]
    if not texts:
        raise InputError("The held-out text is empty: give text to tune the weights on.")
    weights = np.full(texts[0].shape[1], 1.0 / texts[0].shape[1])
    for _ in range(_MAX_ITERATIONS):
        shares = [(text * weights) / (text @ weights)[:, None] for text in texts]
        updated = np.mean([share.mean(axis=0) for share in shares], axis=0)
        moved = float(np.abs(updated - weights).max())
        weights = updated
        if moved < _CONVERGED:
            break
    return weights


def tune_weights(models: Sequence[Trie], texts: Sequence[Iterable[str]]) -> NDArray[np.float64]:
    """Weights of `interpolate` that suit held-out texts, each counting the same; [model].

    Raises InputError when the models' vocabularies differ or there is no text.
    """
    _check_vocabularies(models)
    return fit_weights(
        [
            np.stack([prediction_log_probs(model, sentences) for model in models])
            for sentences in (list(text) for text in texts)
        ]
    )


def interpolate(models: Sequence[BackoffModel], weights: Sequence[float]) -> BackoffModel:
    """One model whose n-grams have the weighted mean of the models' probabilities.

    It has the n-grams of all models and as many orders as the longest; between them it backs off
    with weights that make every context sum to 1. Raises InputError when vocabularies differ or
    the weights are not one positive share for each model.
    """
    _check_vocabularies(models)
    shares = np.asarray(weights, np.float64)
    if shares.shape != (len(models),) or not (shares >= 0).all() or shares.sum() <= 0:
        raise InputError("Give one interpolation weight for each model, none negative.")
    shares = shares / shares.sum()
    parts = [_Part(model) for model in models]
    types = np.uint64(len(models[0].vocabulary))
    orders = [_mixture(parts, shares, models[0].orders[0])]
    for k in range(2, max(model.order for model in models) + 1):
        own_keys = [part.keys(k, types) for part in parts]
        keys = np.unique(np.concatenate(own_keys))
        at = [np.searchsorted(keys, own).astype(np.uint32) for own in own_keys]
        entries = _union(parts, k, keys, at, types)
        for part, positions in zip(parts, at, strict=True):
            part.extend(k, entries, positions)
        orders.append(_mixture(parts, shares, entries))
    return BackoffModel(models[0].vocabulary, tuple(orders)).renormalized()


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
    parts: Sequence[_Part], shares: NDArray[np.float64], entries: NgramOrder
) -> NgramOrder:
    prob = np.zeros(len(entries))
    frequency: NDArray[np.float64] | None = np.zeros(len(entries))
    for part, share in zip(parts, shares, strict=True):
        prob += share * power10(part.log_prob)
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
