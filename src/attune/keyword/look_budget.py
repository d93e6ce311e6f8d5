"""Where closer looks are taken: as many as there is time for.

What is not looked at is missed, and a look takes 6 to 8 ms of a core. So each phrase gets the
places that fit it best, as many in an hour of continuous speech as its share of the time lets: of
few phrases each gets more than of many. Words of a few phones gain nothing from more than a few
looks (benchmarks/RESULTS.md) and get no more. How well places fit is read off the negative bank.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from attune.decode import SpotOptions
from attune.keyword.bank import NegativeBank
from attune.keyword.closer_look import candidate_options
from attune.keyword.keyword_graph import KeywordGraph
from attune.keyword.phrase import KeywordPhrase
from attune.keyword.scoring import maxima, path_scorer

__all__ = ["LOOKS_AN_HOUR", "graph_with_looks"]

LOOKS_AN_HOUR = 5000
"""Closer looks that all phrases of a bundle together take in an hour of continuous speech: about
half a percent of a core."""
_LOOKS_AT_SHORT = 500.0


def graph_with_looks(
    bank: NegativeBank,
    phrases: Sequence[KeywordPhrase],
    options: SpotOptions,
    looks_an_hour: float = LOOKS_AN_HOUR,
) -> KeywordGraph:
    """The graph of the phrases, with looks where they fit best in the bank; recordings whose words
    hold a phrase are left out for it. Without a closer encoder there is nothing to choose."""
    if bank.closer is None:
        return KeywordGraph(tuple(phrases), options)
    listening = candidate_options(options)
    usable = np.stack([bank.without(phrase.text) for phrase in phrases])
    hours = usable @ bank.rows * (bank.row_seconds / 3600)
    share = looks_an_hour / len(phrases)
    wanted = [
        int(heard * (min(share, _LOOKS_AT_SHORT) if phrase.is_short else share))
        for phrase, heard in zip(phrases, hours, strict=True)
    ]
    best = [np.zeros(0, np.float32) for _ in phrases]
    for chunk in bank.chunks():
        scores, _ = path_scorer(phrases, listening).advance(chunk.posteriors)
        owners = chunk.owners[1:-1]
        counts = maxima(scores) & usable[:, owners].T & (owners >= 0)[:, None]
        for place, most in enumerate(wanted):
            found = scores[1:-1, place][counts[:, place]]
            best[place] = _greatest(np.concatenate([best[place], found]), most + 1)
    looks = (
        float(scores.min()) if len(scores) > most else listening.lowest
        for scores, most in zip(best, wanted, strict=True)
    )
    return KeywordGraph(tuple(phrases), options, tuple(max(listening.lowest, x) for x in looks))


def _greatest(values: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    if len(values) <= count:
        return values
    return np.partition(values, len(values) - count)[len(values) - count :]
