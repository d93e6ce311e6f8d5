"""What the negative bank says of phrases: their operating curves, and what to expect of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attune.keyword.bank import NegativeBank
from attune.keyword.calibration import OperatingCurve, fit_curve
from attune.keyword.closer_look import heard_candidates
from attune.keyword.encoded_rows import EncodedRows
from attune.keyword.keyword_graph import KeywordGraph
from attune.keyword.phrase import KeywordPhrase
from attune.keyword.scoring import LOWEST_SCORE
from attune.keyword.spotter import REFRACTORY_SECONDS

__all__ = ["PhraseOutlook", "far_apart", "outlooks", "spoken_scores"]

_MOST_PEAKS = 4000
_ALIKE = 300  # spoken words that are nearest in length stand for a phrase


@dataclass(frozen=True)
class PhraseOutlook:
    """What to expect of a phrase: its operating curve, and the scores (float32, falling) of words
    of its length that were said in the bank's recordings."""

    curve: OperatingCurve
    spoken: NDArray[np.float32]

    def correct_accepts(self, threshold: float) -> float:
        """The share of spoken words of this length that reach the threshold."""
        return float((self.spoken >= threshold).mean()) if len(self.spoken) else 0.0


def outlooks(bank: NegativeBank, graph: KeywordGraph) -> tuple[PhraseOutlook, ...]:
    """The outlook of each phrase; recordings whose words hold it are left out for it.

    InputError when every recording of the bank holds a phrase.
    """
    usable = [bank.without(phrase.text) for phrase in graph.phrases]
    found: list[list[tuple[float, int]]] = [[] for _ in graph.phrases]
    offset = 0
    for chunk in bank.chunks():
        nothing = np.zeros((len(chunk.owners), 0), np.float32)
        rows = EncodedRows(chunk.posteriors, nothing, chunk.closer)
        for peak, _ in heard_candidates(rows, graph):
            owner = chunk.owners[peak.end - 1]
            if owner >= 0 and usable[peak.keyword][owner]:
                found[peak.keyword].append((peak.total, offset + peak.end))
        offset += len(chunk.owners)
    apart = round(REFRACTORY_SECONDS / bank.row_seconds)
    return tuple(
        PhraseOutlook(
            fit_curve(
                far_apart(peaks, apart),
                float(bank.rows[keep].sum()) * bank.row_seconds / 3600,
                LOWEST_SCORE,
            ),
            spoken_scores(bank, phrase),
        )
        for phrase, keep, peaks in zip(graph.phrases, usable, found, strict=True)
    )


def far_apart(peaks: list[tuple[float, int]], apart: int) -> list[float]:
    """Scores of the best peaks that are at least `apart` rows from a better one."""
    boxes: dict[int, int] = {}  # one accepted row at most in each box of `apart` rows
    scores = []
    for score, row in sorted(peaks, reverse=True)[:_MOST_PEAKS]:
        box = row // apart
        near = (boxes.get(box + step, -apart) for step in (-1, 0, 1))
        if all(abs(row - other) >= apart for other in near):
            boxes[box] = row
            scores.append(score)
    return scores


def spoken_scores(bank: NegativeBank, phrase: KeywordPhrase) -> NDArray[np.float32]:
    """Scores (float32, falling) of words of the phrase's length that were said in the bank."""
    length = np.mean([len(phones) for phones in phrase.pronunciations])
    nearest = np.argsort(np.abs(bank.spoken_phones.astype(float) - length), kind="stable")
    return np.sort(bank.spoken_scores[nearest[:_ALIKE]])[::-1]
