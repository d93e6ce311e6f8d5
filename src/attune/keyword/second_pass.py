"""The part `second_pass`: a linear classifier a phrase that looks again at what the path score found.

It weighs how each phone of the phrase was heard: features of the whole path (`PATH_FEATURES`), and
for each place in the phrase the phone's evidence, its margin and the encoder's hidden activations in
the row that is surest of it. Its score is the natural log of the odds that the phrase was said
rather than something that merely fits as well. JSON, so that other runtimes can read it.
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
from attune.keyword.encoder_stream import EncodedRows
from attune.keyword.path_features import PATH_FEATURES, PhonesHeard, hear_phones, path_features
from attune.keyword.phrase import KeywordPhrase
from attune.keyword.scoring import Peak

__all__ = ["NOT_SAID", "PhraseClassifier", "SecondLook", "read_second_pass", "write_second_pass"]

Floats = NDArray[np.float32]

NOT_SAID = -20.0
"""The score of a candidate that is not looked at, or in which the phrase does not fit."""


@dataclass(frozen=True)
class PhraseClassifier:
    """The weights of one phrase.

    `gate` is the path score below which candidates are not looked at. `places` int64 [variants,
    places] says which phone of each pronunciation stands at each place of the phrase, -1 for none.
    `path` float32 [len(PATH_FEATURES)] weighs the path's features, `phones` [places, 2] evidence and
    margin, `hidden` [places, D] activations (no columns: they are not used). `missing` [places] is
    what a place without a phone counts; `bias` is added.
    """

    gate: float
    places: NDArray[np.int64]
    path: Floats
    phones: Floats
    hidden: Floats
    missing: Floats
    bias: float

    def score(self, heard: PhonesHeard, path_score: float, rows: EncodedRows) -> float:
        """Log odds from the phones heard in `rows`, the candidate's own."""
        features = path_features(heard, path_score, len(rows.log_posteriors))
        total = self.bias + float(self.path @ features)
        for place, phone in enumerate(self.places[heard.variant].tolist()):
            if phone < 0:
                total += float(self.missing[place])
                continue
            total += float(self.phones[place, 0] * heard.evidence[phone])
            total += float(self.phones[place, 1] * heard.margin[phone])
            if self.hidden.shape[1]:
                total += float(self.hidden[place] @ rows.hidden[heard.rows[phone]])
        return total


class SecondLook:
    """Scores candidates of several phrases by their classifiers; an `attune.keyword.candidates`
    second pass."""

    def __init__(
        self, phrases: Sequence[KeywordPhrase], classifiers: Sequence[PhraseClassifier]
    ) -> None:
        self._phrases, self._classifiers = tuple(phrases), tuple(classifiers)

    def score(self, peak: Peak, rows: EncodedRows) -> float:
        """Log odds that the phrase of `peak` was said in `rows`, those of the peak alone; `NOT_SAID`
        below the gate."""
        classifier = self._classifiers[peak.keyword]
        if peak.score < classifier.gate:
            return NOT_SAID
        heard = hear_phones(rows.log_posteriors, self._phrases[peak.keyword])
        if heard is None:
            return NOT_SAID
        return max(NOT_SAID, classifier.score(heard, peak.score, rows))
