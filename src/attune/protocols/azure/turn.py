"""A turn: the audio of one request in, what was recognised out."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from numpy import float32
from numpy.typing import NDArray

from attune.audio.incoming import IncomingAudio
from attune.keyword import Accepted, Rejected
from attune.protocols.azure.asked import Asked
from attune.protocols.azure.messages import (
    EndDetected,
    Hypothesis,
    KeywordVerdict,
    Phrase,
    ServerMessage,
    StartDetected,
    TurnEnd,
)
from attune.protocols.azure.phrases import nothing, phrase
from attune.protocols.azure.sounding import Sounding
from attune.recognize import Final, Partial, Result, SpeechStart
from attune.service.errors import TooLarge
from attune.service.recognition import Session, SessionEvent

__all__ = ["Turn"]

Send = Callable[[ServerMessage], Awaitable[None]]

# A word is known at most so long after it began, and until then nobody is called silent.
_HEARING_SECONDS = 0.8


class Turn:
    """Feeds a session, which its maker closes, and tells by `send` what comes of it.

    `over`: the turn has ended, and audio that still comes is not for it.
    """

    def __init__(self, asked: Asked, session: Session, send: Send) -> None:
        self.over = False
        self._asked, self._session, self._send = asked, session, send
        self._audio = IncomingAudio()
        self._started = False  # told, once a turn
        self._said = False  # an utterance, whatever comes of it
        self._supposed = False
        self._sounding = Sounding()
        self._given_up = False
        self._audio_end: float | None = None

    async def hear(self, data: bytes) -> None:
        """More audio as it came; InputError for what is none, and what the session raises."""
        await self._listen(self._audio.push(data))

    async def finish(self) -> None:
        """The audio has ended: the last results, and the turn's end."""
        await self._listen(self._audio.finish())
        await self._conclude()

    async def _conclude(self) -> None:
        if self.over:
            return
        events = await self._session.finish()
        # The client goes on from here in whole milliseconds: rounded down, a last one would remain.
        end = self._audio_end = math.ceil(self._session.heard * 1000) / 1000
        await self._tell(events)
        if not self.over:
            status = "NoMatch" if self._asked.mode == "interactive" else "EndOfDictation"
            await self._end(end, nothing(status, end))

    async def _listen(self, blocks: Iterator[NDArray[float32]]) -> None:
        while not self.over:
            if self._audio.compressed:
                block = await asyncio.to_thread(next, blocks, None)
            else:
                block = next(blocks, None)
            if block is None:
                return
            if self._patient:
                self._sounding = self._sounding.heard(block)
            try:
                await self._tell(await self._session.accept(block))
            except TooLarge:
                # The client begins another turn with what this one did not hear.
                await self._conclude()
            await self._check_patience()

    async def _tell(self, events: list[SessionEvent]) -> None:
        for event in events:
            if self.over:
                return
            match event:
                case SpeechStart(time):
                    await self._begin(time)
                case Partial():
                    await self._suppose(event)
                case Final(result, _):
                    await self._result(result)
                case Accepted(detection, verdict):
                    await self._send(
                        KeywordVerdict(True, verdict.keyword, detection.start, detection.end)
                    )
                case Rejected(detection, verdict):
                    await self._send(
                        KeywordVerdict(False, verdict.keyword, detection.start, detection.end)
                    )
                    await self._end(self._session.seconds, None)

    async def _begin(self, time: float) -> None:
        self._supposed = True
        if not self._started:
            self._started = True
            await self._send(StartDetected(time))

    async def _suppose(self, partial: Partial) -> None:
        # In noise words are supposed for a moment that nobody said: patience with it goes on.
        self._supposed = bool(partial.words)
        words = partial.words[: partial.stable] if self._asked.stable_only else partial.words
        if not words:
            return
        await self._begin(words[0].start)
        texts = [word.text for word in words]
        # Interim results are not formatted: one with profanity that is to be masked is not told.
        if self._asked.profanity == "raw" or not self._session.masks(texts):
            await self._send(Hypothesis(" ".join(texts), words[0].start, partial.time))

    async def _result(self, result: Result) -> None:
        self._said = True
        await self._begin(result.words[0].start if result.words else result.start)
        # All that was said may be profanity, which was asked to be left out.
        told = None
        if result.text or not self._asked.removes_profanity:
            told = phrase(result, self._asked)
        if self._asked.mode == "interactive":
            await self._end(result.end, told or nothing("NoMatch", result.end))
        elif told is not None:
            await self._send(Phrase(told))

    @property
    def _patient(self) -> bool:
        """Whether somebody is still waited for."""
        return not (self.over or self._said or self._given_up or self._asked.patience is None)

    async def _check_patience(self) -> None:
        """Give up where nobody speaks; a turn of several utterances says so once, and goes on."""
        if not self._patient or self._supposed:
            return
        if self._session.heard < (self._asked.patience or 0.0) + _HEARING_SECONDS:
            return
        self._given_up = True
        told = nothing(self._sounding.status, self._session.heard)
        if self._asked.mode == "interactive":
            await self._end(self._session.heard, told)
        else:
            await self._send(Phrase(told))

    async def _end(self, time: float, last: dict[str, Any] | None) -> None:
        self.over = True
        await self._send(EndDetected(time if self._audio_end is None else self._audio_end))
        if last is not None:
            await self._send(Phrase(last))
        await self._send(TurnEnd())
