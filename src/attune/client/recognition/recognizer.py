"""Recognition by a server: recordings at once, live audio as a stream."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from types import TracebackType
from urllib.parse import urlencode

from attune.client.address import Credential, Token, http_address, socket_address
from attune.client.carriers import AsyncHttpCarrier, HttpCarrier
from attune.client.exchange import Awaited, Blocking, Exchange, Request, exchange
from attune.client.recognition.events import RemoteEvent
from attune.client.recognition.loop_thread import LoopThread
from attune.client.recognition.resuming import ResumingStream
from attune.client.recognition.sources import Source, recognized
from attune.client.recognition.streams import AsyncRemoteStream, RemoteStream
from attune.client.recognition.wire import Wishes, read_result, written_phrases
from attune.errors import InputError
from attune.recognize import Phrase, Result

__all__ = ["AsyncRecognizer", "Recognizer"]

_LONGEST_UTTERANCE = 60.0


class _Remote:
    """What the recognisers with and without asyncio have in common."""

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        token: Token | None = None,
        endpoint: str | None = None,
        model: str | None = None,
        language: str | None = None,
        phrases: Sequence[str | Phrase] = (),
        options: Mapping[str, object] | None = None,
        timeout: float = 30.0,
        patience: float = 60.0,
        capacity: float = 120.0,
    ) -> None:
        """`url` is the server's, `key` one for recognition, or `token` a short-lived one.

        `endpoint` or `model` are ids; without both the base model of `language` recognises.
        `phrases` and `options` (fields of `attune.Options` by name) apply to every recognition.
        Seconds: `timeout` is how long the server may be silent while it owes an answer, `patience`
        how long failures that may pass (busy, gone for a moment) are tried again, `capacity` how
        much audio a stream keeps to send again. InputError for values that cannot be.
        """
        if capacity <= _LONGEST_UTTERANCE:
            raise InputError(
                f"a capacity of {capacity} s: give more than {_LONGEST_UTTERANCE:g} s, the longest "
                "utterance"
            )
        self._url = http_address(url)
        self._credential = Credential(key, token)
        self._target = {"endpoint": endpoint, "model": model, "language": language}
        self._phrases, self._options = tuple(phrases), dict(options or {})
        self._timeout, self._patience, self._capacity = timeout, patience, capacity
        self._connect()

    def _connect(self) -> None:
        raise NotImplementedError

    @exchange
    def transcribe(
        self,
        source: str | os.PathLike[str] | bytes,
        *,
        phrases: Sequence[str | Phrase] = (),
        options: Mapping[str, object] | None = None,
        channel: int | None = None,
    ) -> Exchange[Result]:
        """Recognise a recording: a file's path or content, of any kind that Attune reads.

        `phrases` and `options` are added to the recogniser's own; `channel` is that of a recording
        of several, counted from 0. InputError for a file that cannot be read; RefusedError for one
        that the server cannot; ApiError, Unreachable.
        """
        wishes = self.wishes(phrases, options)
        parameters = {"phrases": written_phrases(wishes.phrases), "options": dict(wishes.options)}
        answer = yield Request(
            "POST",
            "/v1/transcribe",
            query={**self._target, "channel": channel},
            form={
                "parameters": json.dumps(parameters),
                "file": source if isinstance(source, bytes) else Path(source),
            },
        )
        return read_result(answer.json())

    def wishes(
        self,
        phrases: Sequence[str | Phrase] = (),
        options: Mapping[str, object] | None = None,
        partials: bool = True,
    ) -> Wishes:
        """What one recognition is to be like: the recogniser's own and what the call adds."""
        return Wishes((*self._phrases, *phrases), {**self._options, **(options or {})}, partials)

    async def _opened(self, wishes: Wishes, wait: bool) -> AsyncRemoteStream:
        """A stream that connects by itself, and with `wait` has done so."""
        query = urlencode({k: v for k, v in self._target.items() if v is not None})
        address = f"{socket_address(self._url)}/v1/stream" + (f"?{query}" if query else "")
        stream = AsyncRemoteStream(
            ResumingStream(
                address,
                self._credential,
                wishes,
                capacity=self._capacity,
                timeout=self._timeout,
                patience=self._patience,
            )
        )
        if wait:
            try:
                await stream.opened()
            except BaseException:
                await stream.close()
                raise
        return stream


