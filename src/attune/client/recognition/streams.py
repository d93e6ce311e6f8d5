"""Streams that a server recognises, used like those of a model on this machine."""

from __future__ import annotations

import asyncio
import math
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attune.acoustic import as_float
from attune.client.recognition.events import RemoteEvent
from attune.client.recognition.loop_thread import LoopThread
from attune.client.recognition.resuming import ResumingStream
from attune.errors import InputError

__all__ = ["AsyncRemoteStream", "RemoteStream", "pcm"]


class AsyncRemoteStream:
    """One stream of 16 kHz mono audio. Made by `AsyncRecognizer.stream`; an async context manager
    that closes the connection.

    Errors that end it (RefusedError, ApiError, Unreachable) are raised once the events before them
    were taken.
    """

    def __init__(self, stream: ResumingStream) -> None:
        self._stream = stream
        self._finished = False
        self._closing: asyncio.Future[None] | None = None  # Held here, for no loop holds a task.

    @property
    def seconds(self) -> float:
        """How much audio was accepted."""
        return self._stream.seconds

    @property
    def ended(self) -> bool:
        """Whether nothing more will be told."""
        return self._stream.ended

    def check(self) -> None:
        """Raise what ended the stream before its time, if anything did."""
        self._stream.check()

    async def opened(self) -> None:
        """Wait until a server has taken the stream on; raises what prevented it."""
        await self._stream.opened()

    async def accept(self, samples: NDArray[Any]) -> list[RemoteEvent]:
        """Send more audio: int16, or float32 in [-1, 1], [samples], any number.

        Returns the events that have come since the last call; waits only while more audio is
        unsettled than may be kept. InputError for another type or shape, NaN, or a finished
        stream.
        """
        await self.send(samples)
        return self._stream.taken()

    async def send(self, samples: NDArray[Any], ahead: float = math.inf) -> None:
        """As `accept`, for whoever takes the events elsewhere (`next_events`).

        Waits also while a server that can be reached has yet to hear more than `ahead` seconds.
        """
        if self._finished:
            raise InputError("the stream is finished: make a new one for more audio")
        await self._stream.accept(pcm(samples), ahead)

    async def end(self) -> None:
        """Say that the audio is over, without waiting for the last events."""
        self._finished = True
        await self._stream.end()

    async def finish(self) -> list[RemoteEvent]:
        """End the audio and wait for the last events. The stream takes no more.

        When an error is raised, `events` still has what came before it.
        """
        self._finished = True
        await self._stream.finish()
        return self._stream.taken()

    def events(self) -> list[RemoteEvent]:
        """The events that have come since the last call, without waiting."""
        return self._stream.taken()

    async def next_events(self) -> list[RemoteEvent]:
        """Wait for the next events; none when all were told."""
        return await self._stream.next_events()

    async def close(self) -> None:
        """Give up: nothing more is sent or told."""
        self._finished = True
        await self._stream.close()

    def discard(self) -> None:
        """As `close`, without waiting for the connection's end."""
        if self._closing is None:
            self._closing = asyncio.ensure_future(self.close())

    async def __aenter__(self) -> AsyncRemoteStream:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


class RemoteStream:
    """One stream of 16 kHz mono audio. Made by `Recognizer.stream`; a context manager that closes
    the connection.

    `accept` and `finish` as of `attune.recognize.Stream`; threads may share it. Errors as of
    `AsyncRemoteStream`.
    """

    def __init__(self, stream: AsyncRemoteStream, loop: LoopThread) -> None:
        self._stream, self._loop = stream, loop

    @property
    def seconds(self) -> float:
        """How much audio was accepted."""
        return self._stream.seconds

    @property
    def ended(self) -> bool:
        """Whether nothing more will be told."""
        return self._stream.ended

    def accept(self, samples: NDArray[Any]) -> list[RemoteEvent]:
        """Send more audio: int16, or float32 in [-1, 1], [samples], any number.

        Returns the events that have come since the last call; waits only while more audio is
        unsettled than may be kept. InputError for another type or shape, NaN, or a finished
        stream.
        """
        return self._loop.run(self._stream.accept(samples))

    def send(self, samples: NDArray[Any], ahead: float = math.inf) -> None:
        """As `accept`, for whoever takes the events elsewhere (`events`).

        Waits also while a server that can be reached has yet to hear more than `ahead` seconds.
        """
        self._loop.run(self._stream.send(samples, ahead))

    def finish(self) -> list[RemoteEvent]:
        """End the audio and wait for the last events. The stream takes no more.

        When an error is raised, `events` still has what came before it.
        """
        return self._loop.run(self._stream.finish())

    def events(self) -> list[RemoteEvent]:
        """The events that have come since the last call, without waiting."""
        return self._stream.events()

    def close(self) -> None:
        """Give up: nothing more is sent or told."""
        self._loop.run(self._stream.close())

    def check(self) -> None:
        """Raise what ended the stream before its time, if anything did."""
        self._stream.check()

    def discard(self) -> None:
        """As `close`, without waiting for the connection's end."""
        self._loop.start(self._stream.close())

    def __enter__(self) -> RemoteStream:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def pcm(samples: NDArray[Any]) -> bytes:
    """Little-endian int16 from int16 or float32 in [-1, 1]; InputError as `as_float` raises it."""
    audio = np.asarray(samples)
    if audio.dtype != np.int16 or audio.ndim != 1:
        audio = np.clip(np.rint(as_float(audio) * 32768.0), -32768, 32767)
    return bytes(audio.astype("<i2"))
