"""`transcribe`: a batch of recordings, each with a result of its own or a reason why not."""

from __future__ import annotations

import json
import shutil
import threading
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from attune.audio import probe_audio
from attune.bundle.atomic import replace_file
from attune.data.parallel import map_in_order
from attune.errors import InputError
from attune.recognize import Model as Recogniser
from attune.recognize import load
from attune.service.errors import NotFound
from attune.service.jobs.context import JobContext
from attune.service.jobs.fetching import Fetcher
from attune.service.jobs.kinds.batch_json import (
    BatchSettings,
    phrase_to_json,
    recording_to_json,
    report_to_json,
)
from attune.service.jobs.kinds.batch_sources import BatchSource, fetched, listed_sources
from attune.service.jobs.kinds.written_forms import Writer
from attune.service.tables import Model, Transcription, TranscriptionFile, now

__all__ = ["run"]

_REPORT = "report.json"


def run(context: JobContext) -> None:
    """Transcribe the batch that the job is for; files that have a result are not done again."""
    service = context.service
    with service.database.reading() as session:
        batch = session.get(Transcription, context.job.subject_id)
        model = None if batch is None else session.get(Model, batch.model_id)
    if batch is None or model is None or model.bundle_hash is None:
        raise NotFound("the transcription is gone, or its model")
    limits = service.settings.limits
    with Fetcher(private=service.settings.private_addresses, most_bytes=limits.upload) as fetcher:
        sources = _sources(context, batch, fetcher)
        context.progress(0.0, stage="loading the model")
        recogniser = load(context.blob_folder(model.bundle_hash))
        work = _Batch(context, batch, recogniser, fetcher, len(sources))
        outcomes = []
        context.say("transcribing")
        for _, outcome in map_in_order(work.transcribe, enumerate(sources), context.job.cores):
            outcomes.append(outcome)
            context.progress(len(outcomes) / max(1, len(sources)))
    _put(context, batch, _REPORT, "TranscriptionReport", "", report_to_json(outcomes))
    context.save(partial(_set_expiry, batch.id))


def _sources(context: JobContext, batch: Transcription, fetcher: Fetcher) -> list[BatchSource]:
    """The recordings, in the order of the first attempt: a container may change meanwhile."""
    kept = context.folder / "sources.json"
    if kept.exists():
        return [BatchSource(**item) for item in json.loads(kept.read_bytes())]
    context.progress(0.0, stage="looking for recordings")
    found = listed_sources(batch.sources, fetcher, context.service.store)
    if not found:
        raise InputError("there are no recordings in the batch")
    replace_file(kept, json.dumps([asdict(one) for one in found]).encode())
    return found


class _Batch:
    """A batch under way; `transcribe` may be called by several threads."""

    def __init__(
        self,
        context: JobContext,
        batch: Transcription,
        recogniser: Recogniser,
        fetcher: Fetcher,
        count: int,
    ) -> None:
        self._context, self._batch, self._recogniser = context, batch, recogniser
        self._fetcher, self._count = fetcher, count
        self._settings = BatchSettings.read(batch.settings)
        self._writer = Writer(
            recogniser.bundle, self._settings.punctuation, self._settings.profanity
        )
        self._lock = threading.Lock()
        self._done: dict[int, float] = {}
        self._failures = context.folder / "failures"
        self._failures.mkdir(exist_ok=True)

    def transcribe(self, numbered: tuple[int, BatchSource]) -> dict[str, Any]:
        """What became of one recording."""
        number, source = numbered
        failure = self._failures / f"{number}.txt"
        name = f"contenturl_{number}.json"
        if failure.exists():
            return _failed(source, failure.read_text("utf-8"))
        if self._has(name):
            return _succeeded(source)
        place = self._context.folder / f"recording-{number}"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        try:
            path = fetched(source, self._fetcher, self._context.service.store, place)
            found = self._recognise(number, source, path)
        except InputError as error:
            # Names of this server's files mean nothing to the reader.
            reason = str(error).replace(f"{place}/", "")
            replace_file(failure, reason.encode())
            return _failed(source, reason)
        finally:
            shutil.rmtree(place, ignore_errors=True)
        _put(self._context, self._batch, name, "Transcription", source.name, found)
        return _succeeded(source)

    def _recognise(self, number: int, source: BatchSource, path: Path) -> dict[str, Any]:
        info = probe_audio(path)
        most = self._context.service.settings.limits.file_audio
        if info.seconds > most:
            raise InputError(
                f"{source.name}: {info.seconds / 3600:.1f} h of audio, at most {most / 3600:.1f} h"
            )
        wanted = self._settings.channels
        channels = [one for one in range(info.channels) if one in wanted]
        if not channels:
            raise InputError(f"{source.name}: of its {info.channels} channels none was asked for")
        options = self._settings.options(self._recogniser.options)
        phrases = []
        for place, channel in enumerate(channels):

            def tell(heard: float, before: int = place) -> None:
                share = (before + heard / max(info.seconds, 1e-3)) / len(channels)
                self._tell(number, share)

            phrases += [
                phrase_to_json(utterance, channel, self._writer, self._settings)
                for utterance in self._recogniser.transcribe_utterances(
                    path, channel=channel, options=options, progress=tell
                )
                if utterance.words
            ]
        return recording_to_json(source.name, now(), info.seconds, channels, phrases)

    def _tell(self, number: int, share: float) -> None:
        with self._lock:
            self._done[number] = min(1.0, share)
            done = sum(self._done.values())
        self._context.progress(done / self._count)

    def _has(self, name: str) -> bool:
        with self._context.service.database.reading() as session:
            return session.scalar(_file(self._batch.id, name)) is not None


def _succeeded(source: BatchSource) -> dict[str, Any]:
    return {"source": source.name, "status": "Succeeded"}


def _failed(source: BatchSource, reason: str) -> dict[str, Any]:
    return {"source": source.name, "status": "Failed", "errorMessage": reason}


def _file(batch_id: str, name: str) -> Any:
    return select(TranscriptionFile.id).where(
        TranscriptionFile.transcription_id == batch_id, TranscriptionFile.name == name
    )


def _put(
    context: JobContext, batch: Transcription, name: str, kind: str, source: str, value: Any
) -> None:
    content = json.dumps(value, ensure_ascii=False).encode()
    blob = context.service.store.put_bytes(content)

    def change(session: Session) -> None:
        session.execute(
            delete(TranscriptionFile).where(
                TranscriptionFile.transcription_id == batch.id, TranscriptionFile.name == name
            )
        )
        session.add(
            TranscriptionFile(
                transcription_id=batch.id,
                kind=kind,
                name=name,
                source=source,
                blob_hash=blob,
                size=len(content),
            )
        )

    context.save(change)


def _set_expiry(batch_id: str, session: Session) -> None:
    """The results live for so long from when they are there."""
    batch = session.get_one(Transcription, batch_id)
    life = BatchSettings.read(batch.settings).life
    if life is not None:
        batch.expires = now() + life
