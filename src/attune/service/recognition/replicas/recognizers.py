"""Recognisers at replicas, as the service's own are used."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from attune.acoustic import SAMPLE_RATE
from attune.recognize import Result
from attune.service.errors import Unavailable
from attune.service.recognition.hearing import Manner, Recording, SessionEvent
from attune.service.recognition.replicas.application import Place
from attune.service.recognition.replicas.conversation import Conversation, begun
from attune.service.recognition.replicas.mailbox import Finish, Next
from attune.service.recognition.request import RecognitionRequest
from attune.service.settings import Settings

__all__ = ["ReplicaHearing", "ReplicaRecognizer", "ReplicaRecognizers"]

Floats = NDArray[np.float32]

_PATIENCE_SECONDS = 60.0
_BLOCK = 2**20


class ReplicaRecognizers:
    """The recognisers of the cluster in the settings, joined in the background from now on."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._closed = False
        self._place = self._joining()

    async def lease(self, bundle_hash: str) -> ReplicaRecognizer:
        """A recogniser, which a replica loads when it is used. Unavailable while there is no
        replica at all, and when the cluster cannot be reached."""
        with self._lock:
            if self._place.done() and self._place.exception() is not None:
                self._place = self._joining()
            place = self._place
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                return ReplicaRecognizer(
                    await asyncio.shield(asyncio.wrap_future(place)), bundle_hash
                )
        except TimeoutError:
            raise Unavailable(
                "no recogniser of the cluster has started yet: try again soon"
            ) from None

    def sweep(self) -> None:
        """Start the application again where somebody deleted it; replicas let go of models
        themselves."""
        with self._lock:
            place = self._place
        if place.done() and place.exception() is None:
            place.result().mend()

    def close(self) -> None:
        """Leave the cluster; the replicas stay as long as other servers use them."""
        with self._lock:
            self._closed = True
            place = self._place
        if place.done() and place.exception() is None:
            place.result().leave()

    def _joining(self) -> Future[Place]:
        """A place, soon. In a thread that does not keep the process from ending."""
        future: Future[Place] = Future()

        def join() -> None:
            try:
                place = Place.taken(self._settings)
            except BaseException as error:
                future.set_exception(error)
                return
            with self._lock:
                late = self._closed
                future.set_result(place)
            if late:
                place.leave()

        threading.Thread(target=join, name="join-cluster", daemon=True).start()
        return future


class ReplicaRecognizer:
    """A bundle, which a replica is to recognise with."""

    def __init__(self, place: Place, bundle_hash: str) -> None:
        self._place, self._bundle_hash = place, bundle_hash

    async def hear(self, request: RecognitionRequest) -> ReplicaHearing:
        """Begin a stream at the replica that has the fewest; InputError for options and keywords
        that cannot be used, Busy when none has room, Unavailable."""
        conversation, manner = await begun(
            self._place,
            lambda handle, mailbox, name: handle.hear.remote(mailbox, name, self._bundle_hash),
            request,
        )
        return ReplicaHearing(conversation, manner)

    async def transcribe(
        self,
        recording: Recording,
        request: RecognitionRequest,
        longest: float,
        each: Callable[[Result], Awaitable[None]],
    ) -> float:
        """Recognise a recording, which is kept at the replica as long as that takes."""
        conversation, _ = await begun(
            self._place,
            lambda handle, mailbox, name: handle.transcribe.remote(
                mailbox, name, self._bundle_hash, longest
            ),
            (replace(recording, source=b""), request),
        )
        try:
            blocks = _blocks(recording)
            while (block := await asyncio.to_thread(next, blocks, None)) is not None:
                await conversation.ask(block)
            await conversation.ask(Finish())
            while isinstance(answer := await conversation.ask(Next()), Result):
                await each(answer)
            return float(answer)
        finally:
            conversation.end()

    def release(self) -> None:
        """Nothing is held here before a stream begins."""


class ReplicaHearing:
    """A stream at a replica."""

    def __init__(self, conversation: Conversation, manner: Manner) -> None:
        self.manner = manner
        self.seconds = 0.0
        self._conversation = conversation

    async def hear(self, piece: Floats) -> list[SessionEvent]:
        """What a piece brought; Unavailable when the replica was lost."""
        events: list[SessionEvent] = await self._conversation.ask(piece)
        self.seconds += len(piece) / SAMPLE_RATE
        return events

    async def finish(self) -> list[SessionEvent]:
        """What the end brought; Unavailable when the replica was lost."""
        events: list[SessionEvent] = await self._conversation.ask(Finish())
        return events

    def close(self) -> None:
        """Leave the replica to others."""
        self._conversation.end()


def _blocks(recording: Recording) -> Iterator[bytes]:
    source = recording.source
    if isinstance(source, bytes):
        for first in range(0, len(source), _BLOCK):
            yield source[first : first + _BLOCK]
    elif isinstance(source, Path):
        with source.open("rb") as file:
            yield from iter(lambda: file.read(_BLOCK), b"")
    else:
        source.seek(0)
        yield from iter(lambda: source.read(_BLOCK), b"")
