"""The keyword as the opening of an utterance: verified in the posteriors that recognition computes.

Words need not wait: the search starts behind the keyword as soon as the hit has been heard, while
the verdict may take a little longer. A stream's posteriors know little of what comes after them, so
where they leave a doubt the two seconds are looked at once more as a whole, and that look and, half
as much, the stream's last count.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from attune.acoustic import SAMPLE_RATE
from attune.keyword.detection import Detection
from attune.keyword.phrase import KeywordPhrase
from attune.keyword.verification import LOOK_SECONDS, Look, Verdict, Verifier
from attune.lexicon import PHONE_INDEX
from attune.recognize import Prefix, Word
from attune.text import normalize

__all__ = ["KeywordOpening", "shown_keyword"]

Floats = NDArray[np.float32]

_BEHIND = 0.08  # seconds behind the hit that the first look takes in
_WAIT = 0.6  # and the last
_WHOLE = 2  # times that the look at the whole counts
_AHEAD = 0.2  # seconds behind the rows that another network may want to hear
_BLUR = 0.4  # seconds that spotter and recogniser may differ about where the keyword ends


class KeywordOpening:
    """Finds the keyword that was detected, and decides whether it is one.

    An `attune.recognize.Opening` of a stream whose audio is that of the detection and what
    follows; `heard` returns it so far, float32 [samples]. `verdict` is None until there is one:
    accepted as soon as a look's score is sure, decided otherwise 0.6 s after the hit.
    """

    def __init__(
        self,
        detection: Detection,
        phrase: KeywordPhrase,
        verifier: Verifier,
        row_seconds: float,
        heard: Callable[[], Floats],
    ) -> None:
        self.words = tuple(normalize(phrase.text).split())
        self._phrase, self._verifier, self._row_seconds = phrase, verifier, row_seconds
        self._last_phones = {PHONE_INDEX[phones[-1]] for phones in phrase.pronunciations}
        self._detection, self._audio = detection, heard
        origin = detection.time - len(detection.audio) / SAMPLE_RATE
        self._start = max(0, int((detection.start - origin) / row_seconds))
        self._hit = max(1, math.ceil((detection.end - origin) / row_seconds))
        self._rows = np.zeros((0, 0), np.float32)
        self._begun = time.perf_counter()
        self._best, self._last = Look(-math.inf, 0, 0), -math.inf
        self._told: tuple[Look, int] | None = None
        self._passed = False
        self.verdict: Verdict | None = None

    @property
    def settled(self) -> bool:
        """Whether there is a verdict and the keyword has passed."""
        return self.verdict is not None and self._passed

    def look(self, rows: Floats) -> Prefix | None:
        """The next rows, [rows, symbols]; the keyword and where it ends, when that is known."""
        self._rows = np.concatenate([self._rows, rows]) if len(self._rows) else rows
        heard = len(self._rows)
        if heard < self._hit + self._in_rows(_BEHIND):
            return None
        return self._found(late=heard >= self._hit + self._in_rows(_WAIT))

    def close(self) -> Prefix | None:
        """No audio follows: a verdict and a prefix by what was heard."""
        return self._found(late=True)

    def _found(self, *, late: bool) -> Prefix | None:
        if self.verdict is None:
            self._consider()
            if self._best.score >= self._verifier.sure:
                self._decide(self._best.score)
            elif late:
                self._decide((self._last + _WHOLE * self._score_as_a_whole()) / (1 + _WHOLE))
        end = self._behind(self._best.end)
        self._passed = end < len(self._rows) or late
        if not self._passed or self._told == (self._best, end):
            return None
        self._told = self._best, end
        return self._prefix(end)

    def _behind(self, end: int) -> int:
        """The first row from `end` on that does not go on with the keyword's last phone."""
        while end < len(self._rows) and int(self._rows[end].argmax()) in self._last_phones:
            end += 1
        return end

    def _consider(self) -> None:
        """Look at the last two seconds until now, and remember this look's score and the best."""
        first = max(0, len(self._rows) - self._in_rows(LOOK_SECONDS))
        until = len(self._rows) * self._row_seconds + _AHEAD
        audio = self._audio()[self._in_samples(first * self._row_seconds) : self._in_samples(until)]
        found = self._verifier.look(self._rows[first:], self._phrase, audio)
        self._last = found.score
        start, end = found.start + first, found.end + first
        if abs(end - self._hit) > self._in_rows(_BLUR):
            start, end = self._start, self._hit
        if found.score > self._best.score:
            self._best = Look(found.score, start, end)

    def _score_as_a_whole(self) -> float:
        until = (self._hit + self._in_rows(_WAIT)) * self._row_seconds
        audio = self._audio()[: self._in_samples(until)]
        return self._verifier.verify(replace(self._detection, audio=audio)).score

    def _decide(self, score: float) -> None:
        threshold = self._verifier.threshold
        self.verdict = Verdict(
            score >= threshold,
            self._phrase.text,
            score,
            threshold,
            time.perf_counter() - self._begun,
        )

    def _in_rows(self, seconds: float) -> int:
        return round(seconds / self._row_seconds)

    @staticmethod
    def _in_samples(seconds: float) -> int:
        return round(seconds * SAMPLE_RATE)

    def _prefix(self, end: int) -> Prefix:
        begin, until = self._best.start * self._row_seconds, self._best.end * self._row_seconds
        score = self._best.score if self.verdict is None else self.verdict.score
        far = min(30.0, self._verifier.threshold - score)
        words = _spread(self.words, begin, until, round(1.0 / (1.0 + math.exp(far)), 4))
        return Prefix(shown_keyword(self._phrase.text), words, end)


def shown_keyword(text: str) -> str:
    """A keyword as display text: "hey atlas" becomes "Hey Atlas", capitals of one's own stay."""
    if text != text.lower():
        return text
    return " ".join(word[:1].upper() + word[1:] for word in text.split())


def _spread(spoken: Sequence[str], start: float, end: float, sure: float) -> tuple[Word, ...]:
    """Words over a stretch of time, each as long as its letters."""
    ends = np.cumsum([len(word) for word in spoken])
    edges = [start + (end - start) * at / ends[-1] for at in (0, *ends)]
    return tuple(
        Word(word, round(float(edges[i]), 3), round(float(edges[i + 1]), 3), sure)
        for i, word in enumerate(spoken)
    )
