"""Live spotting: samples in, detections out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attune.acoustic import SAMPLE_RATE, as_float
from attune.errors import InputError
from attune.keyword.candidates import Candidate, CandidateStream
from attune.keyword.detection import Detection

__all__ = ["LONGEST_PRE_ROLL", "REFRACTORY_SECONDS", "Spotter", "has_rested"]

REFRACTORY_SECONDS = 1.0
"""How long a keyword that was detected is not detected again, so that it counts once."""

LONGEST_PRE_ROLL = 30.0
"""Seconds of audio before a keyword that a spotter can keep."""

_ROUNDING = 1e-6  # a second of rows of 40 ms may come out a little less


def has_rested(before: float, now: float, refractory: float = REFRACTORY_SECONDS) -> bool:
    """Whether a keyword that was told when it ended at `before` may be told again at `now`."""
    return now - before >= refractory - _ROUNDING


class Spotter:
    """One stream of 16 kHz mono audio in which keywords are listened for; one thread at a time.

    Made by `KeywordModel.spotter`. Tells each of the stream's candidates whose score reaches its
    keyword's threshold, unless the same keyword was told less than `REFRACTORY_SECONDS` before
    (counted between the ends of the two). Memory does not grow with the stream.
    """

    def __init__(
        self,
        candidates: CandidateStream,
        keywords: Sequence[str],
        thresholds: Sequence[float],
        pre_roll: float,
        longest: float,
    ) -> None:
        if not 0.0 <= pre_roll <= LONGEST_PRE_ROLL:
            raise InputError(f"pre-roll of {pre_roll} s: give 0 to {LONGEST_PRE_ROLL:g} s")
        self.thresholds = tuple(thresholds)
        self._candidates, self._keywords = candidates, tuple(keywords)
        self._pre_roll = pre_roll
        self._ring = AudioRing(round((pre_roll + longest) * SAMPLE_RATE))
        self._ended = [-np.inf] * len(self._keywords)
        self._finished = False

    @property
    def seconds(self) -> float:
        """How much audio was accepted."""
        return self._ring.heard / SAMPLE_RATE

    def scores(self) -> tuple[float | None, ...]:
        """How well each keyword fits that may be ending just now, comparable with `thresholds`;
        None where it does not fit at all. For showing their course: ask every 0.1 s or so."""
        fits = {one.place: one.score for one in self._candidates.latest()}
        return tuple(fits.get(place) for place in range(len(self._keywords)))

    def accept(self, samples: NDArray[Any]) -> list[Detection]:
        """Hear more audio: int16, or float32 in [-1, 1], [samples], any number.

        Returns what it brought. InputError for another type or shape, NaN, or a finished stream.
        """
        if self._finished:
            raise InputError("the stream is finished: call reset() before more audio")
        audio = as_float(samples)
        found: list[Detection] = []
        # A long block is heard piece by piece: the ring must still hold what is detected in it.
        for first in range(0, len(audio), SAMPLE_RATE):
            piece = audio[first : first + SAMPLE_RATE]
            self._ring.write(piece)
            found += self._told(self._candidates.accept(piece))
        return found

    def finish(self) -> list[Detection]:
        """End the audio: the last detections. The stream takes no more until `reset`."""
        if self._finished:
            return []
        self._finished = True
        return self._told(self._candidates.finish())

    def reset(self) -> None:
        """Begin anew with another stream: nothing was heard."""
        self._candidates.reset()
        self._ring.clear()
        self._ended = [-np.inf] * len(self._keywords)
        self._finished = False

    def _told(self, candidates: list[Candidate]) -> list[Detection]:
        found = []
        for one in candidates:
            if one.score < self.thresholds[one.place]:
                continue
            if not has_rested(self._ended[one.place], one.end):
                continue
            self._ended[one.place] = one.end
            audio = self._ring.since(one.start - self._pre_roll)
            found.append(Detection(one.keyword, one.start, one.end, one.score, self.seconds, audio))
        return found


class AudioRing:
    """The last `capacity` samples of a stream."""

    def __init__(self, capacity: int) -> None:
        self._samples = np.zeros(max(1, capacity), np.float32)
        self.heard = 0

    def write(self, samples: NDArray[np.float32]) -> None:
        """Take more samples."""
        kept = samples[-len(self._samples) :]
        begin = (self.heard + len(samples) - len(kept)) % len(self._samples)
        first = min(len(kept), len(self._samples) - begin)
        self._samples[begin : begin + first] = kept[:first]
        self._samples[: len(kept) - first] = kept[first:]
        self.heard += len(samples)

    def since(self, seconds: float) -> NDArray[np.float32]:
        """A copy of what was heard from `seconds` on, as far as it is still there."""
        first = max(0, round(seconds * SAMPLE_RATE), self.heard - len(self._samples))
        begin, end = first % len(self._samples), self.heard % len(self._samples)
        if self.heard - first and begin >= end:
            return np.concatenate([self._samples[begin:], self._samples[:end]])
        return self._samples[begin:end].copy()

    def clear(self) -> None:
        """Forget everything."""
        self.heard = 0
