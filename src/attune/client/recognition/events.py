"""What a remote stream tells beyond the events of a local one."""

from __future__ import annotations

from dataclasses import dataclass

from attune.recognize import Final, Partial, SpeechStart

__all__ = ["Accepted", "Reconnected", "Rejected", "RemoteEvent"]


@dataclass(frozen=True, slots=True)
class Accepted:
    """The server confirmed the `keyword` that the audio was sent for; its `score`, 0 at best, was
    compared with `threshold`."""

    keyword: str
    score: float
    threshold: float


@dataclass(frozen=True, slots=True)
class Rejected:
    """The server found that it was not the `keyword`; the stream is over. Fields as `Accepted`."""

    keyword: str
    score: float
    threshold: float


@dataclass(frozen=True, slots=True)
class Reconnected:
    """The connection was lost and made again; nothing of the audio was.

    The server hears the audio from `time` seconds on once more: what `Partial` said of the
    utterance may come out anew.
    """

    time: float


RemoteEvent = SpeechStart | Partial | Final | Accepted | Rejected | Reconnected
"""What a remote stream tells. Times are in seconds from the stream's beginning."""
