"""The opening of an utterance: what is looked at when, and what decides."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from attune.keyword import Detection, KeywordPhrase, Look, Verdict
from attune.keyword.opening import KeywordOpening

RATE, ROW = 16_000, 640
PHRASE = KeywordPhrase("see team", (("S", "IY", "T", "IY", "M"),))


@dataclass
class Scripted:
    """A verifier whose looks at rows have these scores, one after the other, and that at the whole
    `whole`; remembers how many rows and samples it was shown."""

    scores: list[float]
    whole: float
    threshold: float = -7.5
    sure: float = -5.5
    shown: list[tuple[int, int]] = field(default_factory=list)
    first_samples: list[float] = field(default_factory=list)

    def look(
        self, rows: NDArray[np.float32], phrase: KeywordPhrase, audio: NDArray[np.float32]
    ) -> Look:
        self.shown.append((len(rows), len(audio)))
        self.first_samples.append(float(audio[0]))
        return Look(self.scores.pop(0), 0, len(rows))

    def verify(self, detection: Detection) -> Verdict:
        return Verdict(True, detection.keyword, self.whole, self.threshold, 0.0)


def opened(verifier: Scripted, *, heard: float, hit: float, rows: list[int]) -> KeywordOpening:
    """An opening that was shown so many rows at a time, of `heard` seconds of audio whose samples
    are numbered; the hit ended at `hit` seconds."""
    audio = np.arange(round(heard * RATE), dtype=np.float32)
    detection = Detection(PHRASE.text, hit - 0.6, hit, 0.0, hit + 0.2, audio[: round(RATE * hit)])
    detection = Detection(PHRASE.text, hit - 0.6, hit, 0.0, hit, detection.audio)
    opening = KeywordOpening(detection, PHRASE, verifier, 0.04, lambda: audio)
    for count in rows:
        opening.look(np.zeros((count, 40), np.float32))
    return opening


@pytest.mark.parametrize(
    ("scores", "whole", "verdict"),
    [
        # Sure at once: no other look.
        ([-5.0], -20.0, ("Accepted", -5.0)),
        # Sure at the second look.
        ([-7.0, -5.5], -20.0, ("Accepted", -5.5)),
        # Never sure: the last look and twice the one at the whole, whatever came before.
        ([-6.0, -9.0, -8.0, -8.1], -7.2, ("Accepted", -7.5)),
        ([-6.0, -6.0, -6.0, -8.8], -7.0, ("Rejected", -7.6)),
        ([-9.0, -9.0, -9.0, -6.0], -7.5, ("Accepted", -7.0)),
    ],
)
def test_verdicts(scores: list[float], whole: float, verdict: tuple[str, float]) -> None:
    # The hit ends with row 40; looks begin two rows behind it and end fifteen behind.
    verifier = Scripted([*scores], whole)
    opening = opened(verifier, heard=4.0, hit=1.6, rows=[42, 4, 4, 5])
    assert opening.verdict is not None
    assert opening.verdict.status == verdict[0]
    assert opening.verdict.score == pytest.approx(verdict[1])
    assert len(verifier.shown) == len(scores)


def test_rows_and_audio_begin_together_and_end_nearly_so() -> None:
    verifier = Scripted([-9.0] * 4, -9.0)
    opened(verifier, heard=10.0, hit=1.6, rows=[42, 4, 4, 5])
    # Two seconds are 50 rows; the audio goes on for 0.2 s behind them.
    rows = [42, 46, 50, 50]
    firsts = [0, 0, 0, 5]
    assert verifier.shown == [(count, ROW * count + 3200) for count in rows]
    assert verifier.first_samples == [ROW * first for first in firsts]


def test_audio_goes_no_further_than_was_heard() -> None:
    verifier = Scripted([-9.0], -9.0)
    opened(verifier, heard=1.7, hit=1.6, rows=[42])
    assert verifier.shown == [(42, round(1.7 * RATE))]
