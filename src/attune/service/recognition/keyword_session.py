"""A client's stream in which keywords are listened for, with the trace of their scores."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
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
_TOLD = 3840  # samples: of what scores are told together
_STEP = 1280  # samples, after which the scores are looked at


@dataclass(frozen=True, slots=True)
class KeywordHeard:
    """What a quarter of a second brought, until `seconds` of the stream: the best score of each
    keyword (None: nothing of it was heard), comparable with its threshold, and `detections`."""

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
        self._running: Future[list[KeywordHeard]] | None = None
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

    async def accept(self, samples: NDArray[Any]) -> list[KeywordHeard]:
        """Hear more audio: int16, or float32 in [-1, 1], [samples]; what it brought, a quarter of a
        second after the other. InputError for another type or shape, and NaN; TooLarge over the
        limit of audio; Unavailable when closed."""
        audio = as_float(samples)
        self._accepted += len(audio)
        if self._accepted > self._longest * SAMPLE_RATE:
            raise TooLarge(f"a stream may have {self._longest:g} s of audio: open another")
        self._waiting.append(audio)
        self._unheard += len(audio)
        return [] if self._unheard < _TOLD else await self._hear_waiting()

    async def finish(self) -> list[KeywordHeard]:
        """End the audio: what is left, and the last detections."""
        return await self._hear_waiting() + await self._do(self._finish)

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

    async def _hear_waiting(self) -> list[KeywordHeard]:
        audio = np.concatenate([np.zeros(0, np.float32), *self._waiting])
        self._waiting, self._unheard = [], 0
        heard: list[KeywordHeard] = []
        for first in range(0, len(audio), _PIECE):
            heard += await self._do(partial(self._hear, audio[first : first + _PIECE]))
        return heard

    async def _do(self, work: Callable[[], list[KeywordHeard]]) -> list[KeywordHeard]:
        if self._closed:
            raise Unavailable("the stream was closed: open another")
        running = self._running = self._workers.submit(work)
        try:
            return await asyncio.wrap_future(running)
        except asyncio.CancelledError:
            self._close()
            raise

    def _hear(self, piece: Floats) -> list[KeywordHeard]:
        return [self._heard(piece[i : i + _TOLD]) for i in range(0, len(piece), _TOLD)]

    def _heard(self, samples: Floats) -> KeywordHeard:
        detections: list[Detection] = []
        scores = []
        for first in range(0, len(samples), _STEP):
            detections += self._spotter.accept(samples[first : first + _STEP])
            scores.append(self._spotter.scores())
        best = tuple(
            max((score for score in course if score is not None), default=None)
            for course in zip(*scores, strict=True)
        )
        return KeywordHeard(self._spotter.seconds, best, tuple(detections))

    def _finish(self) -> list[KeywordHeard]:
        detections = tuple(self._spotter.finish())
        if not detections:
            return []
        return [KeywordHeard(self._spotter.seconds, self._spotter.scores(), detections)]
