"""Training of the display model: capitalisation and punctuation of spoken words, in NumPy.

Three parts are learnt: the written forms of words (counted), the tagger of marks and cases
(Adagrad for embeddings and hashed pairs, Adam for the dense layers), and the question classifier
(Adagrad). Text sources are streamed; one thread and about 1 GB suffice.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from attune.errors import InputError
from attune.text.display_model import (
    END,
    PAD,
    WINDOW,
    DisplayModel,
    WordTable,
    question_features,
    wide_features,
)
from attune.train.display_text import (
    CASE_NOT_SAID,
    Label,
    LabelledText,
    pack,
    read_labelled,
    usual_forms,
    written_forms,
)

__all__ = ["DisplayConfig", "DisplayScore", "score_display", "train_display"]

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Progress = Callable[[str, float], None]
_WIDTH = 2 * WINDOW + 1
_MARKS = 3
_CASES = 4
_CASE_ROWS = 5


@dataclass(frozen=True)
class DisplayConfig:
    """What to train from and how.

    `sources`: .xz texts, one sentence or utterance a line with its own case and punctuation, each
    with the share of its lines to use. `out`: the model file. `words`: embeddings of their own;
    `forms`: written forms kept; `buckets`: hashed pairs, `question_buckets`: question features.
    """

    sources: tuple[tuple[Path, float], ...]
    out: Path
    words: int = 20_000
    forms: int = 60_000
    dimension: int = 32
    hidden: int = 128
    buckets: int = 1 << 17
    question_buckets: int = 1 << 15
    epochs: int = 3
    question_epochs: int = 3
    batch: int = 4096
    rate: float = 0.06
    dense_rate: float = 2e-3
    seed: int = 1
    limit: int | None = None


@dataclass(frozen=True)
class DisplayScore:
    """F1 of each mark and of capitalised words (not sentence-initial), on `words` words."""

    words: int
    comma: float
    end: float
    question: float
    capital: float

    def __str__(self) -> str:
        return (
            f"{self.words} words: F1 comma {self.comma:.3f}, sentence end {self.end:.3f}, "
            f"question {self.question:.3f}, capitalised word {self.capital:.3f}"
        )


class _Adagrad:
    """Rows of a table that are each updated rarely (Duchi et al. 2011)."""

    def __init__(self, table: Floats, rate: float) -> None:
        self.table = table
        self.rate = rate
        self._squares = np.full(len(table), 1e-6, dtype=np.float32)

    def update(self, rows: Ints, gradients: Floats, scale: float) -> None:
        """Descend along the summed `gradients` [n, column] of each of `rows` [n]."""
        order = np.argsort(rows, kind="stable")
        rows = rows[order]
        first = np.flatnonzero(np.concatenate(([True], rows[1:] != rows[:-1])))
        sums = np.add.reduceat(gradients[order], first, axis=0)
        rows = rows[first]
        self._squares[rows] += (sums**2).mean(axis=1)
        step = scale * self.rate / np.sqrt(self._squares[rows])
        self.table[rows] -= step[:, None] * sums


class _Adam:
    """Dense parameters (Kingma and Ba 2015)."""

    def __init__(self, parameters: dict[str, Floats], rate: float) -> None:
        self.parameters = parameters
        self.rate = rate
        self._mean = {name: np.zeros_like(value) for name, value in parameters.items()}
        self._square = {name: np.zeros_like(value) for name, value in parameters.items()}
        self._steps = 0

    def update(self, gradients: dict[str, Floats], scale: float) -> None:
        self._steps += 1
        correction = np.sqrt(1 - 0.999**self._steps) / (1 - 0.9**self._steps)
        for name, gradient in gradients.items():
            mean, square = self._mean[name], self._square[name]
            mean += 0.1 * (gradient - mean)
            square += 0.001 * (gradient**2 - square)
            step = np.float32(scale * self.rate * correction)
            self.parameters[name] -= step * mean / (np.sqrt(square) + 1e-8)


def _initial(config: DisplayConfig, rows: int) -> dict[str, Floats]:
    random = np.random.default_rng(config.seed)
    inputs = _WIDTH * (config.dimension + _CASE_ROWS)

    def normal(*shape: int, scale: float) -> Floats:
        return (random.standard_normal(shape) * scale).astype(np.float32)

    outputs = _MARKS + _CASES
    return {
        "embeddings": normal(rows, config.dimension, scale=0.1),
        "case_embeddings": np.eye(_CASE_ROWS, dtype=np.float32),
        "hidden": normal(inputs, config.hidden, scale=inputs**-0.5),
        "hidden_bias": np.zeros(config.hidden, dtype=np.float32),
        "output": normal(config.hidden, outputs, scale=config.hidden**-0.5),
        "output_bias": np.zeros(outputs, dtype=np.float32),
        "wide": np.zeros((config.buckets, outputs), dtype=np.float32),
    }


def _softmax_gradient(scores: Floats, labels: NDArray[np.int8]) -> tuple[Floats, float]:
    """d(cross entropy)/d(scores) and the loss, both zero where the label is CASE_NOT_SAID."""
    known = labels != CASE_NOT_SAID
    target = np.where(known, labels, 0).astype(np.int64)
    shifted = scores - scores.max(axis=1, keepdims=True)
    probabilities = np.exp(shifted)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    here = np.arange(len(labels))
    loss = float(-np.log(probabilities[here, target] + 1e-9)[known].sum())
    probabilities[here, target] -= 1
    probabilities[~known] = 0
    return probabilities, loss


def _padded(values: Ints, text: LabelledText, fill: int) -> tuple[Ints, Ints]:
    """`values` of all words with WINDOW fillers between sequences, and each word's position."""
    sequence = np.zeros(len(values), dtype=np.int64)
    sequence[text.starts[1:]] = 1
    positions = np.arange(len(values)) + WINDOW * (np.cumsum(sequence) + 1)
    padded = np.full(len(values) + WINDOW * (len(text.starts) + 1), fill, dtype=np.int64)
    padded[positions] = values
    return padded, positions


