"""What recognises, for all who ask: models somewhere, streams and recordings heard by them.

Two things do: the threads of this process (`in_threads`) and the replicas of a Ray cluster
(`replicas`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from attune.audio import RawFormat
from attune.keyword import Accepted, Rejected
from attune.recognize import Event, Options, Result
from attune.service.recognition.request import RecognitionRequest
from attune.text import DisplayRules

__all__ = [
    "Hearing",
    "Manner",
    "Recognizer",
    "Recognizers",
    "Recording",
    "SessionEvent",
]

SessionEvent = Event | Accepted | Rejected
"""What a session tells: those of `attune.recognize`, and the verdict on a client's keyword."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a stream is heard: the model's options with the client's changes, and the display rules
    of the model's bundle, if any."""

    options: Options
    rules: DisplayRules | None


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording: a file, an open one that can seek, or the bytes of one; `raw` where it is PCM
    without a header, `channel` instead of the mix of all."""

    source: Path | bytes | BinaryIO
    raw: RawFormat | None = None
    channel: int | None = None


class Hearing(Protocol):
    """A stream that is being heard: one call at a time, but `close` at any."""

    @property
    def manner(self) -> Manner:
        """How it is heard."""

    @property
    def seconds(self) -> float:
        """How much audio was heard."""

    async def hear(self, piece: NDArray[np.float32]) -> list[SessionEvent]:
        """What a second of audio at most brought. Behind a Rejected nothing follows."""

    async def finish(self) -> list[SessionEvent]:
        """What the end of the audio brought."""

    def close(self) -> None:
        """Let the stream and its recogniser go. Closing twice is closing once."""


class Recognizer(Protocol):
    """A recogniser that waits for a stream or a recording."""

    async def hear(self, request: RecognitionRequest) -> Hearing:
        """Begin a stream as `request` wants it; who closes it lets the recogniser go.

        InputError for options and keywords that cannot be used; the recogniser is then still held.
        """

    async def transcribe(
        self,
        recording: Recording,
        request: RecognitionRequest,
        longest: float,
        each: Callable[[Result], Awaitable[None]],
    ) -> float:
        """Recognise a recording of at most `longest` seconds; its length in seconds.

        `each` is given every utterance when it is finished, and awaited. InputError for what is no
        audio, TooLarge. The recogniser is held afterwards as before.
        """

    def release(self) -> None:
        """Let it go. Releasing twice is releasing once."""


class Recognizers(Protocol):
    """The recognisers, by the hashes of their bundles."""

    async def lease(self, bundle_hash: str) -> Recognizer:
        """One that is ready, or will be when it is used; Busy, Unavailable."""

    def sweep(self) -> None:
        """Let go what nobody uses any more; every minute or so."""

    def close(self) -> None:
        """Let everything go."""
