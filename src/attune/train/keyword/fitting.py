"""Teaching a phrase's classifier: logistic regression on candidates, added to the path score.

Synthesised speech is not how people speak, so the classifier only corrects the path score: a fixed
share of its log odds is added to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attune.keyword.path_features import PATH_FEATURES
from attune.keyword.second_pass import PhraseClassifier
from attune.train.keyword.examples import Examples

__all__ = ["Axes", "Weighted", "fit_classifier", "path_only", "score_examples"]

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

_SHARE = 0.1  # of the log odds that is added: measured on recordings of people
_PENALTY, _HIDDEN_PENALTY = 1.0, 100.0
_TOTAL = 1000.0  # the weight of all examples, half of it on those where the phrase was said
_ROUNDS, _LEAST_STEP, _LEAST_GAIN = 25, 1e-3, 1e-6
_BIAS_PENALTY = 1e-6
_LEAST_SPREAD = 1e-3


@dataclass(frozen=True)
class Axes:
    """The axes that hidden activations of examples are on: `mean` float32 [D], `columns` float32
    [D, C], orthonormal; C is 0 where activations are not used."""

    mean: Floats
    columns: Floats


@dataclass(frozen=True)
class Weighted:
    """Examples with hidden activations on axes, and what they weigh together, against others of the
    same truth."""

    examples: Examples
    weight: float = 1.0


def path_only(gate: float, places: NDArray[np.int64]) -> PhraseClassifier:
    """A classifier that leaves the path score as it is."""
    count = places.shape[1]
    path = np.zeros(len(PATH_FEATURES), np.float32)
    path[0] = 1.0
    nothing = np.zeros((count, 2), np.float32)
    return PhraseClassifier(
        gate, places, path, nothing, np.zeros((count, 0), np.float32), nothing, 0.0
    )


def fit_classifier(
    material: Sequence[Weighted],
    gate: float,
    places: NDArray[np.int64],
    axes: Axes,
    seed: int,
    draws: int = 4,
) -> PhraseClassifier:
    """The classifier that tells the examples of `material` apart; it holds some of both truths.

    The mean of several, each taught by another of `draws` of the sources (bagging, Breiman 1996),
    so that no voice decides alone.
    """
    every = [one.examples for one in material]
    table = _Table.of(every)
    rows = np.concatenate([table.standardised(one) for one in every])
    said = np.concatenate([one.said for one in every])
    weights = _weights(material)
    names, member = np.unique(np.concatenate([one.sources for one in every]), return_inverse=True)
    random = np.random.default_rng([seed, 0xF17])
    found = [np.zeros(rows.shape[1] + 1)]
    for _ in range(draws):
        drawn = weights * random.poisson(1.0, len(names))[member]
        found.append(_logistic(rows, said, drawn, table.penalties, found[-1]))
    return table.classifier(_SHARE * np.mean(found[1:], axis=0), gate, places, axes)


def score_examples(classifier: PhraseClassifier, examples: Examples, axes: Axes) -> Doubles:
    """What the spotter would score the examples, float64 [n]; their hidden activations are on
    `axes`."""
    total = classifier.bias + examples.path @ classifier.path.astype(np.float64)
    phones = np.einsum("npk,pk->np", examples.phones, classifier.phones)
    total += np.where(examples.present, phones, classifier.missing[:, 0]).sum(axis=1)
    hidden = np.broadcast_to(classifier.missing[:, 1], examples.clear.shape)
    if classifier.hidden.shape[1]:
        on_axes = classifier.hidden @ axes.columns
        heard = np.einsum("npc,pc->np", examples.hidden.astype(np.float32), on_axes)
        hidden = np.where(examples.clear, heard + classifier.hidden @ axes.mean, hidden)
    return np.asarray(total + hidden.sum(axis=1), np.float64)


@dataclass(frozen=True)
class _Table:
    """Examples as rows of numbers: the path's features, then each place's phone, then its hidden
    activations; what is not known is the mean, 0."""

    mean: Doubles
    spread: Doubles
    places: int
    width: int

    @classmethod
    def of(cls, every: Sequence[Examples]) -> _Table:
        """The table with the mean and spread of what is known in `every`."""
        places, width = every[0].hidden.shape[1:]
        values = np.concatenate([_flat(one) for one in every])
        known = np.concatenate([_known(one) for one in every])
        count = np.maximum(known.sum(axis=0), 1)
        mean = (values * known).sum(axis=0) / count
        spread = np.sqrt((np.square(values - mean) * known).sum(axis=0) / count)
        return cls(mean, np.maximum(spread, _LEAST_SPREAD), places, width)

    @property
    def penalties(self) -> Doubles:
        """The ridge penalty of each column."""
        plain = len(PATH_FEATURES) + 2 * self.places
        return np.where(np.arange(len(self.mean)) < plain, _PENALTY, _HIDDEN_PENALTY)

    def standardised(self, examples: Examples) -> Doubles:
        """The rows of examples, float64 [n, columns]."""
        scaled: Doubles = (_flat(examples) - self.mean) / self.spread * _known(examples)
        return scaled

    def classifier(
        self, found: Doubles, gate: float, places: NDArray[np.int64], axes: Axes
    ) -> PhraseClassifier:
        """The classifier of weights and bias [columns + 1] on standardised rows."""
        weights, bias = found[:-1] / self.spread, float(found[-1])
        centre = weights * self.mean
        first, second = len(PATH_FEATURES), len(PATH_FEATURES) + 2 * self.places
        path = weights[:first].copy()
        path[0] += 1.0
        phones = weights[first:second].reshape(self.places, 2)
        missing = np.zeros((self.places, 2))
        missing[:, 0] = centre[first:second].reshape(self.places, 2).sum(axis=1)
        hidden = np.zeros((self.places, 0), np.float32)
        if self.width:
            on_axes = weights[second:].reshape(self.places, self.width)
            hidden = (on_axes @ axes.columns.T).astype(np.float32)
            missing[:, 1] = centre[second:].reshape(self.places, self.width).sum(axis=1)
            missing[:, 1] += hidden @ axes.mean
        bias -= float(centre[:first].sum() + missing.sum())
        return PhraseClassifier(
            gate,
            places,
            path.astype(np.float32),
            phones.astype(np.float32),
            hidden,
            missing.astype(np.float32),
            bias,
        )


def _flat(examples: Examples) -> Doubles:
    count = len(examples)
    return np.concatenate(
        [
            examples.path,
            examples.phones.reshape(count, -1),
            examples.hidden.reshape(count, -1).astype(np.float32),
        ],
        axis=1,
        dtype=np.float64,
    )


def _known(examples: Examples) -> NDArray[np.bool_]:
    return np.concatenate(
        [
            np.ones(examples.path.shape, np.bool_),
            np.repeat(examples.present, 2, axis=1),
            np.repeat(examples.clear, examples.hidden.shape[2], axis=1),
        ],
        axis=1,
    )


def _weights(material: Sequence[Weighted]) -> Doubles:
    """The weight of each example: its set's share of its truth's half, divided among them."""
    parts = [np.zeros(len(one.examples)) for one in material]
    for truth in (True, False):
        members = [one.examples.said == truth for one in material]
        shares = [one.weight * of.any() for one, of in zip(material, members, strict=True)]
        for part, of, share in zip(parts, members, shares, strict=True):
            if share:
                part[of] = _TOTAL / 2 * share / sum(shares) / of.sum()
    return np.concatenate(parts)


def _logistic(
    rows: Doubles,
    said: NDArray[np.bool_],
    weights: Doubles,
    penalties: Doubles,
    start: Doubles,
) -> Doubles:
    """Weights and bias of the least logistic loss with a ridge penalty (bias without), from
    `start`: Newton's method, with steps halved until the loss falls."""
    table = np.column_stack([rows, np.ones(len(rows))])
    ridge = np.append(penalties, _BIAS_PENALTY)
    signs = np.where(said, 1.0, -1.0)

    def loss(value: Doubles) -> float:
        return float(weights @ np.logaddexp(0.0, -signs * (table @ value)) + 0.5 * ridge @ value**2)

    value, before = start, loss(start)
    for _ in range(_ROUNDS):
        chance = 1.0 / (1.0 + np.exp(-np.clip(table @ value, -50.0, 50.0)))
        gradient = table.T @ (weights * (chance - said)) + ridge * value
        curved = (table * (weights * chance * (1.0 - chance))[:, None]).T @ table
        step = np.linalg.solve(curved + np.diag(ridge), gradient)
        size = 1.0
        while loss(value - size * step) > before and size > _LEAST_STEP:
            size /= 2
        value = value - size * step
        gain, before = before - loss(value), loss(value)
        if gain < _LEAST_GAIN * _TOTAL:
            break
    return value