class Recognizer(_Remote, Blocking):
    """Recognition by a server. Threads may share one; a context manager, or `close` it."""

    _carrier: HttpCarrier

    def _connect(self) -> None:
        self._carrier = HttpCarrier(self._url, self._credential, self._timeout, self._patience)
        self._loop = LoopThread()

    def stream(
        self,
        *,
        phrases: Sequence[str | Phrase] = (),
        options: Mapping[str, object] | None = None,
        partials: bool = True,
    ) -> RemoteStream:
        """A new stream of 16 kHz mono audio; waits until the server has taken it on.

        `phrases` and `options` are added to the recogniser's own; `partials` asks for interim
        results. RefusedError, ApiError, Unreachable.
        """
        return self.begin(self.wishes(phrases, options, partials), wait=True)

    def begin(self, wishes: Wishes, *, wait: bool) -> RemoteStream:
        """A stream with all that may be wished for; without `wait` it connects in its own time."""
        return RemoteStream(self._loop.run(self._opened(wishes, wait)), self._loop)

    def listen(
        self,
        source: Source,
        *,
        phrases: Sequence[str | Phrase] = (),
        options: Mapping[str, object] | None = None,
        partials: bool = True,
    ) -> Iterator[RemoteEvent]:
        """The events that a source's audio brings, as they come; arguments as of `stream`.

        Leaving the iteration gives up. Raises what the source raises, RefusedError, ApiError,
        Unreachable.
        """
        wishes = self.wishes(phrases, options, partials)
        stream = self._loop.run(self._opened(wishes, True))
        events = recognized(stream, source)
        try:
            while (event := self._loop.run(_next(events))) is not None:
                yield event
        finally:
            self._loop.run(_closed(events))

    def close(self) -> None:
        """Close the connections; streams end."""
        self._loop.close()
        self._carrier.close()

    def __enter__(self) -> Recognizer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class AsyncRecognizer(_Remote, Awaited):
    """As `Recognizer`, for asyncio. An async context manager, or `close` it."""

    _carrier: AsyncHttpCarrier

    def _connect(self) -> None:
        self._carrier = AsyncHttpCarrier(self._url, self._credential, self._timeout, self._patience)

    async def stream(
        self,
        *,
        phrases: Sequence[str | Phrase] = (),
        options: Mapping[str, object] | None = None,
        partials: bool = True,
    ) -> AsyncRemoteStream:
        """A new stream of 16 kHz mono audio; waits until the server has taken it on.

        `phrases` and `options` are added to the recogniser's own; `partials` asks for interim
        results. RefusedError, ApiError, Unreachable.
        """
        return await self._opened(self.wishes(phrases, options, partials), True)

    async def begin(self, wishes: Wishes, *, wait: bool) -> AsyncRemoteStream:
        """A stream with all that may be wished for; without `wait` it connects in its own time."""
        return await self._opened(wishes, wait)

    async def listen(
        self,
        source: Source,
        *,
        phrases: Sequence[str | Phrase] = (),
        options: Mapping[str, object] | None = None,
        partials: bool = True,
    ) -> AsyncGenerator[RemoteEvent, None]:
        """The events that a source's audio brings, as they come; arguments as of `stream`.

        Closing the iterator gives up. Raises what the source raises, RefusedError, ApiError,
        Unreachable.
        """
        stream = await self._opened(self.wishes(phrases, options, partials), True)
        async with aclosing(recognized(stream, source)) as events:
            async for event in events:
                yield event

    async def close(self) -> None:
        """Close the connections of requests; streams are closed by themselves."""
        await self._carrier.close()

    async def __aenter__(self) -> AsyncRecognizer:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


async def _next(events: AsyncGenerator[RemoteEvent, None]) -> RemoteEvent | None:
    return await anext(events, None)


async def _closed(events: AsyncGenerator[RemoteEvent, None]) -> None:
    await events.aclose()
