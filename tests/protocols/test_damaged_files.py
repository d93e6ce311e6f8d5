"""Recordings and archives with bytes changed, cut out and put in: never our fault, never a hang,
and nothing of them is left behind."""

from __future__ import annotations

import logging
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from damaging import DAMAGES, Damage, archives, leaving_nothing, recordings
from hypothesis import given, settings
from hypothesis import strategies as st
from running import RunningServer

from attune.data import Purpose, import_data
from attune.errors import InputError
from attune.service.jobs.kinds.uploaded_archives import layout_of
from attune.service.jobs.orders import work_folder
from attune.service.tables import Job, Project, Status

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="counts what is open in /proc")

SHORT = "/speech/recognition/conversation/cognitiveservices/v1?language=en-US"
UPLOAD = "/speechtotext/v3.2/datasets/upload"


def web(server: RunningServer) -> httpx.Client:
    return httpx.Client(base_url=server.url, headers=server.headers, timeout=30)


def post(client: httpx.Client, path: str, **fields: Any) -> httpx.Response:
    """An answer that is not 'too many requests'."""
    while (answer := client.post(path, **fields)).status_code == 429:
        time.sleep(0.1)
    return answer


def transcribe(client: httpx.Client, file: bytes, **fields: str) -> httpx.Response:
    form = {"model": "en-US base", **fields}
    return post(client, "/v1/audio/transcriptions", data=form, files={"file": ("a.wav", file)})


@pytest.fixture
def warm(server: RunningServer, caplog: pytest.LogCaptureFixture) -> Iterator[RunningServer]:
    """A server that has what it keeps open; in the end it has met no error of its own."""
    with web(server) as client:
        assert transcribe(client, recordings()[0]).status_code == 200
        assert client.post(SHORT, content=recordings()[0]).status_code == 200
    yield server
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_what_is_sent_is_good_where_it_is_not_damaged(warm: RunningServer) -> None:
    with leaving_nothing(warm), web(warm) as client:
        for file in recordings():
            assert "rain" in transcribe(client, file).json()["text"]


def test_any_damaged_recording_is_answered(warm: RunningServer) -> None:
    @settings(max_examples=40)
    @given(damage=DAMAGES, stream=st.sampled_from(["false", "true"]))
    def fuzz(damage: Damage, stream: str) -> None:
        answer = transcribe(client, damage.done_to(recordings()), stream=stream)
        assert answer.status_code in (200, 400, 413)
        if answer.status_code != 200:
            assert answer.json()["error"]["message"]
        assert "server_error" not in answer.text

    with leaving_nothing(warm), web(warm) as client:
        fuzz()


def test_any_damaged_short_recording_is_answered(warm: RunningServer) -> None:
    @settings(max_examples=40)
    @given(
        damage=DAMAGES,
        kind=st.sampled_from(["audio/wav; codecs=audio/pcm; samplerate=16000", "audio/ogg", ""]),
    )
    def fuzz(damage: Damage, kind: str) -> None:
        file = damage.done_to(recordings())
        answer = post(client, SHORT, content=file, headers={"Content-Type": kind})
        assert answer.status_code in (200, 400, 413)
        document = answer.json()
        assert document["RecognitionStatus" if answer.status_code == 200 else "error"]

    with leaving_nothing(warm), web(warm) as client:
        fuzz()


@pytest.mark.slow
def test_any_damaged_archive_is_taken_and_its_import_ends(warm: RunningServer) -> None:
    with warm.service.database.session() as session:
        project = Project(name="Damaged", language="en-US")
        session.add(project)

    @settings(max_examples=8)
    @given(damage=DAMAGES, kind=st.sampled_from(["Acoustic", "Audio"]))
    def fuzz(damage: Damage, kind: str) -> None:
        form = {"displayName": "x", "kind": kind, "project": project.id, "locale": "en-US"}
        file = damage.done_to(archives())
        answer = post(client, UPLOAD, data=form, files={"data": ("a.zip", file)})
        assert answer.status_code == 201, answer.text

    with leaving_nothing(warm):
        with web(warm) as client:
            fuzz()
        ended = imported(warm, project.id)
    assert ended
    for job in ended:
        assert job.status == Status.SUCCEEDED or (
            job.reason and "an error of Attune" not in job.reason
        )
        assert not work_folder(warm.service.settings, job.id).exists()


def imported(server: RunningServer, project_id: str) -> list[Job]:
    """The jobs that import a project's data sets, when all are over."""
    deadline = time.monotonic() + 120
    while True:
        with server.service.database.reading() as session:
            jobs = session.query(Job).filter_by(project_id=project_id).all()
        if all(job.ended for job in jobs):
            return jobs
        assert time.monotonic() < deadline, "an import hangs"
        time.sleep(0.1)


@settings(max_examples=60)
@given(damage=DAMAGES, kind=st.sampled_from(["acoustic", "audio"]))
def test_any_damaged_archive_is_imported_or_refused(damage: Damage, kind: str) -> None:
    """As the job does it, without a process for each."""
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "a.zip"
        archive.write_bytes(damage.done_to(archives()))
        with suppress(InputError):
            place, layout = layout_of(archive, kind, Path(folder) / "unpacked")
            out = Path(folder) / "out"
            import_data(place, out, layout=layout, kind=kind, purpose=Purpose.TESTING)
