"""Transcription as server-sent events: a delta for each utterance as it is recognised, the end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from attune.protocols.failures import failure_of
from attune.protocols.openai.failures import failure_document
from attune.protocols.openai.responses import logprobs
from attune.recognize import Result

__all__ = ["EventStream", "Progress"]

Transcribe = Callable[[Callable[[Result], None]], Awaitable[Result]]
"""Transcribes a recording and tells each utterance."""


class Progress:
    """A transcription that runs in a task, utterance by utterance."""

    def __init__(self, transcribe: Transcribe) -> None:
        self._queue: asyncio.Queue[Result | None] = asyncio.Queue()
        self._transcribe = transcribe
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> Result:
        try:
            return await self._transcribe(self._queue.put_nowait)
        finally:
            self._queue.put_nowait(None)

    async def next(self) -> Result | None:
        """The next utterance with words; None at the end. Raises what the transcription does."""
        while (utterance := await self._queue.get()) is not None:
            if utterance.words:
                return utterance
        await self._task
        return None

    async def whole(self) -> Result:
        """The result of the recording."""
        return await self._task

    async def stop(self) -> None:
        """End the task, wherever it is."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


class EventStream(StreamingResponse):
    """The events of a transcription whose `first` utterance is known (None: it has none).

    What `resources` holds is closed when the last event is sent, or the client has gone.
    """

    def __init__(
        self,
        progress: Progress,
        first: Result | None,
        resources: AsyncExitStack,
        *,
        with_logprobs: bool,
    ) -> None:
        self._resources = resources
        events = _events(progress, first, with_logprobs=with_logprobs)
        super().__init__(events, media_type="text/event-stream")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events as ASGI has it."""
        async with self._resources:
            await super().__call__(scope, receive, send)


async def _events(
    progress: Progress, first: Result | None, *, with_logprobs: bool
) -> AsyncIterator[str]:
    told: list[dict[str, Any]] = []
    utterance, texts = first, 0
    try:
        while utterance is not None:
            goes_on = texts > 0
            event: dict[str, Any] = {
                "type": "transcript.text.delta",
                "delta": f" {utterance.text}" if goes_on else utterance.text,
            }
            if with_logprobs:
                event["logprobs"] = logprobs(utterance, goes_on=goes_on)
                told += event["logprobs"]
            yield _line(event)
            texts += 1
            utterance = await progress.next()
        done: dict[str, Any] = {
            "type": "transcript.text.done",
            "text": (await progress.whole()).text,
        }
    except Exception as error:
        # The status is sent already: the client knows an error by its shape.
        yield _line(failure_document(failure_of(error), error))
        return
    if with_logprobs:
        done["logprobs"] = told
    yield _line(done)


def _line(event: dict[str, Any]) -> str:
    return f"data: {json.dumps(event, ensure_ascii=False)}\n\n"
