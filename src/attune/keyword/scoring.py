"""Where a phrase may have been said, and how well it fits.

Every pronunciation is a chain of phones with blanks between them. At each row of the encoder's log
posteriors the chain's paths are weighed against the best symbol of every row that they pass, which
is the best path of "anything else" (keyword against filler: Rose & Paul 1990; on CTC posteriors:
Hwang et al. 2015). Alternative alignments add up, the sum is divided by the number of phones, so a
score is the natural log of how much worse the phrase fits than the best of everything, a phone: 0
or so when nothing fits better, -1 when each phone is e times less likely. A phrase is found in
mid-sentence too, where it has to fit a little better (`SpotOptions`).

A candidate is a local maximum of the score. What a spotter tells are the candidates that reach a
threshold, so the candidates themselves do not depend on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attune.decode import PathScorer, SpotOptions
from attune.keyword.phrase import KeywordPhrase
from attune.lexicon import PHONE_INDEX, PHONES

__all__ = ["LOWEST_SCORE", "NOT_SAID", "Peak", "PeakFinder", "maxima", "path_scorer", "scores"]

Floats = NDArray[np.float32]

SYMBOLS = 1 + len(PHONES)
LOWEST_SCORE = SpotOptions().lowest
"""Nothing that fits worse is a keyword."""

NOT_SAID = -20.0
"""The score of a candidate in which a closer look does not find the phrase."""


@dataclass(frozen=True)
class Peak:
    """A place where a phrase may have been said.

    `keyword` is the phrase's place, rows `start` to `end` (half open) hold it, `score` is how well
    it fits (greater is better); it was known when row `told` had been heard. `pause` (0 or less)
    is what the score changes by because of what follows (`attune.keyword.pauses`).
    """

    keyword: int
    start: int
    end: int
    score: float
    told: int
    pause: float = 0.0

    @property
    def total(self) -> float:
        """The score that thresholds are for."""
        return self.score + self.pause


def path_scorer(phrases: Sequence[KeywordPhrase], options: SpotOptions | None = None) -> PathScorer:
    """The scorer of the phrases' pronunciations in posteriors over the 39 phones."""
    return PathScorer(
        [[[PHONE_INDEX[p] for p in one] for one in phrase.pronunciations] for phrase in phrases],
        SYMBOLS,
        options,
    )


class PeakFinder:
    """The candidates of one stream, in order of time; one thread at a time.

    A candidate is told one row after it, when its score has not been reached again. Those that
    score no more than `least` (of each phrase; default: the options' `lowest`) are none.
    """

    def __init__(
        self,
        phrases: Sequence[KeywordPhrase],
        options: SpotOptions | None = None,
        least: Sequence[float] = (),
    ) -> None:
        self._scorer = path_scorer(phrases, options)
        self._count = len(phrases)
        lowest = (options or SpotOptions()).lowest
        self._least = np.array(least or (lowest,) * len(phrases), np.float32)
        self._rows = 0
        self._before = self._nothing()

    def latest(self) -> list[Peak]:
        """Where keywords fit now: for each the better of the last two rows as its end; those that
        fit in neither are left out."""
        scores, lengths = self._before
        first = self._rows - len(scores)
        return [
            Peak(
                keyword,
                first + row + 1 - int(lengths[row, keyword]),
                first + row + 1,
                float(scores[row, keyword]),
                self._rows,
            )
            for keyword, row in enumerate(scores.argmax(0).tolist())
            if scores[row, keyword] > self._least[keyword]
        ]

    def advance(self, posteriors: Floats) -> list[Peak]:
        """The candidates that log posteriors [rows, 40] bring; InputError for NaN or another
        shape."""
        if not len(posteriors):
            return []
        scores, lengths = self._scorer.advance(posteriors)
        return self._peaks(scores, lengths)

    def finish(self) -> list[Peak]:
        """The candidates that the stream's end brings."""
        silent = np.full((1, self._count), -np.inf, np.float32)
        peaks = self._peaks(silent, np.zeros((1, self._count), np.uint32))
        return [Peak(p.keyword, p.start, p.end, p.score, p.end) for p in peaks]

    def reset(self) -> None:
        """Begin anew with another stream."""
        self._scorer.reset()
        self._rows, self._before = 0, self._nothing()

    def _nothing(self) -> tuple[Floats, NDArray[np.uint32]]:
        """Scores and lengths of the last two rows, before there are any."""
        return (
            np.full((2, self._count), -np.inf, np.float32),
            np.zeros((2, self._count), np.uint32),
        )

    def _peaks(self, scores: Floats, lengths: NDArray[np.uint32]) -> list[Peak]:
        scores = np.concatenate([self._before[0], scores])
        lengths = np.concatenate([self._before[1], lengths])
        rows = self._rows
        self._rows += len(scores) - 2
        self._before = scores[-2:], lengths[-2:]
        middle = scores[1:-1]
        fits = middle > self._least
        if not fits.any():
            return []
        found = maxima(scores) & fits
        # Row 0 of `scores` is two rows before the first new one.
        first = rows - 1
        peaks = []
        for at, keyword in np.argwhere(found).tolist():
            end = first + at + 1
            peaks.append(
                Peak(
                    keyword,
                    end - int(lengths[at + 1, keyword]),
                    end,
                    float(middle[at, keyword]),
                    end + 1,
                )
            )
        return peaks


def maxima(scores: Floats) -> NDArray[np.bool_]:
    """Which scores [rows, phrases] are candidates, [rows - 2, phrases]: of all but the first and
    the last row."""
    middle = scores[1:-1]
    found: NDArray[np.bool_] = (middle > scores[2:]) & (middle >= scores[:-2])
    return found


def scores(
    posteriors: Floats, phrase: KeywordPhrase, options: SpotOptions | None = None
) -> tuple[Peak, ...]:
    """Every candidate of one phrase in log posteriors [rows, 40] above the options'
    `lowest`, in order of time. InputError for NaN or another shape."""
    finder = PeakFinder([phrase], options)
    return (*finder.advance(posteriors), *finder.finish())
