"""Mixture weights that depend on the context, from where each model has seen it.

A mixture with one weight a model pays that weight at every word: in the middle of a spelled name,
the model of spelled names still gets only its share. Here the weight of a model after context h
grows with how often its text has h (count merging; Bacchiani et al., "MAP adaptation of stochastic
grammars", 2006; Hsu, "Generalized linear interpolation of language models", 2007), smoothed with
the weights after the shorter context h':

    weight_s(h) ~ scale_s × frequency_s(h) + inherited_k × weight_s(h')       k = words in h

Without context, the weights are the plain shares.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attune.errors import InputError

from .backoff_model import BackoffModel, power10
from .scoring import encode_sentences, score_tokens
from .vocabulary import BEGIN, UNKNOWN

__all__ = [
    "ContextWeights",
    "Predictions",
    "fit_context_weights",
    "fit_weights",
    "observe_predictions",
    "per_million",
]

_PER_MILLION = np.float32(1e6)
_EM_ITERATIONS = 500
_EM_CONVERGED = 1e-7
_STEPS = 300
_LEARNING_RATE = 0.1


@dataclass(frozen=True)
class ContextWeights:
    """Weights of the models of a mixture, by context."""

    shares: tuple[float, ...]
    """[model] weight without context; sums to 1."""
    scales: tuple[float, ...]
    """[model] what an occurrence of the context (per million predictions) counts."""
    inherited: tuple[float, ...]
    """[context length - 1] what the weights after the shorter context count."""


@dataclass(frozen=True)
class Predictions:
    """What one model makes of a text's words and sentence ends (unknown words left out)."""

    prob: NDArray[np.float64]
    """[prediction] P(word | context)."""
    frequency: NDArray[np.float64]
    """[context length - 1, prediction] occurrences of the context per million predictions."""


def observe_predictions(model: BackoffModel, sentences: Iterable[str]) -> Predictions:
    """Probabilities and context frequencies that weights are fitted on.

    Raises InputError when the model does not know how frequent its contexts are (only models that
    were estimated or mixed in this process do).
    """
    tokens = encode_sentences(model.vocabulary, sentences)
    counted = (tokens != BEGIN) & (tokens != UNKNOWN)
    frequency = np.zeros((model.order - 1, len(tokens)))
    entries = tokens.astype(np.int64)
    for k in range(1, model.order):
        contexts = np.concatenate([[-1], entries])[:-1]
        contexts[tokens == BEGIN] = -1
        known = contexts >= 0
        frequency[k - 1, known] = per_million(model.orders[k - 1].frequency)[contexts[known]]
        entries = model.find(k + 1, contexts, tokens)
    return Predictions(power10(score_tokens(model, tokens)[counted]), frequency[:, counted])


def per_million(frequency: NDArray[np.float32] | None) -> NDArray[np.float32]:
    """Frequencies of an order's n-grams as occurrences per million predictions, [n-gram]."""
    if frequency is None:
        raise InputError("A model read from a file does not know its contexts' frequencies.")
    return frequency * _PER_MILLION


def fit_weights(
    probabilities: Sequence[NDArray[np.float64]], importance: Sequence[float] | None = None
) -> NDArray[np.float64]:
    """Weights independent of the context, float64 [model], by expectation maximisation.

    probabilities: for each held-out text, float64 [model, prediction]. Every text counts the same
    whatever its length, or by `importance`: the weights maximise the mean over texts of the mean
    log probability. Raises InputError when there is no prediction.
    """
    counts = importance or [1.0] * len(probabilities)
    counts = [count for count, text in zip(counts, probabilities, strict=True) if text.size]
    texts = [text.T for text in probabilities if text.size]
    if not texts:
        raise InputError("The held-out text is empty: give text to tune the weights on.")
    weights = np.full(texts[0].shape[1], 1.0 / texts[0].shape[1])
    for _ in range(_EM_ITERATIONS):
        posteriors = [(text * weights) / (text @ weights)[:, None] for text in texts]
        means = [posterior.mean(axis=0) for posterior in posteriors]
        updated = np.average(means, axis=0, weights=counts)
        moved = float(np.abs(updated - weights).max())
        weights = updated
        if moved < _EM_CONVERGED:
            break
    return weights


def fit_context_weights(
    texts: Sequence[Sequence[Predictions]],
    *,
    importance: Sequence[float] | None = None,
    least_share: float = 0.0,
) -> ContextWeights:
    """Weights that suit held-out texts, each text counting the same.

    texts: for each text, the predictions of each model, all of the same order.
    importance: what each text counts (None: all the same).
    least_share: shares are raised to it where the texts ask for less, so that uses of which no
    held-out text is at hand are not forgotten.
    The shares come from expectation maximisation, the rest from gradient ascent (Adam) on the mean
    over texts of the mean log probability. Raises InputError when there is no prediction.
    """
    probs = [np.stack([part.prob for part in parts]) for parts in texts]
    shares = np.maximum(fit_weights(probs, importance), least_share)
    shares /= shares.sum()
    data = [
        (prob, np.stack([part.frequency for part in parts], axis=1))
        for prob, parts in zip(probs, texts, strict=True)
        if prob.size
    ]
    counts = importance or [1.0] * len(texts)
    counts = [count for count, prob in zip(counts, probs, strict=True) if prob.size]
    n_models, lengths = len(shares), len(data[0][1])
    logs = np.zeros(n_models + lengths)
    mean, square = np.zeros((2, len(logs)))
    for step in range(1, _STEPS + 1):
        gradients = [_gradient(logs, shares, *text) for text in data]
        gradient = np.average(gradients, axis=0, weights=counts)
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.99 * square + 0.01 * gradient**2
        rate = _LEARNING_RATE * (1.0 - step / (_STEPS + 1))
        logs += rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
    return _unpacked(logs, shares)


def _unpacked(logs: NDArray[np.float64], shares: NDArray[np.float64]) -> ContextWeights:
    values = np.exp(logs)
    scales, inherited = values[: len(shares)], values[len(shares) :]
    return ContextWeights(tuple(shares.tolist()), tuple(scales.tolist()), tuple(inherited.tolist()))


def _gradient(
    logs: NDArray[np.float64],
    shares: NDArray[np.float64],
    prob: NDArray[np.float64],
    frequency: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Derivative of a text's mean log probability by the logarithms of scales and inherited.

    prob: [model, prediction]; frequency: [context length - 1, model, prediction].
    """
    weights = _unpacked(logs, shares)
    after = [np.broadcast_to(shares[:, None], prob.shape)]
    totals = []
    for length in range(1, len(frequency) + 1):
        scores = np.asarray(weights.scales)[:, None] * frequency[length - 1]
        scores += weights.inherited[length - 1] * after[-1]
        totals.append(scores.sum(axis=0))
        after.append(scores / totals[-1])
    by_weight = prob / (after[-1] * prob).sum(axis=0) / prob.shape[1]
    gradient = np.zeros(len(logs))
    for length in range(len(frequency), 0, -1):
        by_score = (by_weight - (by_weight * after[length]).sum(axis=0)) / totals[length - 1]
        gradient[: len(shares)] += (by_score * frequency[length - 1]).sum(axis=1)
        gradient[len(shares) + length - 1] = (by_score * after[length - 1]).sum()
        by_weight = weights.inherited[length - 1] * by_score
    return np.asarray(gradient * np.exp(logs))
