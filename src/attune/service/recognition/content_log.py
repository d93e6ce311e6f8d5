"""Keeping what was heard and written, where an endpoint's owner wants that; never in the way."""

from __future__ import annotations

import io
import logging
import queue
import threading
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import soundfile
from numpy.typing import NDArray
from sqlalchemy import delete, select

from attune.acoustic import SAMPLE_RATE
from attune.recognize import Result
from attune.service.blobs import Store
from attune.service.database import Database
from attune.service.recognition.routing import Target
from attune.service.tables import Endpoint, LogEntry, Model, now

__all__ = ["ContentLog", "Spoken", "sweep_content_logs"]

Floats = NDArray[np.float32]

_LOG = logging.getLogger(__name__)
_WAITING = 200
_LONGEST_SECONDS = 65.0
"""Of an utterance, which `Options` lets take 60 s."""
_LEAD_SECONDS = 0.3
"""Kept before an utterance's first word and after its last."""


class Spoken:
    """The audio of the utterance that is being heard; memory does not grow with the stream."""

    def __init__(self) -> None:
        self._pieces: list[Floats] = []
        self._begin = 0  # sample of the stream at which the pieces begin
        self._end = 0

    def hear(self, samples: Floats) -> None:
        """More of the stream."""
        self._pieces.append(samples)
        self._end += len(samples)
        while self._end - self._begin - len(self._pieces[0]) > _LONGEST_SECONDS * SAMPLE_RATE:
            self._begin += len(self._pieces.pop(0))

    def taken(self, result: Result) -> Floats:
        """The audio of a result with words, a little wider; what lies before is forgotten."""
        audio = np.concatenate(self._pieces) if self._pieces else np.zeros(0, np.float32)
        first = round((result.words[0].start - _LEAD_SECONDS) * SAMPLE_RATE)
        last = round((result.words[-1].end + _LEAD_SECONDS) * SAMPLE_RATE)
        found = audio[max(0, first - self._begin) : max(0, last - self._begin)]
        rest = audio[max(0, round(result.end * SAMPLE_RATE) - self._begin) :]
        self._pieces, self._begin = [rest], self._end - len(rest)
        return found.copy()


@dataclass(frozen=True, slots=True)
class _Utterance:
    endpoint_id: str
    model_id: str
    result: Result
    audio: Floats


class ContentLog:
    """Writes utterances in a thread of its own. What it cannot keep up with or write is left out,
    with a line in the program's log: a stream never waits for it and never fails by it.
    """

    def __init__(self, database: Database, store: Store) -> None:
        self._database, self._store = database, store
        self._waiting: queue.Queue[_Utterance | None] = queue.Queue(_WAITING)
        self._thread = threading.Thread(target=self._run, name="content-log", daemon=True)
        self._thread.start()
        self.lost = 0
        """Utterances that were left out."""

    def add(self, target: Target, result: Result, audio: Floats) -> None:
        """Keep an utterance, soon."""
        if target.endpoint_id is None or not len(audio):
            return
        try:
            self._waiting.put_nowait(_Utterance(target.endpoint_id, target.model_id, result, audio))
        except queue.Full:
            self.lost += 1
            _LOG.warning("an utterance was not logged: too many are waiting to be written")

    def flush(self) -> None:
        """Wait until all that was added is written."""
        self._waiting.join()

    def close(self) -> None:
        """Write what waits, and stop."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (utterance := self._waiting.get()) is not None:
            try:
                self._write(utterance)
            except Exception:
                self.lost += 1
                _LOG.exception("an utterance was not logged")
            finally:
                self._waiting.task_done()
        self._waiting.task_done()

    def _write(self, utterance: _Utterance) -> None:
        audio_hash = self._store.put_bytes(_flac(utterance.audio))
        result = utterance.result
        with self._database.session() as session:
            # Deleted or silenced meanwhile.
            endpoint = session.get(Endpoint, utterance.endpoint_id)
            if endpoint is None or not endpoint.logging:
                return
            model = session.get(Model, utterance.model_id)
            session.add(
                LogEntry(
                    endpoint_id=utterance.endpoint_id,
                    model_id=None if model is None else model.id,
                    seconds=round(len(utterance.audio) / SAMPLE_RATE, 3),
                    audio_hash=audio_hash,
                    text=result.text,
                    lexical=result.lexical,
                    confidence=result.confidence,
                )
            )


def sweep_content_logs(database: Database) -> int:
    """Delete entries older than their endpoint keeps them; how many. Their audio goes with the
    store's next sweep."""
    with database.session() as session:
        deleted = 0
        for endpoint_id, days in session.execute(select(Endpoint.id, Endpoint.retention_days)):
            result = session.execute(
                delete(LogEntry).where(
                    LogEntry.endpoint_id == endpoint_id,
                    LogEntry.created < now() - timedelta(days=days),
                )
            )
            deleted += result.rowcount  # type: ignore[attr-defined]
    return deleted


def _flac(audio: Floats) -> bytes:
    file = io.BytesIO()
    samples = np.clip(np.rint(audio * 32768.0), -32768, 32767).astype(np.int16)
    soundfile.write(file, samples, SAMPLE_RATE, format="FLAC")
    return file.getvalue()
