"""Capitalisation and punctuation of spoken words: a small tagger in NumPy.

A word's tags are read from a window of three words on either side. Word embeddings and the
words' usual case go through one hidden layer; hashed word pairs and triples add to its outputs
directly ("wide and deep", Cheng et al. 2016). Whether a sentence is a question is decided
afterwards from the whole sentence, by a linear model over its hashed words and word pairs.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from attune.bundle.atomic import replace_file, write_errors
from attune.errors import InputError

__all__ = [
    "COMMA",
    "END",
    "LOWER",
    "MIXED",
    "NO_MARK",
    "PAD",
    "TITLE",
    "UPPER",
    "WINDOW",
    "DisplayModel",
    "Tags",
    "WordTable",
    "question_features",
    "wide_features",
]

WINDOW = 3
"""Words on each side that a tag is read from."""
NO_MARK, COMMA, END = range(3)
LOWER, TITLE, UPPER, MIXED = range(4)
_CASE_UNKNOWN = 4
PAD = 0
"""Embedding row of the positions outside the text."""
_MARKS = 3
_SUFFIX_ROWS = 2048
_FORMAT = 1
_STORED = {
    "vocabulary", "forms", "embeddings", "embeddings_scale", "case_embeddings", "hidden",
    "hidden_bias", "output", "output_bias", "wide", "wide_scale", "question",
}  # fmt: skip
_PAUSE_END = 3.0
_PAUSE_COMMA = 1.0

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Tags:
    """Per word: the mark after it (NO_MARK, COMMA, END), its case class, and question flags.

    `marks`, `cases`: int [word]; `questions`: bool [word], set where a sentence that ends is one.
    """

    marks: Ints
    cases: Ints
    questions: NDArray[np.bool_]


class WordTable:
    """Rows and usual written forms of words.

    Frequent words have an embedding row each; the others share rows by their last three letters.
    `forms` gives the written form of words that are usually not lower case ("london" -> "London").
    """

    def __init__(self, vocabulary: Sequence[str], forms: Mapping[str, str]) -> None:
        self.vocabulary = tuple(vocabulary)
        self.forms = dict(forms)
        self._row = {word: row for row, word in enumerate(self.vocabulary, 1)}
        self.rows = 1 + len(self.vocabulary) + _SUFFIX_ROWS
        self._known: dict[str, tuple[int, int]] = {}

    def row(self, word: str) -> int:
        """Embedding row of a lower-case word."""
        row = self._row.get(word)
        if row is None:
            row = 1 + len(self.vocabulary) + zlib.crc32(word[-3:].encode()) % _SUFFIX_ROWS
        return row

    def usual_case(self, word: str) -> int:
        """Case class of the word's usual form; a fifth class for words never counted."""
        form = self.forms.get(word)
        if form is None:
            return LOWER if word in self._row else _CASE_UNKNOWN
        return case_of(form)

    def encode(self, words: Sequence[str]) -> tuple[Ints, Ints]:
        """(rows int [word], usual cases int [word])."""
        known = self._known
        for word in words:
            if word not in known:
                if len(known) > 200_000:
                    known.clear()
                known[word] = (self.row(word), self.usual_case(word))
        pairs = np.array([known[word] for word in words], dtype=np.int64).reshape(-1, 2)
        return pairs[:, 0], pairs[:, 1]


def case_of(form: str) -> int:
    """The case class of a written form."""
    if form.islower():
        return LOWER
    if form[0].isupper() and (len(form) == 1 or form[1:].islower()):
        return TITLE
    return UPPER if form.isupper() else MIXED


def wide_features(rows: Ints, buckets: int) -> Ints:
    """Hashed pairs and triples around each word of padded rows.

    int [word + 2 WINDOW, …] -> int [word, …, 5].
    """
    end = len(rows) - WINDOW
    before2, before, here, after, after2 = (
        rows[WINDOW + offset : end + offset].astype(np.uint64) for offset in (-2, -1, 0, 1, 2)
    )
    one = np.uint64(0x9E3779B97F4A7C15)
    two = np.uint64(0xC2B2AE3D27D4EB4F)
    three = np.uint64(0x165667B19E3779F9)
    hashes = (
        here * one + after * two + np.uint64(1),
        before * one + here * two + np.uint64(2),
        before * one + here * two + after * three + np.uint64(3),
        here * one + after * two + after2 * three + np.uint64(4),
        before2 * one + before * two + here * three + np.uint64(5),
    )
    mixed = np.stack(hashes, axis=-1)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(32)
    return (mixed % np.uint64(buckets)).astype(np.int64)


def question_features(words: Sequence[str], buckets: int) -> list[int]:
    """Hashed features of one sentence: how it begins and ends, its words and word pairs."""
    head = words[:3]
    texts = [f"h{n} {' '.join(head[:n])}" for n in (1, 2, 3)]
    texts += [f"t1 {words[-1]}", f"t2 {' '.join(words[-2:])}", f"n {min(len(words) // 3, 6)}"]
    texts += words
    texts += [f"{a} {b}" for a, b in pairwise(words)]
    return [zlib.crc32(text.encode()) % buckets for text in texts]


