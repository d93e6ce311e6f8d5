"""The closer look: a second, larger encoder hears again what may have been a keyword.

It does not listen all day: it hears only the few seconds around a candidate of the encoder that
does. The two are of different kinds and were taught differently, and so err in different places;
the mean of what they say is nearly right where one of them is. What the larger one says counts
most in it, and nearly alone in words of a few phones. The candidate's phrase is scored in it anew,
as `attune.keyword.scoring` does. As it has the last word, what the smaller one hears is a candidate
long before it is a keyword, above all where it follows a pause (`candidate_options`), as far as the
time goes that looks may take (`attune.keyword.look_budget`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from attune.decode import SpotOptions
from attune.keyword.closer_network import CloserNetwork
from attune.keyword.encoded_rows import EncodedRows
from attune.keyword.keyword_graph import KeywordGraph
from attune.keyword.pauses import PAUSE_ROWS, pause_score
from attune.keyword.scoring import NOT_SAID, Peak, PeakFinder, path_scorer

__all__ = [
    "CONTEXT_ROWS",
    "CloserEncoder",
    "CloserLook",
    "FoundPlaces",
    "candidate_finder",
    "candidate_options",
    "heard_candidates",
    "look_scores",
    "rows_before",
]

Floats = NDArray[np.float32]

CONTEXT_ROWS = 8
"""Rows before those that are scored, for the encoder to hear what the rest follows."""

_SUBSAMPLING = 4
# Of a recording that is heard whole: rows of a window, and those before and after it that are heard
# with them.
_WINDOW_ROWS, _PRECEDING_ROWS, _FOLLOWING_ROWS = 30, 20, 5
_EARLIER = 2
_CLOSER_SHARE, _CLOSER_SHARE_OF_SHORT = 0.85, 0.95
# What a candidate may at most be worse by than a keyword; in mid-sentence, where most of them are,
# nearly as good.
_LOWER, _LOWER_PHONE, _LOWER_IN_SPEECH = 2.5, 4.0, 6.0
_LOWER_UNCHOSEN = 0.5  # of a phrase whose looks nobody has chosen
_APART = 8  # rows that both encoders may differ about where a phrase ends
# Of the row before those that are looked at: speech, so that only a pause that is seen counts.
_SPEECH, _NO_BLANK = -50.0, -60.0


def rows_before(options: SpotOptions) -> int:
    """Rows before a candidate that are scored with it: its phrase may begin a little earlier, and a
    pause before it has to show."""
    return options.pause_rows + _EARLIER


def candidate_options(options: SpotOptions) -> SpotOptions:
    """How the encoder that listens finds what is looked at, where keywords are scored by
    `options`."""
    return replace(
        options,
        phone_minimum=options.phone_minimum - _LOWER_PHONE,
        lowest=options.lowest - _LOWER,
        mid_speech=options.mid_speech - _LOWER_IN_SPEECH,
    )


def look_scores(graph: KeywordGraph) -> tuple[float, ...]:
    """The score of each phrase from which a closer look is taken."""
    return graph.look_from or (graph.options.lowest - _LOWER_UNCHOSEN,) * len(graph.phrases)


def candidate_finder(graph: KeywordGraph, *, looked_at: bool) -> PeakFinder:
    """What finds the candidates of one stream: those that are looked at more closely, or those that
    are keywords as they are."""
    if not looked_at:
        return PeakFinder(graph.phrases, graph.options)
    return PeakFinder(graph.phrases, candidate_options(graph.options), look_scores(graph))


class CloserEncoder:
    """The encoder of the closer look; threads may share it."""

    def __init__(self, network: CloserNetwork) -> None:
        self.network = network

    def rows(self, frames: Floats) -> Floats:
        """Log posteriors [n, symbols] of one window of normalised frames [4 n, bins]: all that is
        heard at once, a few seconds. Nothing is known of what lies around it."""
        # Rows come in pairs: before an odd one there is a silent one.
        odd = len(frames) // _SUBSAMPLING % 2
        frames = np.pad(frames, ((_SUBSAMPLING * odd, 0), (0, 0)))
        return self.network.rows(frames)[odd:]

    def whole(self, frames: Floats) -> Floats:
        """Log posteriors [n, symbols] of a recording's frames [4 n, bins], heard in windows as the
        looks at a stream are: what precedes a row reaches as far, and a little follows it."""
        count = len(frames) // _SUBSAMPLING
        heard = [np.zeros((0, self.network.symbols), np.float32)]
        for first in range(0, count, _WINDOW_ROWS):
            begin, after = max(0, first - _PRECEDING_ROWS), min(count, first + _WINDOW_ROWS)
            end = min(count, after + _FOLLOWING_ROWS)
            rows = self.rows(frames[_SUBSAMPLING * begin : _SUBSAMPLING * end])
            heard.append(rows[first - begin : after - begin])
        return np.concatenate(heard)


class CloserLook:
    """Scores candidates of several phrases anew; one thread at a time."""

    def __init__(self, graph: KeywordGraph) -> None:
        self._before, self._lowest = rows_before(graph.options), graph.options.lowest
        self._scorers = [path_scorer([phrase], graph.options) for phrase in graph.phrases]
        self._shares = [
            _CLOSER_SHARE_OF_SHORT if phrase.is_short else _CLOSER_SHARE for phrase in graph.phrases
        ]

    def look(self, peak: Peak, rows: EncodedRows, first: int) -> tuple[Peak, EncodedRows]:
        """`peak` where its phrase fits best, with its new score (`NOT_SAID` if it does not fit),
        and its rows, with log posteriors of both encoders.

        `rows` begin with row `first` of the stream, `rows_before` the peak or earlier unless the
        stream begins there, go on until it was told or longer, and hold what the closer encoder
        hears.
        """
        assert rows.closer is not None
        begin = max(first, peak.start - self._before)
        window = rows.part(slice(begin - first, peak.told - first))
        both = window.together(self._shares[peak.keyword])
        window = replace(window, log_posteriors=both)
        scorer = self._scorers[peak.keyword]
        scorer.reset()
        if begin > 0:
            speech = np.full((1, both.shape[1]), _SPEECH, np.float32)
            speech[:, 0] = _NO_BLANK
            scorer.advance(speech)
        scores, lengths = scorer.advance(both)
        # What ended long before the peak does is another candidate.
        earliest = max(peak.start, peak.end - 1 - _APART) - begin
        at = earliest + int(scores[earliest:, 0].argmax())
        if not scores[at, 0] > self._lowest:
            return replace(peak, score=NOT_SAID), window.part(
                slice(peak.start - begin, peak.end - begin)
            )
        end = begin + at + 1
        start = max(begin, end - int(lengths[at, 0]))
        found = replace(peak, start=start, end=end, score=float(scores[at, 0]))
        return found, window.part(slice(start - begin, end - begin))


class FoundPlaces:
    """The last place that looks have found of each phrase in one stream."""

    def __init__(self) -> None:
        self._last: dict[int, Peak] = {}

    def holds(self, peak: Peak) -> bool:
        """Whether a look has found nothing later than one before."""
        before = self._last.get(peak.keyword)
        return before is not None and peak.end <= before.end

    def is_new(self, peak: Peak) -> bool:
        """Whether a look has not found again what the one before has found; then it is the last."""
        if self.holds(peak) and peak.score <= self._last[peak.keyword].score:
            return False
        self._last[peak.keyword] = peak
        return True


def heard_candidates(rows: EncodedRows, graph: KeywordGraph) -> Iterator[tuple[Peak, EncodedRows]]:
    """The candidates of a whole recording and their rows, after a closer look where `rows` hold
    what it needs; those that it does not find, or has found already, are left out. Their `pause`
    is what the rows that follow say."""
    for peak, part in _looked_at(rows, graph):
        following = rows.log_posteriors[peak.end : peak.end + PAUSE_ROWS]
        pause = pause_score(graph.phrases[peak.keyword].pause_weight, following, ended=True)
        yield replace(peak, pause=pause), part


def _looked_at(rows: EncodedRows, graph: KeywordGraph) -> Iterator[tuple[Peak, EncodedRows]]:
    """The candidates before what follows them."""
    look = None if rows.closer is None else CloserLook(graph)
    finder = candidate_finder(graph, looked_at=look is not None)
    places = FoundPlaces()
    for peak in (*finder.advance(rows.log_posteriors), *finder.finish()):
        if look is None:
            yield peak, rows.part(slice(peak.start, peak.end))
            continue
        found, part = look.look(peak, rows, 0)
        if found.score > NOT_SAID and places.is_new(found):
            yield found, part
