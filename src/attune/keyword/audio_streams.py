"""Live audio for a `KeywordRecognizer`: pushed by whoever records it, or pulled by a function."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from attune.acoustic import SAMPLE_RATE, as_float
from attune.audio import Resampler, stream_audio
from attune.errors import InputError

__all__ = ["AudioInput", "PullStream", "PushStream", "recording"]

Floats = NDArray[np.float32]
Samples = NDArray[Any] | bytes
"""[samples] of int16, or float32 in [-1, 1]; or the bytes of little-endian int16."""

_PULL_SECONDS = 0.1


class AudioInput(Protocol):
    """Where a recogniser gets its audio; one reader at a time."""

    def read(self, timeout: float) -> Floats | None:
        """The next samples at 16 kHz: float32 [samples], none when nothing came in `timeout`
        seconds, None when the audio has ended."""
        ...


class PushStream:
    """Audio that somebody writes as it is recorded, at `sample_rate` Hz, mono.

    Holds up to `capacity` seconds that were not read yet: `write` waits for room then. Threads may
    write and read at the same time. InputError for a rate that sound does not have.
    """

    def __init__(self, sample_rate: int = SAMPLE_RATE, *, capacity: float = 10.0) -> None:
        if not 0.1 <= capacity <= 3600.0:
            raise InputError(f"a capacity of {capacity} s: give 0.1 to 3600 s")
        self._resampler = Resampler(sample_rate, SAMPLE_RATE)
        self._room = int(capacity * SAMPLE_RATE)
        self._changed = threading.Condition()
        self._blocks: deque[Floats] = deque()
        self._waiting = 0  # samples
        self._closed = False

    def write(self, samples: Samples, timeout: float | None = None) -> bool:
        """Add audio; False, and nothing was added, when there was no room for `timeout` seconds
        (None: wait for as long as it takes).

        InputError for samples of another type or shape, NaN, and a closed stream.
        """
        audio = _audio(samples)
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._waiting < self._room, timeout)
            if self._closed:
                raise InputError("the audio stream is closed: make a new one for more audio")
            if self._waiting >= self._room:
                return False
            self._add(self._resampler.accept(audio))
        return True

    def close(self) -> None:
        """Say that no more audio comes. What was written can still be read."""
        with self._changed:
            if not self._closed:
                self._closed = True
                self._add(self._resampler.finish())

    def read(self, timeout: float) -> Floats | None:
        """The next samples at 16 kHz, none when nothing came in `timeout` seconds, None at the
        end."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._blocks, timeout)
            if not self._blocks:
                return None if self._closed else np.zeros(0, np.float32)
            block = self._blocks.popleft()
            self._waiting -= len(block)
            self._changed.notify_all()
            return block

    def _add(self, block: Floats) -> None:
        if len(block):
            self._blocks.append(block)
            self._waiting += len(block)
        self._changed.notify_all()


class PullStream:
    """Audio from a function that is asked for a number of samples at `sample_rate` Hz, mono.

    `source` may wait, and returns at most so many samples; none, or None, is the end. InputError
    for a rate that sound does not have; while reading, for samples that cannot be used.
    """

    def __init__(
        self, source: Callable[[int], Samples | None], sample_rate: int = SAMPLE_RATE
    ) -> None:
        self._source, self._count = source, max(1, round(_PULL_SECONDS * sample_rate))
        self._resampler = Resampler(sample_rate, SAMPLE_RATE)
        self._ended = False

    def read(self, timeout: float) -> Floats | None:
        """The next samples at 16 kHz, None at the end; waits for as long as `source` does."""
        begun = time.monotonic()
        while not self._ended:
            pulled = self._source(self._count)
            self._ended = pulled is None or len(pulled) == 0
            block = (
                self._resampler.finish()
                if pulled is None or self._ended
                else self._resampler.accept(_audio(pulled))
            )
            if len(block) or (not self._ended and time.monotonic() - begun > timeout):
                return block
        return None


def recording(path: str | os.PathLike[str]) -> PullStream:
    """A recording of any kind and rate as a stream; InputError, while reading, as `stream_audio`
    raises it."""
    blocks: Iterator[Floats] = stream_audio(path, sample_rate=SAMPLE_RATE, block_seconds=1.0)
    return PullStream(lambda count: next(blocks, None))


def _audio(samples: Samples) -> Floats:
    if isinstance(samples, bytes):
        if len(samples) % 2:
            raise InputError(
                f"{len(samples)} bytes of audio: give whole samples of two bytes (int16)"
            )
        return as_float(np.frombuffer(samples, "<i2").astype(np.int16))
    return as_float(samples)
