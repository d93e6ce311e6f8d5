"""The part `second_pass`: a linear classifier a phrase, which looks again at what the path found.

It weighs how each phone of the phrase was heard: features of the whole path (`PATH_FEATURES`), and
for each place in the phrase the phone's evidence, its margin and the encoder's hidden activations
in the row that is surest of it. Its score is that of the path and a share of the natural log of the
odds that the phrase was said rather than something that fits as well. JSON, so that other runtimes
can read it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attune.errors import InputError
from attune.keyword.encoded_rows import EncodedRows
from attune.keyword.path_features import PATH_FEATURES, PhonesHeard, hear_phones, path_features
from attune.keyword.phrase import KeywordPhrase
from attune.keyword.scoring import NOT_SAID, Peak

__all__ = ["PhraseClassifier", "SecondLook", "read_second_pass", "write_second_pass"]

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class PhraseClassifier:
    """The weights of one phrase.

    `gate` is the path score below which candidates are not looked at. `places` int64 [variants,
    places] says which phone of each pronunciation stands at each place of the phrase, -1 for none.
    `path` [len(PATH_FEATURES)] weighs the path's features, `phones` [places, 2] evidence and
    margin, `hidden` [places, D] activations (no columns: they are not used). `missing` [places, 2]
    is what a place counts whose phone the pronunciation lacks, and one whose row is nearly surely
    blank, in place of its activations; `bias` is added. All float32.
    """

    gate: float
    places: NDArray[np.int64]
    path: Floats
    phones: Floats
    hidden: Floats
    missing: Floats
    bias: float

    def score(self, heard: PhonesHeard, path_score: float, rows: EncodedRows) -> float:
        """The score from the phones heard in `rows`, the candidate's own."""
        features = path_features(heard, path_score, len(rows.log_posteriors))
        total = self.bias + float(self.path @ features)
        for place, phone in enumerate(self.places[heard.variant].tolist()):
            if phone < 0:
                total += float(self.missing[place].sum())
                continue
            total += float(self.phones[place, 0] * heard.evidence[phone])
            total += float(self.phones[place, 1] * heard.margin[phone])
            if not self.hidden.shape[1] or not heard.clear[phone]:
                total += float(self.missing[place, 1])
            else:
                total += float(self.hidden[place] @ rows.hidden[heard.rows[phone]])
        return total


class SecondLook:
    """Scores candidates of several phrases by their `classifiers`; an `attune.keyword.candidates`
    second pass."""

    def __init__(
        self, phrases: Sequence[KeywordPhrase], classifiers: Sequence[PhraseClassifier]
    ) -> None:
        self._phrases, self.classifiers = tuple(phrases), tuple(classifiers)

    def score(self, peak: Peak, rows: EncodedRows) -> float:
        """How surely the phrase of `peak` was said in `rows`, those of the peak alone; `NOT_SAID`
        below the gate."""
        classifier = self.classifiers[peak.keyword]
        if peak.score < classifier.gate:
            return NOT_SAID
        heard = hear_phones(rows.log_posteriors, self._phrases[peak.keyword])
        if heard is None:
            return NOT_SAID
        return max(NOT_SAID, classifier.score(heard, peak.score, rows))


def write_second_pass(classifiers: Sequence[PhraseClassifier]) -> bytes:
    """The part's content."""
    value = {
        "path_features": list(PATH_FEATURES),
        "phrases": [
            {
                "gate": round(one.gate, 4),
                "places": one.places.tolist(),
                "path": _rounded(one.path),
                "phones": _rounded(one.phones),
                "hidden": _rounded(one.hidden),
                "missing": _rounded(one.missing),
                "bias": float(f"{one.bias:.5g}"),
            }
            for one in classifiers
        ],
    }
    return (json.dumps(value, separators=(",", ":"), allow_nan=False) + "\n").encode("utf-8")


def read_second_pass(
    path: Path, phrases: Sequence[KeywordPhrase], width: int
) -> tuple[PhraseClassifier, ...]:
    """The part at `path`, of an encoder with `width` hidden activations; InputError naming what is
    wrong."""
    try:
        value = json.loads(path.read_bytes())
        if tuple(value["path_features"]) != PATH_FEATURES:
            raise ValueError("it was made for other features")
        found = tuple(_classifier(one) for one in value["phrases"])
        if len(found) != len(phrases):
            raise ValueError(f"{len(found)} classifiers for {len(phrases)} phrases")
        for one, phrase in zip(found, phrases, strict=True):
            _check(one, phrase, width)
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise InputError(
            f"{path}: not the second pass of these keywords ({error}): make them again"
        ) from error
    return found


def _classifier(value: Any) -> PhraseClassifier:
    places = np.array(value["places"], np.int64)
    count = places.shape[1]
    return PhraseClassifier(
        float(value["gate"]),
        places,
        np.array(value["path"], np.float32),
        np.array(value["phones"], np.float32).reshape(count, 2),
        np.array(value["hidden"], np.float32).reshape(count, -1)
        if any(value["hidden"])
        else np.zeros((count, 0), np.float32),
        np.array(value["missing"], np.float32).reshape(count, 2),
        float(value["bias"]),
    )


def _check(one: PhraseClassifier, phrase: KeywordPhrase, width: int) -> None:
    counts = np.array([len(phones) for phones in phrase.pronunciations])
    if len(one.places) != len(counts) or (one.places >= counts[:, None]).any():
        raise ValueError(f"its places are not those of {phrase.text!r}")
    if one.path.shape != (len(PATH_FEATURES),) or one.hidden.shape[1] not in (0, width):
        raise ValueError(f"the weights of {phrase.text!r} have another number")
    values = (one.path, one.phones, one.hidden, one.missing, [one.bias, one.gate])
    if not all(np.isfinite(each).all() for each in values):
        raise ValueError(f"the weights of {phrase.text!r} are no numbers")


def _rounded(values: Floats) -> Any:
    """Nested lists with five significant digits, which hold an effect that nobody can measure."""
    if values.ndim > 1:
        return [_rounded(row) for row in values]
    return [float(f"{value:.5g}") for value in values.tolist()]
