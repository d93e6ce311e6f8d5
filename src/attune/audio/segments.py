"""Recordings of any length in chunks that are cut at pauses."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from attune.audio.pcm import Float32
from attune.audio.voice import (
    HOP,
    SAMPLE_RATE,
    VoiceActivity,
    VoiceEvent,
    VoiceOptions,
    VoiceScores,
)
from attune.errors import InputError

__all__ = ["SpeechSegment", "speech_segments"]

_PAUSE_FRAMES = 25  # 0.5 s over which a pause is judged, so that longer ones win.
_SHORTEST_SECONDS = 2.0


@dataclass(frozen=True)
class SpeechSegment:
    """A chunk of a recording: 16 kHz float32 `samples` [sample] from `start` seconds on.

    `speech` is false where voice activity found none in it.
    """

    start: float
    samples: Float32
    speech: bool


def speech_segments(
    blocks: Iterable[Float32], *, max_seconds: float = 30.0, options: VoiceOptions | None = None
) -> Iterator[SpeechSegment]:
    """Consecutive blocks of 16 kHz float32 [sample] as chunks of a third to all of `max_seconds`.

    Each chunk ends in the clearest pause of that range, or, without one, where the sound is least
    above the noise. Only the last may be shorter. Together the chunks are the recording, sample by
    sample, and they do not depend on how it came in blocks. Memory is that of one chunk. Raises
    `InputError` if `max_seconds` is less than 2.
    """
    if max_seconds < _SHORTEST_SECONDS:
        raise InputError(f"segments of {max_seconds} s: give at least {_SHORTEST_SECONDS} s.")
    cutter = _Cutter(round(max_seconds * SAMPLE_RATE / HOP), options)
    for block in blocks:
        while len(block):
            taken = cutter.accept(block)
            block = block[taken:]
            if cutter.full:
                yield cutter.cut()
    if cutter.held:
        yield cutter.rest()


class _Cutter:
    """Holds up to `frames` of 20 ms, which are then cut at the best pause."""

    def __init__(self, frames: int, options: VoiceOptions | None) -> None:
        self.held = 0
        self._room = frames * HOP
        self._begin = 0  # Samples of the recording before those held, a multiple of HOP.
        self._blocks: list[Float32] = []
        self._scores = VoiceScores()
        self._heard: list[float] = []  # Scores of the frames held.
        self._activity = VoiceActivity(options)
        self._spoken: list[tuple[float, float]] = []  # Starts and ends in seconds.

    @property
    def full(self) -> bool:
        return self.held == self._room

    def accept(self, block: Float32) -> int:
        """Take as much of `block` [sample] as there is room for, and say how much."""
        block = block[: self._room - self.held]
        self._blocks.append(block)
        self.held += len(block)
        self._heard += self._scores.accept(block)
        self._note(self._activity.accept(block))
        return len(block)

    def cut(self) -> SpeechSegment:
        kernel = np.full(_PAUSE_FRAMES, 1 / _PAUSE_FRAMES)
        loudness = np.convolve(self._heard, kernel, mode="same")
        earliest, latest = len(self._heard) // 3, len(self._heard) - _PAUSE_FRAMES
        loudness = loudness[earliest:latest]
        # In long pauses it is nothing for a while: cut in the middle of the longest.
        faintest = np.flatnonzero(loudness == loudness.min())
        runs = np.split(faintest, np.flatnonzero(np.diff(faintest) > 1) + 1)
        longest = max(runs, key=len)
        frame = earliest + int(longest[len(longest) // 2])
        # The middle of that frame's window.
        return self._take((frame + 1) * HOP)

    def rest(self) -> SpeechSegment:
        self._note(self._activity.finish())
        return self._take(self.held)

    def _take(self, count: int) -> SpeechSegment:
        sound = np.concatenate(self._blocks)
        start, end = self._begin / SAMPLE_RATE, (self._begin + count) / SAMPLE_RATE
        speech = any(begin < end and over > start for begin, over in self._spoken)
        self._spoken = [(begin, over) for begin, over in self._spoken if over > end]
        self._blocks = [sound[count:].copy()]
        self.held -= count
        self._begin += count
        self._heard = self._heard[count // HOP :]
        return SpeechSegment(start, sound[:count], speech)

    def _note(self, events: list[VoiceEvent]) -> None:
        for event in events:
            if event.kind == "speech_start":
                self._spoken.append((event.seconds, math.inf))
            else:
                self._spoken[-1] = (self._spoken[-1][0], event.seconds)
