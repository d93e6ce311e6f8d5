"""From the search's hypotheses to results: times, confidence, display text."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from attune.decode import DecodedWord, Hypothesis
from attune.recognize.calibration import Calibration, margin_of
from attune.recognize.results import Alternative, Result, Token, Word

__all__ = ["ROW_SECONDS", "Display", "Readout", "joined"]

ROW_SECONDS = 0.04
"""Seconds from one row of posteriors to the next, of Attune's own encoders."""


@dataclass(frozen=True, slots=True)
class Display:
    """Display text and its tokens."""

    text: str
    tokens: tuple[Token, ...]


DisplayText = Callable[[Sequence[str], Sequence[float]], Display]
"""Words and the pause after each (seconds) to display text."""


def plain_display(words: Sequence[str], pauses: Sequence[float]) -> Display:
    """The words as they were said."""
    return Display(" ".join(words), tuple(Token(w, i, i + 1) for i, w in enumerate(words)))


class Readout:
    """Makes results of one model, whose rows of posteriors lie `row_seconds` apart."""

    def __init__(
        self, calibration: Calibration, display: DisplayText, row_seconds: float = ROW_SECONDS
    ) -> None:
        self.calibration, self.display = calibration, display
        self.row_seconds = row_seconds

    def words(self, words: Sequence[DecodedWord], offset: float, limit: float) -> tuple[Word, ...]:
        """Words with times from the start of the audio; `offset` and `limit` are the stretch's."""
        timed = []
        floor = offset
        for word in words:
            start = offset + word.start * self.row_seconds + self.calibration.start_shift
            end = offset + word.end * self.row_seconds + self.calibration.end_shift
            start = min(max(start, floor), limit)
            end = min(max(end, start), limit)
            confidence = self.calibration.word_confidence(word)
            timed.append(Word(word.text, round(start, 3), round(end, 3), round(confidence, 4)))
            floor = end
        return tuple(timed)

    def result(self, hypotheses: Sequence[Hypothesis], offset: float, limit: float) -> Result:
        """The result of one utterance, best hypothesis first."""
        words = self.words(hypotheses[0].words, offset, limit) if hypotheses else ()
        if not words:
            return Result("", "", (), (), (), 0.0, offset, limit)
        display = self._show(words, limit)
        confidence = self.calibration.utterance_confidence(
            [w.confidence for w in words], margin_of(hypotheses)
        )
        alternatives = []
        for hypothesis, share in zip(hypotheses, self._shares(hypotheses, confidence), strict=True):
            shown = self._show(self.words(hypothesis.words, offset, limit), limit)
            alternatives.append(
                Alternative(
                    shown.text,
                    " ".join(w.text for w in hypothesis.words),
                    round(hypothesis.score, 3),
                    round(share, 4),
                )
            )
        return Result(
            display.text,
            " ".join(w.text for w in words),
            words,
            display.tokens,
            tuple(alternatives),
            round(confidence, 4),
            round(offset, 3),
            round(limit, 3),
        )

    def _shares(self, hypotheses: Sequence[Hypothesis], confidence: float) -> list[float]:
        """The best one's confidence, and what it leaves shared out by score among the others."""
        scale, best = self.calibration.posterior_scale, hypotheses[0].score
        weights = [math.exp(scale * (h.score - best)) for h in hypotheses[1:]]
        rest = sum(weights) or 1.0
        return [confidence, *((1.0 - confidence) * w / rest for w in weights)]

    def _show(self, words: Sequence[Word], limit: float) -> Display:
        if not words:  # An alternative may be that nothing was said.
            return Display("", ())
        following = [w.start for w in words[1:]] + [limit]
        pauses = [max(0.0, after - w.end) for w, after in zip(words, following, strict=True)]
        return self.display([w.text for w in words], pauses)


def joined(utterances: Sequence[Result], start: float, end: float) -> Result:
    """One result of consecutive utterances; a single one keeps its alternatives."""
    spoken = [u for u in utterances if u.words]
    if not spoken:
        return Result("", "", (), (), (), 0.0, start, end, tuple(utterances))
    words = tuple(w for u in spoken for w in u.words)
    tokens, before = [], 0
    for u in spoken:
        tokens += [Token(t.text, t.first + before, t.last + before) for t in u.tokens]
        before += len(u.words)
    text, lexical = " ".join(u.text for u in spoken), " ".join(u.lexical for u in spoken)
    confidence = round(sum(u.confidence * len(u.words) for u in spoken) / len(words), 4)
    alternatives = (
        spoken[0].alternatives
        if len(spoken) == 1
        else (
            Alternative(
                text, lexical, round(sum(u.alternatives[0].score for u in spoken), 3), confidence
            ),
        )
    )
    return Result(
        text, lexical, words, tuple(tokens), alternatives, confidence, start, end, tuple(utterances)
    )
