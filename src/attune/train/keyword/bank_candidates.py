"""Hard negatives: what in the negative bank fits a phrase best."""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attune.keyword import EncodedRows, KeywordPhrase, Peak
from attune.keyword.bank import NegativeBank
from attune.keyword.closer_look import heard_candidates
from attune.keyword.hidden_bank import HiddenBank
from attune.keyword.keyword_graph import KeywordGraph
from attune.keyword.scoring import LOWEST_SCORE
from attune.train.keyword.examples import ExampleBuilder, Examples

__all__ = ["BankCandidates", "mine_bank"]

_MOST_PER_HOUR = 300
_FEWEST = 200


@dataclass(frozen=True)
class BankCandidates:
    """The candidates of one phrase in the bank that fit best.

    `examples` hold their features (hidden activations on the bank's axes), `ends` int64 the row
    where each ends, in rows of the whole bank, `recordings` int64 which recording it is from.
    `gate` is the path score of the worst; `hours` were listened to.
    """

    examples: Examples
    ends: NDArray[np.int64]
    recordings: NDArray[np.int64]
    gate: float
    hours: float


def mine_bank(
    bank: NegativeBank,
    hidden: HiddenBank | None,
    graph: KeywordGraph,
) -> tuple[BankCandidates, ...]:
    """The best candidates of each phrase, 300 an hour; recordings in which it is said are left out
    for it."""
    phrases = graph.phrases
    most = max(_FEWEST, round(_MOST_PER_HOUR * bank.hours))
    width = 0 if hidden is None else hidden.axes.shape[1]
    usable = [bank.without(phrase.text) for phrase in phrases]
    best: list[list[tuple[float, int, int, Peak, int, EncodedRows]]] = [[] for _ in phrases]
    before, count = 0, itertools.count()
    for chunk in bank.chunks():
        owners = chunk.owners
        own_rows = np.cumsum(owners >= 0)  # rows of recordings up to and with each row
        activations = np.zeros((len(owners), width), np.float32)
        if hidden is not None:
            activations[owners >= 0] = hidden.projected(before, before + int(own_rows[-1]))
        heard = EncodedRows(chunk.posteriors, activations, chunk.closer)
        for peak, rows in heard_candidates(heard, graph):
            owner = int(owners[peak.end - 1])
            heap = best[peak.keyword]
            if owner < 0 or not usable[peak.keyword][owner]:
                continue
            if len(heap) == most and peak.score <= heap[0][0]:
                continue
            rows = EncodedRows(rows.log_posteriors.copy(), rows.hidden.copy())
            entry = (
                peak.score,
                before + int(own_rows[peak.end - 1]),
                next(count),
                peak,
                owner,
                rows,
            )
            (heapq.heappushpop if len(heap) == most else heapq.heappush)(heap, entry)
        before += int(own_rows[-1])
    return tuple(
        _candidates(
            phrase, heap, len(heap) == most, width, float(bank.rows[keep].sum() * bank.row_seconds)
        )
        for phrase, heap, keep in zip(phrases, best, usable, strict=True)
    )


def _candidates(
    phrase: KeywordPhrase,
    heap: list[tuple[float, int, int, Peak, int, EncodedRows]],
    full: bool,
    width: int,
    seconds: float,
) -> BankCandidates:
    builder = ExampleBuilder(phrase, width)
    kept = [
        (end, owner)
        for _, end, _, peak, owner, rows in sorted(heap, key=lambda entry: entry[1:3])
        if builder.add(peak, rows, False, f"bank {owner}", "bank")
    ]
    return BankCandidates(
        builder.examples(),
        np.array([end for end, _ in kept], np.int64),
        np.array([owner for _, owner in kept], np.int64),
        heap[0][0] if full else LOWEST_SCORE,
        seconds / 3600,
    )
