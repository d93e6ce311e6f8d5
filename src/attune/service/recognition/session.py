"""A client's stream: audio in, events out, one piece after the other."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attune.acoustic import SAMPLE_RATE, as_float
from attune.errors import InputError
from attune.keyword import Accepted, Rejected
from attune.recognize import Final, Options, Partial, SpeechStart
from attune.service.errors import TooLarge, Unavailable
from attune.service.recognition.admission import Place
from attune.service.recognition.content_log import ContentLog, Spoken
from attune.service.recognition.hearing import Hearing, SessionEvent
from attune.service.recognition.routing import Target
from attune.service.recognition.traffic import TrafficBook
from attune.service.tables import new_id

__all__ = ["Session", "SessionEvent", "SessionParts"]

Floats = NDArray[np.float32]

_PIECE = SAMPLE_RATE  # samples that are heard at a time at most
_LEAST = 1280  # samples that are worth a turn; fewer wait for more
_DOUBT_SECONDS = 2.0
"""How much of the audio last heard may hold the beginning of a word that is not told of yet."""


@dataclass(frozen=True, slots=True)
class SessionParts:
    """What a session is made of and shares with others."""

    target: Target
    hearing: Hearing
    place: Place
    traffic: TrafficBook
    content_log: ContentLog | None
    longest: float
    idle: float


class Session:
    """One stream of 16 kHz mono audio. Made by `Recognition.open`; an async context manager.

    One call at a time: who awaits `accept` is held back as far as the machine is behind. `close`
    frees everything also in the middle of a call. A session that hears nothing for the idle limit
    closes itself.
    """

    def __init__(self, parts: SessionParts, *, has_keyword: bool) -> None:
        self.id = new_id()
        self._parts, self._hearing = parts, parts.hearing
        self._verdict_due = has_keyword
        self._spoken = Spoken() if parts.content_log is not None else None
        self._waiting: list[Floats] = []
        self._unheard = 0
        self._accepted = 0
        self._settled = 0.0
        self._speech_since: float | None = None
        self._busy = False
        self._finished = self._closed = self._rejected = False
        self._active = time.monotonic()
        parts.traffic.opened(parts.target.endpoint_id)
        self._idle = asyncio.get_running_loop().call_later(parts.idle, self._check_idle)

    @property
    def endpoint_id(self) -> str | None:
        """The endpoint behind which this is, if any."""
        return self._parts.target.endpoint_id

    @property
    def model_id(self) -> str:
        """The model that recognises, to the end of the stream."""
        return self._parts.target.model_id

    @property
    def model_name(self) -> str:
        """Its name."""
        return self._parts.target.model_name

    @property
    def language(self) -> str:
        """Its language."""
        return self._parts.target.language

    @property
    def options(self) -> Options:
        """The model's, with the client's changes."""
        return self._hearing.manner.options

    @property
    def seconds(self) -> float:
        """How much audio was accepted."""
        return self._accepted / SAMPLE_RATE

    @property
    def heard(self) -> float:
        """How much of it was recognised."""
        return self._hearing.seconds

    @property
    def settled(self) -> float:
        """Until when, in seconds of the stream, everything said is in the final results so far.

        A new stream of the audio from here on loses nothing.
        """
        return self._settled

    @property
    def rejected(self) -> bool:
        """Whether the client's keyword was none, which ended the stream."""
        return self._rejected

    def masks(self, words: Sequence[str]) -> bool:
        """Whether results mask any of these words, which partial ones show as said."""
        rules = self._hearing.manner.rules
        return rules is not None and rules.masks(words)

    @property
    def ended(self) -> bool:
        """Whether no audio is heard any more: finished, closed, or the keyword was rejected."""
        return self._finished or self._closed or self._rejected

    async def accept(self, samples: NDArray[Any]) -> list[SessionEvent]:
        """Hear more 16 kHz audio: int16, or float32 in [-1, 1], [samples], any number.

        Returns what it brought; nothing after a rejected keyword. InputError for another type or
        shape, NaN, or a finished session; TooLarge over the limit of audio; Unavailable when closed
        meanwhile.
        """
        self._check_open()
        if self._finished:
            raise InputError("the stream is finished: open another for more audio")
        audio = as_float(samples)
        self._active = time.monotonic()
        self._accepted += len(audio)
        if self.seconds > self._parts.longest:
            raise TooLarge(f"a stream may have {self._parts.longest:g} s of audio: open another")
        self._waiting.append(audio)
        self._unheard += len(audio)
        if self._unheard < _LEAST:
            return []
        return await self._hear_waiting(time.monotonic())

    async def finish(self) -> list[SessionEvent]:
        """End the audio: the last events. The session takes no more."""
        self._check_open()
        if self._finished:
            return []
        began = time.monotonic()
        events = await self._hear_waiting(began)
        if not self._rejected:
            events += await self._do(self._hearing.finish(), began)
            self._settled = self.seconds
        self._finished = True
        return events

    async def close(self) -> None:
        """Free the place and the model; at once, though the last second may still be being heard.

        Closing twice is closing once.
        """
        self._close()

    async def __aenter__(self) -> Session:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def _close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._idle.cancel()
        self._parts.place.release()
        self._parts.traffic.closed(self.endpoint_id)
        self._hearing.close()

    def _check_open(self) -> None:
        if self._closed:
            raise Unavailable("the stream was closed: open another")

    def _check_idle(self) -> None:
        """Close when nothing came for too long; else look again when that may be."""
        if self._busy:
            self._active = time.monotonic()
        left = self._active + self._parts.idle - time.monotonic()
        if left <= 0:
            self._close()
        else:
            self._idle = asyncio.get_running_loop().call_later(left, self._check_idle)

    async def _hear_waiting(self, began: float) -> list[SessionEvent]:
        waiting, self._waiting, self._unheard = self._waiting, [], 0
        if not waiting:
            return []
        audio = np.concatenate(waiting)
        events: list[SessionEvent] = []
        for first in range(0, len(audio), _PIECE):
            if self._rejected:
                break
            piece = audio[first : first + _PIECE]
            if self._spoken is not None:
                self._spoken.hear(piece)
            events += await self._do(self._hearing.hear(piece), began)
        return events

    async def _do(self, work: Awaitable[list[SessionEvent]], began: float) -> list[SessionEvent]:
        """Have something heard; the figures of what it brought."""
        self._active = time.monotonic()
        heard = self.heard
        self._busy = True
        try:
            events = await work
        except BaseException:
            # Who hears may still be at it, or is gone, so this stream cannot go on.
            self._close()
            raise
        finally:
            self._busy = False
        self._check_open()
        self._active = time.monotonic()
        self._parts.traffic.heard(self.endpoint_id, self.heard - heard)
        for event in events:
            if isinstance(event, Final):
                self._parts.traffic.final(self.endpoint_id, self._active - began)
                if self._spoken is not None:
                    self._log(event)
        self._note(events)
        return events

    def _log(self, event: Final) -> None:
        assert self._spoken is not None and self._parts.content_log is not None
        audio = self._spoken.taken(event.result)
        self._parts.content_log.add(self._parts.target, event.result, audio)

    def _note(self, events: Sequence[SessionEvent]) -> None:
        """Until when all is told."""
        for event in events:
            if isinstance(event, Accepted | Rejected):
                self._verdict_due = False
                self._rejected = isinstance(event, Rejected)
            elif isinstance(event, Final):
                self._settled = max(self._settled, event.result.end)
                self._speech_since = None
            elif isinstance(event, SpeechStart):
                self._speech_since = event.time
            elif isinstance(event, Partial) and not event.words:
                self._speech_since = None  # What was supposed was none.
            elif isinstance(event, Partial) and self._speech_since is None:
                self._speech_since = event.words[0].start
        if self._speech_since is not None:
            # Where no partial results are told, nothing takes back what was none; but speech that
            # is not cut by then is none.
            longest = self.options.max_utterance + _DOUBT_SECONDS
            if self.heard - self._speech_since > longest:
                self._speech_since = None
        if self._speech_since is None and not self._verdict_due:
            self._settled = max(self._settled, self.heard - _DOUBT_SECONDS)
