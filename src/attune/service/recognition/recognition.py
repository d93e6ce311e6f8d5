"""Recognition as a service: streams and recordings, for all protocols alike."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from attune.audio import RawFormat
from attune.errors import InputError
from attune.keyword import KeywordModel, load_keyword
from attune.recognize import Phrase, Result
from attune.recognize.readout import joined
from attune.service.access import Principal, Scope
from attune.service.blobs import Store
from attune.service.database import Database
from attune.service.errors import Busy
from attune.service.metrics import Metrics
from attune.service.recognition.admission import Admission, Place
from attune.service.recognition.content_log import ContentLog, sweep_content_logs
from attune.service.recognition.hearing import Recognizers, Recording
from attune.service.recognition.in_threads import ThreadRecognizers
from attune.service.recognition.keyword_session import KeywordSession
from attune.service.recognition.model_cache import ModelCache
from attune.service.recognition.recording_log import RecordingLog
from attune.service.recognition.request import RecognitionRequest
from attune.service.recognition.routing import Router, ServedModel, Target
from attune.service.recognition.session import Session, SessionParts
from attune.service.recognition.traffic import EndpointTraffic, TrafficBook
from attune.service.recognition.workers import Workers
from attune.service.settings import Limits

__all__ = ["Recognition", "Reservation"]

_MEMORY_SHARE = 0.5  # of the machine's, for the files behind loaded models
_ELSEWHERE = 2_000  # streams that one process has heard by recognisers elsewhere


class Reservation:
    """A place that waits for a stream to begin, or to be released."""

    def __init__(self, target: Target, place: Place) -> None:
        self.target, self.place = target, place

    def release(self) -> None:
        """Give it back. Releasing twice is releasing once."""
        self.place.release()


class Recognition:
    """Recognises for clients: loads models, shares them and the cores, counts, logs.

    May be used by several event loops.
    """

    def __init__(
        self,
        database: Database,
        store: Store,
        metrics: Metrics,
        limits: Limits,
        recognizers: Recognizers | None = None,
    ) -> None:
        """`recognizers` hear, and are closed with this; by default the threads of this process,
        which listen for keywords in any case."""
        self._limits = limits
        self._database, self._store = database, store
        self._router = Router(database)
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        most = int(_MEMORY_SHARE * memory)
        self._keywords = ModelCache[KeywordModel](store, load_keyword, most)
        self._admission = Admission(limits.streams if recognizers is None else _ELSEWHERE)
        self._traffic = TrafficBook(metrics)
        self._workers = Workers()
        self._recognizers = recognizers or ThreadRecognizers(store, self._workers, most)
        self._log = ContentLog(database, store)

    async def reserve(self, request: RecognitionRequest) -> Reservation:
        """A place for a stream that is about to begin, and the model that it will be heard by.

        At once: the model is loaded when the stream is opened. For protocols that can refuse before
        they know how the client wants to be heard. NotFound, Forbidden, Conflict (not ready), Busy.
        """
        request.principal.require(Scope.RECOGNISE)
        target = await asyncio.to_thread(
            self._router.target,
            request.principal,
            endpoint_id=request.endpoint_id,
            model_id=request.model_id,
            language=request.language,
        )
        return Reservation(target, self._enter(target))

    async def open(
        self, request: RecognitionRequest, reservation: Reservation | None = None
    ) -> Session:
        """A stream of 16 kHz audio, to be closed by the caller.

        `reservation` was made for the same request, as far as it names who and by what; it is
        released with the session, and on failure. NotFound, Forbidden, Conflict, Busy; InputError
        for phrases, options or a keyword that cannot be used.
        """
        reserved = reservation or await self.reserve(request)
        try:
            self._check_phrases(request.phrases)
            recognizer = await self._recognizers.lease(reserved.target.bundle_hash)
            try:
                hearing = await recognizer.hear(request)
            except BaseException:
                recognizer.release()
                raise
            parts = SessionParts(
                reserved.target,
                hearing,
                reserved.place,
                self._traffic,
                self._log if reserved.target.logging else None,
                self._limits.stream_audio,
                self._limits.idle,
            )
            return Session(parts, has_keyword=request.keyword is not None)
        except BaseException:
            reserved.release()
            raise

    async def transcribe(
        self,
        request: RecognitionRequest,
        source: Path | bytes | BinaryIO,
        *,
        raw: RawFormat | None = None,
        channel: int | None = None,
        longest: float | None = None,
        each: Callable[[Result], None] | None = None,
    ) -> Result:
        """Recognise a whole recording, which is a little better than a stream of it.

        `longest` seconds are taken, by default the limit for files; `each` is told every utterance
        when it is finished. InputError for what is no audio, TooLarge, and what `open` raises.
        """
        reserved = await self.reserve(request)
        endpoint_id = reserved.target.endpoint_id
        self._traffic.opened(endpoint_id)
        try:
            self._check_phrases(request.phrases)
            logged: Callable[[Result], None] | None = None
            if reserved.target.logging:
                # A second reader needs a place of its own in the file.
                if not isinstance(source, Path | bytes):
                    source = await asyncio.to_thread(_content, source)
                logged = RecordingLog(self._log, reserved.target, source, raw, channel).add
            utterances: list[Result] = []

            async def told(utterance: Result) -> None:
                utterances.append(utterance)
                if logged is not None:
                    await asyncio.to_thread(logged, utterance)
                if each is not None:
                    each(utterance)

            most = self._limits.file_audio if longest is None else longest
            recording = Recording(source, raw, channel)
            recognizer = await self._recognizers.lease(reserved.target.bundle_hash)
            try:
                seconds = await recognizer.transcribe(recording, request, most, told)
            finally:
                recognizer.release()
        finally:
            self._traffic.closed(endpoint_id)
            reserved.release()
        self._traffic.heard(endpoint_id, seconds)
        return joined(utterances, 0.0, seconds)

    async def open_keyword(
        self, principal: Principal, model_id: str, *, sensitivity: float | None = None
    ) -> KeywordSession:
        """A stream in which a keyword model's keywords are listened for, to be closed by the
        caller. NotFound, Forbidden, Conflict, Busy; InputError for another kind of model."""
        principal.require(Scope.RECOGNISE)
        target = await asyncio.to_thread(
            self._router.target, principal, model_id=model_id, kind="keyword"
        )
        place = self._enter(target)
        try:
            lease = await self._keywords.lease(target.bundle_hash)
        except BaseException:
            place.release()
            raise
        try:
            return KeywordSession(target, lease, place, self._workers, sensitivity, self._limits)
        except BaseException:
            lease.release()
            place.release()
            raise

    def models(self, principal: Principal) -> list[ServedModel]:
        """What can be named: endpoints, models and keywords of this key, and the base models."""
        principal.require(Scope.RECOGNISE)
        return self._router.served(principal)

    def traffic(self, endpoint_id: str | None) -> EndpointTraffic:
        """What an endpoint (None: streams without one) does now and did in the last hour, as far
        as this process served it."""
        return self._traffic.of(endpoint_id)

    def sweep(self) -> None:
        """Unload idle models, delete log entries that were kept long enough; every few minutes."""
        self._recognizers.sweep()
        self._keywords.sweep()
        sweep_content_logs(self._database)

    def flush_content_log(self) -> None:
        """Wait until everything said so far is in the content log."""
        self._log.flush()

    def close(self) -> None:
        """End the threads; what was said is logged before."""
        self._workers.stop()
        self._log.close()
        self._recognizers.close()
        self._keywords.close()

    def _enter(self, target: Target) -> Place:
        try:
            return self._admission.enter(target.endpoint_id, target.max_streams)
        except Busy:
            self._traffic.refused(target.endpoint_id)
            raise

    def _check_phrases(self, phrases: Sequence[str | Phrase]) -> None:
        most = self._limits.phrases
        if len(phrases) > most:
            raise InputError(
                f"{len(phrases)} phrases: at most {most} are taken; adapt a model for more"
            )


def _content(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read()