class DisplayModel:
    """The tagger: `predict` gives every word its case and the mark after it.

    Arrays: `embeddings` [row, dimension], `case_embeddings` [case, dimension], `hidden` and
    `hidden_bias`, `output` and `output_bias` [hidden, 7], `wide` [bucket, 7], `question` [bucket].
    The seven outputs are the three marks, then the four case classes.
    """

    def __init__(self, table: WordTable, arrays: Mapping[str, Floats]) -> None:
        self.table = table
        self.arrays = dict(arrays)

    def logits(self, words: Sequence[str]) -> Floats:
        """float32 [word, 7] unnormalised scores of marks and cases."""
        a = self.arrays
        rows, cases = self.table.encode(words)
        rows = np.pad(rows, WINDOW)
        cases = np.pad(cases, WINDOW, constant_values=_CASE_UNKNOWN)
        count = len(words)
        around = np.arange(count)[:, None] + np.arange(2 * WINDOW + 1)
        inputs = np.concatenate(
            [
                a["embeddings"][rows[around]].reshape(count, -1),
                a["case_embeddings"][cases[around]].reshape(count, -1),
            ],
            axis=1,
        )
        hidden = np.maximum(inputs @ a["hidden"] + a["hidden_bias"], 0)
        wide = a["wide"][wide_features(rows, len(a["wide"]))].sum(axis=1)
        scores: Floats = hidden @ a["output"] + a["output_bias"] + wide
        return scores

    def predict(self, words: Sequence[str], pauses: Sequence[float] | None = None) -> Tags:
        """Tags of lower-case `words`; the last word always ends a sentence.

        `pauses`: seconds of silence after each word; long ones speak for a mark.
        """
        if not words:
            none = np.zeros(0, dtype=np.int64)
            return Tags(none, none, none.astype(bool))
        scores = self.logits(words)
        marks = scores[:, :_MARKS].copy()
        if pauses is not None:
            seconds = np.asarray(pauses, dtype=np.float32)
            marks[:, END] += _PAUSE_END * np.clip((seconds - 0.3) / 0.7, 0, 1)
            marks[:, COMMA] += _PAUSE_COMMA * np.clip((seconds - 0.15) / 0.35, 0, 1)
        chosen = marks.argmax(axis=1)
        chosen[-1] = END
        cases = scores[:, _MARKS:].argmax(axis=1)
        return Tags(chosen, cases, self._questions(words, chosen))

    def _questions(self, words: Sequence[str], marks: Ints) -> NDArray[np.bool_]:
        weights = self.arrays["question"]
        questions = np.zeros(len(words), dtype=bool)
        start = 0
        for end in np.flatnonzero(marks == END).tolist():
            features = question_features(words[start : end + 1], len(weights) - 1)
            questions[end] = weights[features].sum() + weights[-1] > 0
            start = end + 1
        return questions

    def save(self, path: str | Path) -> None:
        """Write one compressed .npz: embeddings and hashed weights in 8 bits, no pickle.

        Raises `InputError` when the place cannot be written, `AttuneError` when the disk is full.
        """
        packed: dict[str, NDArray[np.generic]] = {
            "format": np.array(_FORMAT),
            "vocabulary": _pack_text(self.table.vocabulary),
            "forms": _pack_text(self.table.forms.values()),
        }
        for name, values in self.arrays.items():
            if name in ("embeddings", "wide"):
                scale = np.abs(values).max(axis=0) / 127 + 1e-12
                packed[name] = np.round(values / scale).astype(np.int8)
                packed[f"{name}_scale"] = scale.astype(np.float32)
            else:
                packed[name] = values.astype(np.float16)
        content = io.BytesIO()
        np.savez_compressed(content, **packed)  # type: ignore[arg-type]
        path = Path(path)
        with write_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, content.getvalue())

    @classmethod
    def load(cls, path: str | Path) -> DisplayModel:
        """Read what `save` wrote; `InputError` for anything else."""
        try:
            data = Path(path).read_bytes()
            with np.load(io.BytesIO(data), allow_pickle=False) as stored:
                packed = {name: stored[name] for name in stored.files}
        except (OSError, ValueError, EOFError, KeyError, zlib.error, zipfile.BadZipFile) as error:
            raise InputError(f"{path}: cannot be read as a display model: {error}") from error
        if packed.pop("format", None) != _FORMAT or not packed.keys() >= _STORED:
            raise InputError(f"{path}: is not a display model of format {_FORMAT}: train it again")
        vocabulary = _unpack_text(packed.pop("vocabulary"))
        forms = {form.lower(): form for form in _unpack_text(packed.pop("forms"))}
        scales = {name: packed.pop(f"{name}_scale") for name in ("embeddings", "wide")}
        arrays = {name: values.astype(np.float32) for name, values in packed.items()}
        for name, scale in scales.items():
            arrays[name] *= scale
        return cls(WordTable(vocabulary, forms), arrays)


def _pack_text(words: Iterable[str]) -> NDArray[np.uint8]:
    return np.frombuffer("\n".join(words).encode(), dtype=np.uint8)


def _unpack_text(packed: NDArray[np.uint8]) -> list[str]:
    text = packed.tobytes().decode()
    return text.split("\n") if text else []
