"""A client's stream in which keywords are listened for, with the trace of their scores."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attune.acoustic import SAMPLE_RATE, as_float
from attune.keyword import Detection, KeywordModel
from attune.service.errors import TooLarge, Unavailable
from attune.service.recognition.admission import Place
from attune.service.recognition.model_cache import Lease
from attune.service.recognition.routing import Target
from attune.service.recognition.workers import Workers
from attune.service.settings import Limits
from attune.service.tables import new_id

__all__ = ["KeywordHeard", "KeywordSession"]

Floats = NDArray[np.float32]

_PIECE = SAMPLE_RATE
_LEAST = 1280


@dataclass(frozen=True, slots=True)
class KeywordHeard:
    """What some audio brought: `detections`, and the best score of each keyword since the last
    (None: nothing of it was heard), `seconds` of the stream being heard."""

    seconds: float
    scores: tuple[float | None, ...]
    detections: tuple[Detection, ...]


class KeywordSession:
    """One stream of 16 kHz mono audio. Made by `Recognition.open_keyword`; an async context
    manager, one call at a time. InputError for a sensitivity outside 0 to 1."""

    def __init__(
        self,
        target: Target,
        lease: Lease[KeywordModel],
        place: Place,
        workers: Workers,
        sensitivity: float | None,
        limits: Limits,
    ) -> None:
        self.id = new_id()
        self._spotter = lease.model.spotter(sensitivity=sensitivity)
        self._target, self._lease, self._place, self._workers = target, lease, place, workers
        self._longest = limits.stream_audio
        self._waiting: list[Floats] = []
        self._unheard = self._accepted = 0
        self._running: Future[KeywordHeard] | None = None
        self._closed = False

    @property
    def model_id(self) -> str:
        """The keyword model."""
        return self._target.model_id

    @property
    def seconds(self) -> float:
        """How much audio was heard."""
        return self._spotter.seconds

    @property
    def keywords(self) -> tuple[str, ...]:
        """What is listened for."""
        return tuple(phrase.text for phrase in self._lease.model.phrases)

    @property
    def thresholds(self) -> tuple[float, ...]:
        """The score at which each is told."""
        return self._spotter.thresholds

    async def accept(self, samples: NDArray[Any]) -> KeywordHeard | None:
        """Hear more audio: int16, or float32 in [-1, 1], [samples]; None where it was too little to
        tell anything of. InputError for another type or shape, and NaN; TooLarge over the limit of
        audio; Unavailable when closed."""
        audio = as_float(samples)
        self._accepted += len(audio)
        if self._accepted > self._longest * SAMPLE_RATE:
            raise TooLarge(f"a stream may have {self._longest:g} s of audio: open another")
        self._waiting.append(audio)
        self._unheard += len(audio)
        return None if self._unheard < _LEAST else await self._hear_waiting()

    async def finish(self) -> KeywordHeard:
        """End the audio: the last detections."""
        heard = await self._hear_waiting()
        last = await self._do(self._finish)
        return KeywordHeard(last.seconds, heard.scores, (*heard.detections, *last.detections))

    async def close(self) -> None:
        """Free the place and the model. Closing twice is closing once."""
        self._close()

    async def __aenter__(self) -> KeywordSession:
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
        self._place.release()
        running = self._running
        if running is None or running.cancel() or running.done():
            self._lease.release()
        else:
            running.add_done_callback(lambda _: self._lease.release())

    async def _hear_waiting(self) -> KeywordHeard:
        waiting, self._waiting, self._unheard = self._waiting, [], 0
        audio = np.concatenate([np.zeros(0, np.float32), *waiting])
        heard = self._heard((), [])
        for first in range(0, len(audio), _PIECE):
            piece = audio[first : first + _PIECE]
            more = await self._do(partial(self._hear, piece))
            scores = [heard.scores, more.scores]
            detections = (*heard.detections, *more.detections)
            heard = KeywordHeard(more.seconds, _best(scores), detections)
        return heard

    async def _do(self, work: Callable[[], KeywordHeard]) -> KeywordHeard:
        if self._closed:
            raise Unavailable("the stream was closed: open another")
        self._running = self._workers.submit(work)
        try:
            return await asyncio.wrap_future(self._running)
        except asyncio.CancelledError:
            self._close()
            raise

    def _hear(self, piece: Floats) -> KeywordHeard:
        detections: list[Detection] = []
        scores = []
        for first in range(0, len(piece), _LEAST):
            detections += self._spotter.accept(piece[first : first + _LEAST])
            scores.append(self._spotter.scores())
        return self._heard(tuple(detections), scores)

    def _finish(self) -> KeywordHeard:
        return self._heard(tuple(self._spotter.finish()), [])

    def _heard(
        self, detections: tuple[Detection, ...], scores: list[tuple[float | None, ...]]
    ) -> KeywordHeard:
        nothing = (None,) * len(self.thresholds)
        return KeywordHeard(self._spotter.seconds, _best([nothing, *scores]), detections)


def _best(scores: Sequence[tuple[float | None, ...]]) -> tuple[float | None, ...]:
    """The best score of each keyword."""
    return tuple(
        max((one for one in course if one is not None), default=None)
        for course in zip(*scores, strict=True)
    )
