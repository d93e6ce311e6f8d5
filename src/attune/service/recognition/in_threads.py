"""Recognisers in the memory of this process, whose threads hear."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from functools import partial

import numpy as np
from numpy.typing import NDArray

from attune.keyword import Rejected
from attune.keyword.recognition import with_pause
from attune.recognize import Event, Final, Result, Stream
from attune.service.blobs import Store
from attune.service.recognition.client_keyword import ClientKeywordOpening
from attune.service.recognition.hearing import Manner, Recording, SessionEvent
from attune.service.recognition.loaded import LoadedRecognizer
from attune.service.recognition.model_cache import Lease, ModelCache
from attune.service.recognition.recordings import transcribed
from attune.service.recognition.request import RecognitionRequest
from attune.service.recognition.workers import Workers

__all__ = ["ThreadHearing", "ThreadRecognizer", "ThreadRecognizers"]

Floats = NDArray[np.float32]


class ThreadRecognizers:
    """Recognisers of a store's bundles, with at most `most_bytes` of files behind them; `workers`
    hear, and are stopped by who made them."""

    def __init__(self, store: Store, workers: Workers, most_bytes: int) -> None:
        self.models = ModelCache(store, LoadedRecognizer.load, most_bytes)
        self._workers = workers

    async def lease(self, bundle_hash: str) -> ThreadRecognizer:
        """A recogniser, loaded now if it is not yet; what `ModelCache.lease` raises."""
        return ThreadRecognizer(await self.models.lease(bundle_hash), self._workers)

    def sweep(self) -> None:
        """Unload what has been idle."""
        self.models.sweep()

    def close(self) -> None:
        """Unload everything."""
        self.models.close()


class ThreadRecognizer:
    """A loaded recogniser."""

    def __init__(self, lease: Lease[LoadedRecognizer], workers: Workers) -> None:
        self._lease, self._workers = lease, workers

    async def hear(self, request: RecognitionRequest) -> ThreadHearing:
        """Begin a stream; InputError for options and keywords that cannot be used."""
        loaded = self._lease.model
        options = loaded.options(request.options)
        if request.keyword is not None:
            options = with_pause(options)

        def begin() -> tuple[Stream, ClientKeywordOpening | None]:
            keyword = request.keyword
            opening = None if keyword is None else loaded.opening(keyword)
            stream = loaded.model.stream(
                phrases=request.phrases,
                options=options,
                partials=request.partials,
                opening=opening,
            )
            return stream, opening

        stream, opening = await asyncio.wrap_future(self._workers.submit(begin))
        manner = Manner(options, loaded.model.display_rules)
        return ThreadHearing(self._lease, self._workers, manner, stream, opening)

    async def transcribe(
        self,
        recording: Recording,
        request: RecognitionRequest,
        longest: float,
        each: Callable[[Result], Awaitable[None]],
    ) -> float:
        """Recognise a recording, utterance by utterance, behind the live streams."""
        loaded = self._lease.model
        return await transcribed(
            recording,
            loaded.model,
            self._workers,
            phrases=request.phrases,
            options=loaded.options(request.options),
            longest=longest,
            each=each,
        )

    def release(self) -> None:
        """No longer needed here."""
        self._lease.release()


class ThreadHearing:
    """A stream, one turn of a thread after the other."""

    def __init__(
        self,
        lease: Lease[LoadedRecognizer],
        workers: Workers,
        manner: Manner,
        stream: Stream,
        opening: ClientKeywordOpening | None,
    ) -> None:
        self.manner = manner
        self._lease, self._workers = lease, workers
        self._stream, self._opening = stream, opening
        self._running: Future[list[SessionEvent]] | None = None

    @property
    def seconds(self) -> float:
        """How much audio was heard, also in the middle of a call."""
        return self._stream.seconds

    async def hear(self, piece: Floats) -> list[SessionEvent]:
        """What a piece brought."""
        return await self._do(partial(self._hear, piece))

    async def finish(self) -> list[SessionEvent]:
        """What the end brought."""
        return await self._do(lambda: self._told(self._stream.finish()))

    def close(self) -> None:
        """Let the model go; when a thread is in the middle of something, after that."""
        running = self._running
        if running is None or running.cancel() or running.done():
            self._lease.release()
        else:
            running.add_done_callback(lambda _: self._lease.release())

    async def _do(self, work: Callable[[], list[SessionEvent]]) -> list[SessionEvent]:
        running = self._running = self._workers.submit(work)
        return await asyncio.wrap_future(running)

    def _hear(self, piece: Floats) -> list[SessionEvent]:
        if self._opening is not None:
            self._opening.hear(piece)
        return self._told(self._stream.accept(piece))

    def _told(self, heard: Sequence[Event]) -> list[SessionEvent]:
        """The events of the stream, behind the verdict where there is one to give."""
        if self._opening is None:
            return list(heard)
        verdict = self._opening.event
        if verdict is None:
            # Nothing is shown of an utterance whose keyword may yet be rejected.
            return [event for event in heard if isinstance(event, Final)]
        self._opening = None
        return [verdict] if isinstance(verdict, Rejected) else [verdict, *heard]
