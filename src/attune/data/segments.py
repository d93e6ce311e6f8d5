"""Cutting utterances out of long recordings, reading each recording once."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from attune.audio import stream_audio, write_wav
from attune.data.report import Problem, Reason
from attune.errors import InputError

__all__ = ["RecordingCutter"]

SAMPLE_RATE = 16_000
LATEST = 1e6
"""Times are cut off here, in seconds (11 days): an infinite end means the recording's end."""
LONGEST = 1800.0
"""Longest segment, in seconds: it is held in memory (115 MB), and no utterance is half an hour."""


class RecordingCutter:
    """Cuts segments of the recording at `path`, given in order of their start times.

    Memory holds one segment, whatever the recording's length. Segments may overlap.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._blocks: Iterator[NDArray[np.float32]] | None = None
        self._held: deque[NDArray[np.float32]] = deque()
        self._start = 0  # the sample of the recording that _held begins with
        self._end = 0  # the sample after the last one read

    def cut(self, start: float, end: float, where: str, target: Path) -> Path | Problem:
        """Write the samples from `start` to `end` seconds to `target` (WAV, 16 kHz, mono).

        An end beyond the recording's is its end. Returns a Problem, told as found at `where`, when
        nothing of the segment lies in the recording, it is too long, or the audio cannot be read.
        """
        first = round(min(start, LATEST) * SAMPLE_RATE)
        limit = first + round(LONGEST * SAMPLE_RATE) + 1
        last = min(round(min(end, LATEST) * SAMPLE_RATE), limit)
        try:
            self._read_until(last, first)
        except InputError as error:
            return Problem(Reason.UNREADABLE, where, str(error))
        if self._end <= first:
            return Problem(Reason.SEGMENT, where, f"{self.path} ends before {start:g} s")
        if min(last, self._end) == limit:
            return Problem(Reason.SEGMENT, where, f"longer than {LONGEST / 60:g} minutes")
        samples = np.concatenate(self._held)[first - self._start : last - self._start]
        target.parent.mkdir(parents=True, exist_ok=True)
        write_wav(target, samples, SAMPLE_RATE)
        return target

    def _read_until(self, last: int, first: int) -> None:
        """Read on to sample `last`, or to the end, forgetting whole blocks before `first`."""
        if self._blocks is None:
            self._blocks = stream_audio(self.path, sample_rate=SAMPLE_RATE)
        while True:
            while self._held and self._start + len(self._held[0]) <= first:
                self._start += len(self._held.popleft())
            if self._end >= last:
                return
            block = next(self._blocks, None)
            if block is None:
                return
            self._held.append(block)
            self._end += len(block)