def _train_tagger(
    text: LabelledText, table: WordTable, config: DisplayConfig, progress: Progress
) -> dict[str, Floats]:
    rows_of_type, cases_of_type = table.encode(text.types)
    rows, positions = _padded(rows_of_type[text.words], text, PAD)
    cases, _ = _padded(cases_of_type[text.words], text, _CASE_ROWS - 1)
    parameters = _initial(config, table.rows)
    dense = {name: parameters[name] for name in ("hidden", "hidden_bias", "output", "output_bias")}
    adam = _Adam(dense, config.dense_rate)
    embeddings = _Adagrad(parameters["embeddings"], config.rate)
    wide = _Adagrad(parameters["wide"], config.rate)
    random = np.random.default_rng(config.seed)
    # Chunks of neighbouring words share their windows; the chunks are shuffled.
    chunk = 64
    chunks = len(positions) // chunk
    total = config.epochs * (chunks * chunk // config.batch)
    done, seen, loss_sum = 0, 0, 0.0
    for _ in range(config.epochs):
        order = random.permutation(chunks)
        for start in range(0, chunks, config.batch // chunk):
            picked = order[start : start + config.batch // chunk]
            words = (picked[:, None] * chunk + np.arange(chunk)).ravel()
            loss_sum += _step(
                parameters, adam, embeddings, wide, rows, cases, positions[words],
                text.marks[words], text.cases[words], max(0.02, 1 - done / total),
            )  # fmt: skip
            done, seen = done + 1, seen + len(words)
            if done % 100 == 0:
                progress(f"tagger: loss {loss_sum / seen:.4f}", done / total)
                seen, loss_sum = 0, 0.0
    return parameters


def _step(
    parameters: dict[str, Floats],
    adam: _Adam,
    embeddings: _Adagrad,
    wide: _Adagrad,
    rows: Ints,
    cases: Ints,
    positions: Ints,
    marks: NDArray[np.int8],
    case_labels: NDArray[np.int8],
    scale: float,
) -> float:
    """One batch: forward, backward, update; returns the summed loss."""
    count = len(positions)
    around = positions[:, None] + np.arange(-WINDOW, WINDOW + 1)
    window_rows = rows[around]
    vectors = parameters["embeddings"][window_rows].reshape(count, -1)
    kinds = parameters["case_embeddings"][cases[around]].reshape(count, -1)
    inputs = np.concatenate([vectors, kinds], axis=1)
    before = inputs @ parameters["hidden"] + parameters["hidden_bias"]
    hidden = np.maximum(before, 0)
    pairs = _window_features(window_rows, len(parameters["wide"]))
    scores = hidden @ parameters["output"] + parameters["output_bias"]
    scores += parameters["wide"][pairs].sum(axis=1)
    mark_gradient, mark_loss = _softmax_gradient(scores[:, :_MARKS], marks)
    case_gradient, case_loss = _softmax_gradient(scores[:, _MARKS:], case_labels)
    gradient: Floats = np.concatenate([mark_gradient, case_gradient], axis=1)
    gradient /= np.float32(count)
    hidden_gradient: Floats = (gradient @ parameters["output"].T) * (before > 0)
    input_gradient: Floats = hidden_gradient @ parameters["hidden"].T
    adam.update(
        {
            "hidden": inputs.T @ hidden_gradient,
            "hidden_bias": hidden_gradient.sum(axis=0),
            "output": hidden.T @ gradient,
            "output_bias": gradient.sum(axis=0),
        },
        scale,
    )
    width = vectors.shape[1]
    embeddings.update(
        window_rows.ravel(), input_gradient[:, :width].reshape(count * _WIDTH, -1), scale
    )
    wide.update(pairs.ravel(), np.repeat(gradient, pairs.shape[1], axis=0), scale)
    return mark_loss + case_loss


def _window_features(window_rows: Ints, buckets: int) -> Ints:
    """`wide_features` of the middle word of each window."""
    features: Ints = wide_features(window_rows.T, buckets)[0]
    return features


def _sentences(text: LabelledText) -> Iterator[tuple[list[str], bool]]:
    start = 0
    for end in np.flatnonzero(text.marks == END):
        yield [text.types[k] for k in text.words[start : end + 1]], bool(text.questions[end])
        start = int(end) + 1


def _train_questions(text: LabelledText, config: DisplayConfig, progress: Progress) -> Floats:
    """Logistic regression over shuffled sentences; the last weight is the bias."""
    buckets = config.question_buckets
    features, lengths = array("i"), array("i")
    labels: list[bool] = []
    for words, question in _sentences(text):
        here = question_features(words, buckets)
        features.extend((*here, buckets))
        lengths.append(len(here) + 1)
        labels.append(question)
    flat = np.frombuffer(features, dtype=np.int32)
    counts = np.frombuffer(lengths, dtype=np.int32).astype(np.int64)
    begins = np.cumsum(counts) - counts
    truth = np.array(labels, dtype=np.float32)
    weights = np.zeros(buckets + 1, dtype=np.float32)
    squares = np.full(buckets + 1, 1e-3, dtype=np.float32)
    random = np.random.default_rng(config.seed)
    batch = 256
    for epoch in range(config.question_epochs):
        order = random.permutation(len(truth))
        for start in range(0, len(order), batch):
            picked = order[start : start + batch]
            many = counts[picked]
            of = np.repeat(np.arange(len(picked)), many)
            offsets = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
            index = flat[np.repeat(begins[picked], many) + offsets]
            scores = np.bincount(of, weights[index], len(picked))
            error = (1 / (1 + np.exp(-scores)) - truth[picked]) / len(picked)
            sums = np.bincount(index, error[of], buckets + 1).astype(np.float32)
            squares += sums**2
            weights -= 0.1 * sums / np.sqrt(squares)
        progress("questions", (epoch + 1) / config.question_epochs)
    return weights


def train_display(
    config: DisplayConfig, progress: Progress = lambda stage, part: None
) -> dict[str, DisplayScore]:
    """Train, write `config.out` and score the written model on each source's held-out text.

    Raises `InputError` for a missing source or one without a well-written sentence.
    """
    for path, _ in config.sources:
        if not path.is_file():
            raise InputError(f"{path}: no such text: give an .xz file with one sentence a line")
    forms_seen: Counter[str] = Counter()
    for path, share in config.sources:
        progress(f"written forms of {path.name}", 0.0)
        written_forms(path, share=share, seed=config.seed, forms_seen=forms_seen)
    progress("reading", 0.0)
    text = pack(
        chain.from_iterable(
            read_labelled(path, share=share, held_out=False, seed=config.seed, limit=config.limit)
            for path, share in config.sources
        )
    )
    if not len(text.words):
        raise InputError("no sentence with capitals and punctuation in the given texts")
    counts = np.bincount(text.words, minlength=len(text.types))
    frequent = np.argsort(-counts, kind="stable")[: config.words]
    vocabulary = sorted(text.types[k] for k in frequent)
    forms = usual_forms(forms_seen, least=3, most=config.forms)
    table = WordTable(vocabulary, forms)
    arrays = _train_tagger(text, table, config, progress)
    arrays["question"] = _train_questions(text, config, progress)
    DisplayModel(table, arrays).save(config.out)
    model = DisplayModel.load(config.out)
    return {
        path.name: score_display(
            model, read_labelled(path, share=1.0, held_out=True, seed=2, limit=100_000)
        )
        for path, _ in config.sources
    }


def score_display(model: DisplayModel, sequences: Iterable[Sequence[Label]]) -> DisplayScore:
    """F1 of the model's tags against labelled sequences."""
    hits: Counter[str] = Counter()
    found: Counter[str] = Counter()
    wanted: Counter[str] = Counter()
    words = 0
    for sequence in sequences:
        tags = model.predict([label[0] for label in sequence])
        words += len(sequence)
        for (_, mark, question, case), tag, is_question, tag_case in zip(
            sequence, tags.marks, tags.questions, tags.cases, strict=True
        ):
            names = {1: "comma", 2: "end"}
            guess = {names.get(int(tag), ""), "question" if is_question else ""}
            truth = {names.get(mark, ""), "question" if question else ""}
            if case != CASE_NOT_SAID:
                guess.add("capital" if tag_case else "")
                truth.add("capital" if case else "")
            for name in guess - {""}:
                found[name] += 1
            for name in truth - {""}:
                wanted[name] += 1
                hits[name] += name in guess

    def f1(name: str) -> float:
        return 2 * hits[name] / max(1, found[name] + wanted[name])

    return DisplayScore(words, f1("comma"), f1("end"), f1("question"), f1("capital"))
