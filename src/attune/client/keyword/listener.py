"""A keyword on the device, and what is said after it by a server: nothing is sent before a hit.

The spotter runs on the device and needs numpy alone. A hit sends the audio from a second before the
keyword on; the server verifies the keyword and recognises what follows. A rejected keyword, the end
of the utterance and `stop` end the sending at once, and listening goes on.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing
from types import TracebackType
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from attune.acoustic import as_float
from attune.client.keyword.course import (
    AHEAD,
    BLOCK,
    Check,
    Course,
    Discard,
    Finish,
    Heard,
    Open,
    Send,
    Step,
    Steps,
)
from attune.client.recognition import AsyncRecognizer, Recognizer, Source
from attune.client.recognition.sources import blocks_of
from attune.keyword import KeywordEvent, KeywordModel, Spotter, verified_sensitivity
from attune.recognize import Phrase

__all__ = ["AsyncKeywordListener", "AsyncListenerStream", "KeywordListener", "ListenerStream"]

Floats = NDArray[np.float32]
Remote = TypeVar("Remote", Recognizer, AsyncRecognizer)


class _Listener(Generic[Remote]):
    """What the listeners with and without asyncio have in common."""

    def __init__(
        self,
        keywords: KeywordModel,
        recognizer: Remote,
        *,
        phrases: Sequence[str | Phrase] = (),
        options: Mapping[str, object] | None = None,
        sensitivity: float | None = None,
        pre_roll: float = 1.0,
    ) -> None:
        self.keywords = keywords
        self.recognizer: Remote = recognizer
        self._wishes = recognizer.wishes(phrases, options)
        if sensitivity is None:
            sensitivity = verified_sensitivity(keywords.sensitivity)
        self._sensitivity, self._pre_roll = sensitivity, pre_roll

    def spotter(self) -> Spotter:
        """A new stream in which keywords are only spotted, as sensitively as in `stream`."""
        return self.keywords.spotter(sensitivity=self._sensitivity, pre_roll=self._pre_roll)

    def _course(self) -> Course:
        return Course(self.spotter(), self._wishes)


class KeywordListener(_Listener[Recognizer]):
    """Listens for keywords here and has a server hear what is said after them.

    As `attune.keyword.KeywordListener`, with a remote `recognizer`, so that a `KeywordRecognizer`
    runs it in the background. The server also verifies the keyword, and waits five seconds after it
    for a command. `phrases` and `options` are added to the recogniser's own; `sensitivity` and
    `pre_roll` are those of `KeywordModel.spotter`, where by default the spotter is as lenient as
    the server's second look allows (`verified_sensitivity`). Threads may share one.
    """

    def stream(self) -> ListenerStream:
        """A new stream of 16 kHz mono audio."""
        return ListenerStream(self.recognizer, self._course())


class AsyncKeywordListener(_Listener[AsyncRecognizer]):
    """As `KeywordListener`, for asyncio. The spotter runs in the event loop, which it holds up for
    about a millisecond at a time.
    """

    def stream(self) -> AsyncListenerStream:
        """A new stream of 16 kHz mono audio."""
        return AsyncListenerStream(self.recognizer, self._course())


class _ListenerStream:
    """What the streams with and without asyncio have in common."""

    def __init__(self, recognizer: Recognizer | AsyncRecognizer, course: Course) -> None:
        self._recognizer, self._course = recognizer, course
        self._remote: Any = None
        """The stream to the server, of the recogniser's kind: what its methods give is awaited or
        not."""

    @property
    def seconds(self) -> float:
        """How much audio was accepted."""
        return self._course.seconds

    @property
    def sent_seconds(self) -> float:
        """How much of it was given to the server."""
        return self._course.sent_seconds

    @property
    def busy(self) -> bool:
        """Whether a keyword was spotted and what it began has not ended."""
        return self._course.busy

    def stop(self) -> None:
        """Give up what a keyword began: nothing more of it is sent or told.

        The stream goes on listening at once, for the next keyword.
        """
        self._course.stop()
        remote = self._remote
        if remote is not None:
            remote.discard()

    def _blocks(self, samples: NDArray[Any]) -> Iterator[Floats]:
        """Audio as it is heard; InputError for what cannot be, and for a finished stream."""
        self._course.check_open()
        audio = as_float(samples)
        return (audio[first : first + BLOCK] for first in range(0, len(audio), BLOCK))

    def _begun(self, step: Step) -> Any:
        """Begin with a step; what comes of that, to be awaited where it is awaitable."""
        remote = self._remote
        match step:
            case Open(wishes):
                return self._recognizer.begin(wishes, wait=False)
            case Send(block):
                return remote.send(block, AHEAD)
            case Finish():
                return remote.finish()
            case Check():
                return remote.check()
            case Discard():
                self._remote = None
                return None if remote is None else remote.discard()

    def _heard(self, step: Step, result: Any) -> Heard:
        """What is known after a step, of which came `result`."""
        match step:
            case Open():
                self._remote = result
            case Send():
                return Heard(self._remote.events(), self._remote.ended)
            case Finish():
                return Heard(result, self._remote.ended)
        return Heard()


class ListenerStream(_ListenerStream):
    """One stream in which keywords are spotted here and commands heard there. Made by
    `KeywordListener.stream`; one thread at a time, `stop` from any.
    """

    def accept(self, samples: NDArray[Any]) -> list[KeywordEvent]:
        """Hear more audio: int16, or float32 in [-1, 1], [samples], any number.

        Returns what it brought. InputError for another type or shape, NaN, or a finished stream;
        RefusedError, ApiError and Unreachable when a command cannot be recognised: it is given up,
        and the stream goes on with its next audio.
        """
        blocks = self._blocks(samples)
        return [event for block in blocks for event in self._taken(self._course.hear(block))]

    def finish(self) -> list[KeywordEvent]:
        """End the audio and wait for the last events. The stream takes no more."""
        return self._taken(self._course.finish())

    def _taken(self, steps: Steps) -> list[KeywordEvent]:
        """Take steps, and return what came of them."""
        try:
            step = next(steps)
            while True:
                try:
                    heard = self._heard(step, self._begun(step))
                except Exception as error:
                    step = steps.throw(error)
                else:
                    step = steps.send(heard)
        except StopIteration as end:
            events: list[KeywordEvent] = end.value
            return events


class AsyncListenerStream(_ListenerStream):
    """As `ListenerStream`, for asyncio. Made by `AsyncKeywordListener.stream`; an async context
    manager that closes it. One task at a time, `stop` from any.
    """

    async def accept(self, samples: NDArray[Any]) -> list[KeywordEvent]:
        """Hear more audio: int16, or float32 in [-1, 1], [samples], any number.

        Returns what it brought. InputError for another type or shape, NaN, or a finished stream;
        RefusedError, ApiError and Unreachable when a command cannot be recognised: it is given up,
        and the stream goes on with its next audio.
        """
        events: list[KeywordEvent] = []
        for block in self._blocks(samples):
            events += await self._taken(self._course.hear(block))
            await asyncio.sleep(0)  # However much comes together, others have their turn.
        return events

    async def finish(self) -> list[KeywordEvent]:
        """End the audio and wait for the last events. The stream takes no more."""
        return await self._taken(self._course.finish())

    async def listen(self, source: Source) -> AsyncGenerator[KeywordEvent, None]:
        """The events that a source's audio brings, as they come; it is read to its end.

        Raises what the source raises, and what `accept` does.
        """
        async with aclosing(blocks_of(source)) as blocks:
            async for block in blocks:
                for event in await self.accept(block):
                    yield event
        for event in await self.finish():
            yield event

    async def close(self) -> None:
        """Give up: nothing more is sent or told. The stream takes no more."""
        self._course.close()
        remote = self._remote
        if remote is not None:
            await remote.close()

    async def __aenter__(self) -> AsyncListenerStream:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def _taken(self, steps: Steps) -> list[KeywordEvent]:
        """Take steps, and return what came of them."""
        try:
            step = next(steps)
            while True:
                try:
                    result = self._begun(step)
                    heard = self._heard(
                        step, await result if inspect.isawaitable(result) else result
                    )
                except Exception as error:
                    step = steps.throw(error)
                else:
                    step = steps.send(heard)
        except StopIteration as end:
            events: list[KeywordEvent] = end.value
            return events
