"""What a closer look at a candidate sees: where each phone of the phrase was heard, and how well.

The rows of a candidate are aligned with the phrase's pronunciations; each phone is looked at in the
row that is surest of it. Values are clipped where the negative bank no longer tells rows apart, so
that a live stream and the bank give the same features.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attune.decode import align
from attune.errors import InputError
from attune.keyword.phrase import KeywordPhrase
from attune.lexicon import PHONE_INDEX

__all__ = ["CLEAR_BLANK", "PATH_FEATURES", "PhonesHeard", "hear_phones", "path_features"]

Floats = NDArray[np.float32]

CLEAR_BLANK = -0.1
"""Hidden activations are looked at in rows whose blank is below it (natural log)."""

_LEAST = -4.5  # natural log: of what is below, the bank knows nothing
_SURE_BLANK = -0.03  # a row whose blank is above it is nothing but blank to the bank
_STRANGEST_BLANK = -4.0

PATH_FEATURES = (
    "score",
    "score_root",
    "evidence",
    "evidence_least",
    "evidence_second",
    "evidence_first",
    "evidence_last",
    "margin",
    "margin_least",
    "margin_second",
    "doubted",
    "between",
    "length",
    "length_squared",
    "longest_gap",
)
"""The features of a candidate besides those of its phones, in order."""


@dataclass(frozen=True)
class PhonesHeard:
    """The phones of a phrase in the rows of a candidate.

    `variant` is the pronunciation that fits best. For each of its phones: `rows` int64, the row
    that is surest of it, `evidence` float32, the log posterior there, `margin` float32, how far
    that is above (or below) the best other phone, `clear` bool, whether the row is not nearly
    surely blank, so that its hidden activations count. `between` is how little the rows between the
    phones are blank, summed over them (0 is all blank).
    """

    variant: int
    rows: NDArray[np.int64]
    evidence: Floats
    margin: Floats
    clear: NDArray[np.bool_]
    between: float


def hear_phones(log_posteriors: Floats, phrase: KeywordPhrase) -> PhonesHeard | None:
    """The phones of `phrase` in log posteriors [rows, 40] of a candidate; None when they do not fit
    into them."""
    sure = log_posteriors[:, :1] > _SURE_BLANK
    floored = np.maximum(log_posteriors, 2 * _LEAST)
    heard = np.where(sure, np.where(np.arange(floored.shape[1]), 2 * _LEAST, 0.0), floored)
    heard = heard.astype(np.float32)
    codes = [[PHONE_INDEX[phone] for phone in phones] for phones in phrase.pronunciations]
    try:
        word = align(heard, [codes]).words[0]
    except InputError:
        return None
    wanted = np.array([phone.phone for phone in word.phones])
    rows = np.array(
        [
            phone.start + int(heard[phone.start : phone.end, phone.phone].argmax())
            for phone in word.phones
        ]
    )
    own = heard[rows]
    evidence = np.maximum(own[np.arange(len(rows)), wanted], _LEAST)
    own[np.arange(len(rows)), wanted] = _LEAST
    others = np.maximum(own[:, 1:].max(axis=1), _LEAST)
    clear = own[:, 0] < CLEAR_BLANK
    free = np.ones(len(heard), np.bool_)
    for phone in word.phones:
        free[phone.start : phone.end] = False
    strange = heard[free, 0] - heard[free].max(axis=1, initial=-np.inf)
    between = float(np.maximum(strange, _STRANGEST_BLANK).sum())
    return PhonesHeard(word.pronunciation, rows, evidence, evidence - others, clear, between)


def path_features(heard: PhonesHeard, score: float, length: int) -> Floats:
    """The values of `PATH_FEATURES`, float32, of a candidate of `length` rows with this score."""
    count = len(heard.rows)
    evidence, margin = np.sort(heard.evidence), np.sort(heard.margin)
    gaps = np.diff(heard.rows)
    return np.array(
        [
            score,
            score * np.sqrt(count),
            evidence.mean(),
            evidence[0],
            evidence[1],
            heard.evidence[0],
            heard.evidence[-1],
            margin.mean(),
            margin[0],
            margin[1],
            (margin < 0).mean(),
            heard.between / count,
            length / count,
            (length / count) ** 2 / 5,
            gaps.max() / 5,
        ],
        np.float32,
    )
