"""Search weights and confidence of a bundle, fitted on held-out recordings.

Posteriors are computed once; every setting is then a matter of decoding. Confidence is fitted by
logistic regression (Platt 1999) on whether words and utterances came out right.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from attune.audio import read_audio
from attune.data import Manifest
from attune.decode import Hypothesis
from attune.evaluate import Edit, align_words
from attune.recognize import Calibration, Model, Options
from attune.recognize.calibration import margin_of, utterance_features, word_features
from attune.text import normalize

__all__ = [
    "HeldOut",
    "SettingScore",
    "fit_calibration",
    "hear",
    "search_options",
    "word_errors",
    "write_json",
]

_N_BEST = 5


@dataclass(frozen=True)
class HeldOut:
    """Recordings of one set that the model has heard: log-posteriors and normalised transcripts."""

    name: str
    posteriors: tuple[NDArray[np.float32], ...]
    transcripts: tuple[tuple[str, ...], ...]

    @property
    def words(self) -> int:
        """How many words were said."""
        return sum(map(len, self.transcripts))


@dataclass(frozen=True)
class SettingScore:
    """Word error of each set (in order) with some options, and their mean."""

    options: Options
    errors: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean over the sets, each counting the same."""
        return float(np.mean(self.errors))


def hear(model: Model, manifest: Path, every: int = 1) -> HeldOut:
    """Posteriors of every `every`-th utterance of a manifest, whole-file."""
    rows = list(Manifest(manifest))[::every]
    language = model.bundle.description.language
    return HeldOut(
        manifest.stem,
        tuple(model.posteriors(read_audio(row.path)) for row in rows),
        tuple(tuple(normalize(row.text, language).split()) for row in rows),
    )


def word_errors(model: Model, held_out: HeldOut, options: Options) -> NDArray[np.int64]:
    """Wrong words of each utterance of a set with some options, int64 [utterances]."""

    def errors(posteriors: NDArray[np.float32], reference: tuple[str, ...]) -> int:
        found = model.decode(posteriors, options=options).best(final=True)
        return align_words(reference, [w.text for w in found.words]).counts.errors

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(errors, held_out.posteriors, held_out.transcripts))
    return np.array(found, np.int64)


def word_error(model: Model, held_out: HeldOut, options: Options) -> float:
    """Word error of a set with some options."""
    return int(word_errors(model, held_out, options).sum()) / max(1, held_out.words)


def search_options(
    model: Model,
    held_out: Sequence[HeldOut],
    grid: Sequence[tuple[str, Iterable[float]]],
    report: Callable[[SettingScore], None] = lambda score: None,
) -> SettingScore:
    """Best options by mean word error: one option after the other along `grid`, keeping the best.

    An option may come up several times, to be refined after others were set.
    """

    def score(options: Options) -> SettingScore:
        found = SettingScore(options, tuple(word_error(model, h, options) for h in held_out))
        report(found)
        return found

    best = score(model.options)
    for name, values in grid:
        for value in values:
            if getattr(best.options, name) != value:
                found = score(replace(best.options, **{name: value}))  # type: ignore[arg-type]
                if found.mean < best.mean:
                    best = found
    return best


def symbol_priors(held_out: Sequence[HeldOut]) -> tuple[float, ...]:
    """Mean posterior of each symbol."""
    total = sum(np.exp(p).sum(0) for h in held_out for p in h.posteriors)
    priors = np.asarray(total) / np.sum(total)
    return tuple(float(p) for p in np.maximum(priors, 1e-6).round(8))


def fit_calibration(
    model: Model, held_out: Sequence[HeldOut], options: Options, scales: Sequence[float]
) -> Calibration:
    """Fit word and utterance confidence; the posterior scale is the likeliest of `scales`."""
    found = [
        (reference, model.decode(posteriors, options=options))
        for h in held_out
        for posteriors, reference in zip(h.posteriors, h.transcripts, strict=True)
    ]
    best: tuple[float, Calibration] | None = None
    for scale in scales:
        decoded = [(r, d.n_best(_N_BEST, posterior_scale=scale)) for r, d in found]
        word, loss = _logistic_regression(*_word_examples(decoded))
        calibration = replace(model.calibration, posterior_scale=scale, word=word)
        utterance, _ = _logistic_regression(*_utterance_examples(decoded, calibration))
        calibration = replace(calibration, utterance=utterance)
        if best is None or loss < best[0]:
            best = (loss, calibration)
    assert best is not None
    return best[1]


Decoded = Sequence[tuple[tuple[str, ...], list[Hypothesis]]]
Examples = tuple[NDArray[np.float64], NDArray[np.float64]]


def _word_examples(decoded: Decoded) -> Examples:
    features, right = [], []
    for reference, hypotheses in decoded:
        if not hypotheses:
            continue
        words = hypotheses[0].words
        alignment = align_words(reference, [w.text for w in words])
        outcomes = [c.edit is Edit.CORRECT for c in alignment if c.hypothesis is not None]
        features += [word_features(word) for word in words]
        right += outcomes
    return np.array(features, np.float64).reshape(len(right), -1), np.array(right, np.float64)


def _utterance_examples(decoded: Decoded, calibration: Calibration) -> Examples:
    features, right = [], []
    for reference, hypotheses in decoded:
        if not hypotheses or not hypotheses[0].words:
            continue
        words = hypotheses[0].words
        confidences = [calibration.word_confidence(w) for w in words]
        features.append(utterance_features(confidences, margin_of(hypotheses)))
        right.append(tuple(w.text for w in words) == reference)
    return np.array(features, np.float64).reshape(len(right), -1), np.array(right, np.float64)


def _logistic_regression(
    features: NDArray[np.float64], right: NDArray[np.float64]
) -> tuple[tuple[float, ...], float]:
    """Weights (bias first) by Newton's method with a little ridge, and the mean log loss."""
    x = np.column_stack([np.ones(len(features)), features])
    weights = np.zeros(x.shape[1])
    ridge = 1e-3 * len(x) * np.eye(x.shape[1])
    ridge[0, 0] = 1e-6
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        gradient = x.T @ (p - right) + ridge @ weights
        step = np.linalg.solve(x.T @ (x * (p * (1 - p))[:, None]) + ridge, gradient)
        weights -= step
        if np.abs(step).max() < 1e-8:
            break
    p = np.clip(1 / (1 + np.exp(-np.clip(x @ weights, -30, 30))), 1e-9, 1 - 1e-9)
    loss = -float(np.mean(right * np.log(p) + (1 - right) * np.log(1 - p)))
    return tuple(float(w) for w in weights.round(6)), loss


def write_json(calibration: Calibration) -> bytes:
    """The calibration as a bundle's part."""
    return (json.dumps(asdict(calibration), indent=1) + "\n").encode()
