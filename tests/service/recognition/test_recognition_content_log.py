"""What endpoints keep of what they hear."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from deployments import Ground, asked
from numpy.typing import NDArray
from sqlalchemy import select, update

from attune.audio import read_audio, write_wav
from attune.service.blobs import Store
from attune.service.errors import StorageFull
from attune.service.recognition import Recognition
from attune.service.recognition.content_log import ContentLog, Spoken, sweep_content_logs
from attune.service.tables import Endpoint, LogEntry, now

Floats = NDArray[np.float32]
PAUSE = np.zeros(32_000, np.float32)


def said(recognition: Recognition, endpoint: str, audio: Floats) -> None:
    async def stream() -> None:
        async with await recognition.open(asked(endpoint)) as session:
            for first in range(0, len(audio), 1600):
                await session.accept(audio[first : first + 1600])
            await session.finish()

    asyncio.run(stream())
    recognition.flush_content_log()


def entries(shared: Ground, endpoint: str) -> list[LogEntry]:
    with shared.database.reading() as session:
        found = select(LogEntry).where(LogEntry.endpoint_id == endpoint).order_by(LogEntry.created)
        return list(session.scalars(found))


def test_each_utterance_is_kept_with_its_audio(
    shared: Ground, recognition: Recognition, dictation: Floats
) -> None:
    project = shared.project()
    model = shared.model(project)
    endpoint = shared.endpoint(project, {model: 1.0}, logging=True)
    said(recognition, endpoint, np.concatenate([PAUSE, dictation, PAUSE, dictation]))
    kept = entries(shared, endpoint)
    assert len(kept) == 2
    for entry in kept:
        assert entry.model_id == model
        assert entry.lexical.startswith("we had a long walk by the river")
        assert entry.text.startswith("We had a long walk by the river,")
        assert 0 < entry.confidence <= 1
        assert entry.corrected is None
        audio = read_audio(shared.store.path(entry.audio_hash))
        assert len(audio) / 16_000 == pytest.approx(entry.seconds, abs=0.01)
        # From just before the first word: 0.6 s into the sample.
        place = int((0.59 - 0.3) * 16_000)
        assert 4.5 < entry.seconds < 5.6
        expected = dictation[place : place + 60_000]
        shifts = range(-1600, 1601, 40)
        error = min(
            float(np.abs(audio[2000:50_000] - expected[2000 + s : 50_000 + s]).max())
            for s in shifts
        )
        assert error < 2e-4


@pytest.mark.parametrize("form", ["path", "bytes", "file"])
def test_recordings_are_kept_utterance_by_utterance(
    shared: Ground, recognition: Recognition, tmp_path: Path, dictation: Floats, form: str
) -> None:
    project = shared.project()
    endpoint = shared.endpoint(project, {shared.model(project): 1.0}, logging=True)
    path = tmp_path / "recording.wav"
    write_wav(path, np.concatenate([PAUSE, dictation] * 5), 16_000)
    with path.open("rb") as file:
        source = {"path": path, "bytes": path.read_bytes(), "file": file}[form]
        result = asyncio.run(recognition.transcribe(asked(endpoint), source))
    recognition.flush_content_log()
    kept = entries(shared, endpoint)
    spoken = [utterance for utterance in result.utterances if utterance.words]
    assert len(spoken) >= 2
    assert [entry.text for entry in kept] == [utterance.text for utterance in spoken]
    for entry, utterance in zip(kept, spoken, strict=True):
        length = utterance.words[-1].end - utterance.words[0].start
        audio = read_audio(shared.store.path(entry.audio_hash))
        assert length < len(audio) / 16_000 < length + 0.7
        assert np.abs(audio[6000:60_000]).mean() > 0.01


def test_nothing_is_kept_unless_the_owner_wants(
    shared: Ground, recognition: Recognition, dictation: Floats
) -> None:
    project = shared.project()
    endpoint = shared.endpoint(project, {shared.model(project): 1.0})
    said(recognition, endpoint, dictation)
    assert entries(shared, endpoint) == []


def test_what_was_switched_off_meanwhile_is_not_written(
    shared: Ground, recognition: Recognition, dictation: Floats
) -> None:
    project = shared.project()
    endpoint = shared.endpoint(project, {shared.model(project): 1.0}, logging=True)

    async def stream() -> None:
        async with await recognition.open(asked(endpoint)) as session:
            await session.accept(dictation)
            with shared.database.session() as database:
                database.execute(
                    update(Endpoint).where(Endpoint.id == endpoint).values(logging=False)
                )
            await session.finish()

    asyncio.run(stream())
    recognition.flush_content_log()
    assert entries(shared, endpoint) == []


def test_a_full_disk_does_not_hurt_the_stream(
    shared: Ground, dictation: Floats, monkeypatch: pytest.MonkeyPatch
) -> None:
    recognition = shared.recognition()
    project = shared.project()
    endpoint = shared.endpoint(project, {shared.model(project): 1.0}, logging=True)

    def full(self: Store, data: bytes) -> str:
        raise StorageFull("no room")

    with monkeypatch.context() as patch:
        patch.setattr(Store, "put_bytes", full)
        said(recognition, endpoint, dictation)
        assert recognition._log.lost == 1
    said(recognition, endpoint, dictation)
    assert len(entries(shared, endpoint)) == 1


def test_a_slow_disk_does_not_hold_a_stream_up(
    shared: Ground, tmp_path: Path, dictation: Floats, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow(Store):
        def put_bytes(self, data: bytes) -> str:
            time.sleep(0.2)
            return super().put_bytes(data)

    monkeypatch.setattr("attune.service.recognition.content_log._WAITING", 2)
    store = Slow(str(shared.folder / "blobs"), shared.folder / "cache", shared.database, 2**30)
    log = ContentLog(shared.database, store)
    recognition = shared.recognition()
    project = shared.project()
    endpoint = shared.endpoint(project, {shared.model(project): 1.0}, logging=True)
    write_wav(tmp_path / "recording.wav", dictation, 16_000)
    recorded = recognition.transcribe(asked(), tmp_path / "recording.wav")
    result = asyncio.run(recorded).utterances[0]
    target = recognition._router.target(asked().principal, endpoint_id=endpoint)
    began = time.monotonic()
    for _ in range(8):
        log.add(target, result, dictation)
    assert time.monotonic() - began < 0.1
    log.close()
    assert 2 <= len(entries(shared, endpoint)) <= 4
    assert log.lost == 8 - len(entries(shared, endpoint))


def test_entries_go_when_their_days_are_over(
    shared: Ground, recognition: Recognition, dictation: Floats
) -> None:
    project = shared.project()
    model = shared.model(project)
    endpoint, other = (
        shared.endpoint(project, {model: 1.0}, logging=True, retention_days=days)
        for days in (30, 90)
    )
    for each in (endpoint, other):
        said(recognition, each, dictation)
    with shared.database.session() as session:
        session.execute(update(LogEntry).values(created=now() - timedelta(days=29)))
    assert sweep_content_logs(shared.database) == 0
    with shared.database.session() as session:
        session.execute(update(LogEntry).values(created=now() - timedelta(days=31)))
    sweep_content_logs(shared.database)
    assert entries(shared, endpoint) == []
    assert len(entries(shared, other)) == 1


def test_memory_does_not_grow_with_silence() -> None:
    spoken = Spoken()
    for _ in range(600):
        spoken.hear(np.zeros(16_000, np.float32))
    assert sum(map(len, spoken._pieces)) <= 67 * 16_000
