"""The candidates of a live stream: where each keyword may have been said, before any threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from attune.acoustic import SAMPLE_RATE
from attune.keyword.closer_look import (
    CONTEXT_ROWS,
    CloserLook,
    FoundPlaces,
    candidate_finder,
    rows_before,
)
from attune.keyword.encoded_rows import EncodedRows, joined_rows
from attune.keyword.encoder_stream import KeywordEncoder
from attune.keyword.keyword_graph import KeywordGraph
from attune.keyword.pauses import PAUSE_ROWS, pause_score
from attune.keyword.scoring import NOT_SAID, Peak

__all__ = ["Candidate", "CandidateStream", "SecondPass"]

_SPEECH_ROWS = 1
_SILENT_ROWS = 8
_PIECE = SAMPLE_RATE  # of a long block of audio, so that what is looked at is still kept


@dataclass(frozen=True)
class Candidate:
    """A detection that no threshold was asked about yet; times in seconds since the stream began.

    `place` is the keyword's place among the model's phrases, `time` how much audio had been heard
    when it was known.
    """

    keyword: str
    place: int
    start: float
    end: float
    score: float
    time: float


class SecondPass(Protocol):
    """A closer look at the rows of a candidate, which gives it another score."""

    def score(self, peak: Peak, rows: EncodedRows) -> float:
        """The score of `peak` from `rows`, those of the peak alone."""
        ...


class CandidateStream:
    """Encoder, scorer, closer look and second pass of one stream; one thread at a time.

    Every local maximum of a keyword's score is told, however low, in order of time, and told again
    with a better score with each row of the pause that follows it: whoever waits for a threshold
    learns of it at once where the pause is not needed. The encoder hears row by row, and more of
    them at a time, which costs less, as long as there is nothing but silence.
    """

    def __init__(
        self,
        encoder: KeywordEncoder,
        graph: KeywordGraph,
        second_pass: SecondPass | None = None,
    ) -> None:
        self._encoder, self._phrases, self._second_pass = encoder, graph.phrases, second_pass
        self._look = None if encoder.closer is None else CloserLook(graph)
        self._finder = candidate_finder(graph, looked_at=self._look is not None)
        options = graph.options
        self._before_rows = rows_before(options)
        longest = max(len(p) for phrase in graph.phrases for p in phrase.pronunciations)
        self._kept = options.rows_a_phone * longest + options.rows_more + 1
        self.reset()

    @property
    def longest_seconds(self) -> float:
        """The longest time that a keyword may take, until it is told."""
        rows = self._kept + self._before_rows + self._encoder.delay + PAUSE_ROWS + 2
        return rows * self._encoder.row_seconds

    def accept(self, samples: NDArray[np.float32]) -> list[Candidate]:
        """Hear more audio, float32 at 16 kHz: what it brought."""
        found: list[Candidate] = []
        for first in range(0, len(samples), _PIECE):
            found += self._accept(samples[first : first + _PIECE])
        return found

    def _accept(self, samples: NDArray[np.float32]) -> list[Candidate]:
        self._samples += len(samples)
        self._waiting.append(samples)
        self._unheard += len(samples)
        rows = _SILENT_ROWS if self._quiet >= _SILENT_ROWS else _SPEECH_ROWS
        if self._unheard < rows * self._encoder.row_seconds * SAMPLE_RATE:
            return []
        return self._found(self._stream.accept(self._taken()))

    def finish(self) -> list[Candidate]:
        """End the audio: the last candidates."""
        found = self._found(self._stream.accept(self._taken()))
        found += self._found(self._stream.finish())
        self._take(self._finder.finish())
        return found + self._told(self._rows, ended=True)

    def latest(self) -> list[Candidate]:
        """How well keywords fit that may be ending just now, whether or not they become candidates;
        those that do not fit at all are left out. For showing the course of the scores."""
        peaks = [self._looked_at(peak) for peak in self._finder.latest()]
        # Until its pause was seen, what was found is among those that are open.
        fits = [self._followed(peak, self._rows) for peak in peaks if not self._places.holds(peak)]
        best: dict[int, Peak] = {}
        for peak in [*self._open, *fits]:
            if peak.score == NOT_SAID:
                continue
            if peak.keyword not in best or best[peak.keyword].total < peak.total:
                best[peak.keyword] = peak
        return [self._candidate(peak) for peak in best.values()]

    def reset(self) -> None:
        """Begin anew with another stream."""
        self._stream = self._encoder.stream(self._kept_frames_rows())
        self._heard_closer: tuple[int, int, NDArray[np.float32]] | None = None
        self._finder.reset()
        self._samples = 0
        self._waiting: list[NDArray[np.float32]] = []
        self._unheard = 0  # samples that wait
        self._quiet = 0  # rows since something other than the blank was the best
        self._rows = 0
        self._recent: EncodedRows | None = None
        self._places = FoundPlaces()
        self._open: list[Peak] = []  # candidates whose pause may still be seen

    def _kept_frames_rows(self) -> int:
        """How many rows' frames the closer look may ask for."""
        if self._look is None:
            return 0
        at_once = round(_PIECE / SAMPLE_RATE / self._encoder.row_seconds) + _SILENT_ROWS
        return self._kept + self._before_rows + CONTEXT_ROWS + self._encoder.delay + at_once

    def _taken(self) -> NDArray[np.float32]:
        waiting, self._waiting, self._unheard = self._waiting, [], 0
        return np.concatenate([np.zeros(0, np.float32), *waiting])

    def _found(self, rows: EncodedRows) -> list[Candidate]:
        if not len(rows.hidden):
            return []
        spoken = np.flatnonzero(rows.log_posteriors.argmax(1))
        quiet = len(rows.hidden) - 1 - int(spoken[-1]) if len(spoken) else None
        self._quiet = self._quiet + len(rows.hidden) if quiet is None else quiet
        peaks = self._finder.advance(rows.log_posteriors)
        before = self._rows
        self._rows += len(rows.hidden)
        self._recent = rows if self._recent is None else joined_rows([self._recent, rows])
        self._take(peaks)
        found = [one for row in range(before + 1, self._rows + 1) for one in self._told(row)]
        self._recent = self._recent.part(slice(-self._kept - self._before_rows, None))
        return found

    def _take(self, peaks: Sequence[Peak]) -> None:
        """Open the candidates of new peaks, after all looks; what a look finds again is none."""
        for peak in peaks:
            looked = self._looked_at(peak)
            seen = self._look is not None and looked.score > NOT_SAID
            if not seen or self._places.is_new(looked):
                self._open.append(replace(looked, pause=-np.inf))

    def _told(self, row: int, *, ended: bool = False) -> list[Candidate]:
        """What is new of the open candidates when so many rows were heard."""
        found, still = [], []
        for peak in self._open:
            if peak.told > row:
                still.append(peak)
                continue
            followed = self._followed(peak, row, ended=ended)
            if followed.pause > peak.pause:
                found.append(self._candidate(followed))
            if row < peak.end + PAUSE_ROWS and followed.pause < 0.0:
                still.append(followed)
        self._open = still
        return found

    def _followed(self, peak: Peak, row: int, *, ended: bool = False) -> Peak:
        """`peak` with what the rows after it say, those before `row`."""
        assert self._recent is not None
        weight = self._phrases[peak.keyword].pause_weight
        if not weight or peak.score == NOT_SAID:
            return replace(peak, pause=0.0)
        first = self._rows - len(self._recent.hidden)
        heard = self._recent.log_posteriors[peak.end - first : row - first]
        return replace(peak, pause=pause_score(weight, heard, ended=ended))

    def _candidate(self, peak: Peak) -> Candidate:
        seconds = self._encoder.row_seconds
        return Candidate(
            self._phrases[peak.keyword].text,
            peak.keyword,
            round(peak.start * seconds, 3),
            round(peak.end * seconds, 3),
            peak.total,
            self._samples / SAMPLE_RATE,
        )

    def _looked_at(self, peak: Peak) -> Peak:
        """`peak` with the score of the looks that there are."""
        recent = self._recent
        if recent is None:
            return peak
        first = self._rows - len(recent.hidden)
        if self._look is not None:
            begin = max(first, peak.start - self._before_rows)
            rows = recent.part(slice(begin - first, peak.told - first))
            rows = replace(rows, closer=self._closer(begin, peak.told))
            peak, rows = self._look.look(peak, rows, begin)
        else:
            rows = recent.part(slice(max(0, peak.start - first), peak.end - first))
        if self._second_pass is None or peak.score == NOT_SAID:
            return peak
        return replace(peak, score=self._second_pass.score(peak, rows))

    def _closer(self, begin: int, told: int) -> NDArray[np.float32]:
        """What the closer encoder hears in rows `begin` to `told`, as far as the audio went when
        row `told` was heard: the same whatever the blocks in which audio comes."""
        assert self._encoder.closer is not None
        known = self._heard_closer
        if known is None or known[1] != told or known[0] > begin:
            start = max(0, begin - CONTEXT_ROWS)
            frames = self._stream.frames(start, told + self._encoder.delay)
            known = begin, told, self._encoder.closer.rows(frames)[begin - start : told - start]
            self._heard_closer = known
        return known[2][begin - known[0] :]
