"""Jobs against kill -9, cancelling, stopping, several servers at once, and the budget of cores."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Sequence

import pytest
from job_bench import ADMIN
from job_place import FILES, Place
from serving_process import ServingProcess
from sqlalchemy import select

from attune.data import Utterance
from attune.service import Service, Settings
from attune.service.errors import Conflict, Unavailable
from attune.service.jobs.orders import log_file, work_folder
from attune.service.jobs.worker_names import WorkerName, is_alive
from attune.service.tables import Job, JobEvent, Status, Transcription

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def place(
    tmp_path_factory: pytest.TempPathFactory, samples: Sequence[Utterance]
) -> Iterator[Place]:
    data = tmp_path_factory.mktemp("place") / "data"
    service = Service.open_for_work(Settings(data=data, workers=2))
    yield Place(service, samples[0].path.read_bytes())
    service.close()


@pytest.fixture
def server(place: Place) -> Iterator[ServingProcess]:
    found = ServingProcess(place.service.settings.data)
    yield found
    found.stop()


def test_a_killed_worker_begins_again_where_it_was(place: Place, server: ServingProcess) -> None:
    job_id = place.submit("transcribe", batch := place.batch())
    worker = place.under_way(job_id, batch)
    os.kill(worker.pid, signal.SIGKILL)
    place.wait(job_id, lambda job: job.attempt == 2)
    before = place.results(batch)
    job = place.done(job_id)
    after = place.results(batch)
    assert job.attempt == 2
    assert len(after) == FILES + 1
    assert before.items() <= after.items()
    assert not work_folder(place.service.settings, job_id).exists()
    with place.service.database.reading() as session:
        told = session.scalars(
            select(JobEvent).where(JobEvent.job_id == job_id, JobEvent.name == "interrupted")
        ).all()
    assert ["killed" in one.data["cause"] for one in told] == [True]


def test_three_deaths_are_enough(place: Place, server: ServingProcess) -> None:
    job_id = place.submit("transcribe", batch := place.batch())
    for attempt in (1, 2, 3):
        place.wait(job_id, lambda job, n=attempt: job.attempt == n)  # type: ignore[misc]
        os.kill(place.worker(job_id).pid, signal.SIGKILL)
    job = place.ended(job_id)
    assert job.status == Status.FAILED
    assert job.reason.startswith("tried 3 times: its process was killed")
    assert place.row(Transcription, batch.id).reason == job.reason


def test_a_worker_outlives_its_server_and_is_not_doubled(place: Place) -> None:
    first = ServingProcess(place.service.settings.data)
    job_id = place.submit("transcribe", batch := place.batch())
    worker = place.under_way(job_id, batch)
    first.kill()
    second = ServingProcess(place.service.settings.data)
    job = place.done(job_id)
    second.stop()
    assert (job.attempt, WorkerName.read(job.worker)) == (1, worker)
    log = log_file(place.service.settings, job_id).read_text()
    assert log.count("attempt ") == 1


@pytest.mark.slow
def test_a_server_and_its_worker_die_together(place: Place) -> None:
    first = ServingProcess(place.service.settings.data)
    job_id = place.submit("transcribe", batch := place.batch())
    worker = place.under_way(job_id, batch)
    first.kill()
    os.kill(worker.pid, signal.SIGKILL)
    before = place.results(batch)
    second = ServingProcess(place.service.settings.data)
    job = place.done(job_id)
    second.stop()
    assert job.attempt == 2
    assert before.items() <= place.results(batch).items()


@pytest.mark.slow
def test_a_server_that_stops_gives_its_jobs_back(place: Place) -> None:
    first = ServingProcess(place.service.settings.data)
    job_id = place.submit("transcribe", batch := place.batch())
    worker = place.under_way(job_id, batch)
    first.stop()
    job = place.job(job_id)
    assert (job.status, job.attempt, is_alive(worker)) == (Status.NOT_STARTED, 0, False)
    assert place.row(Transcription, batch.id).status == Status.NOT_STARTED
    second = ServingProcess(place.service.settings.data)
    assert place.done(job_id).attempt == 1
    second.stop()


def test_cancelling(place: Place, server: ServingProcess) -> None:
    running = place.submit("transcribe", batch := place.batch(), cores=2)
    place.under_way(running, batch)
    queued = place.submit("transcribe", place.batch())
    place.service.jobs.cancel(ADMIN, queued)
    job = place.job(queued)
    assert (job.status, job.reason, job.started) == (Status.FAILED, "cancelled", None)
    began = time.monotonic()
    place.service.jobs.cancel(ADMIN, running)
    job = place.ended(running)
    assert time.monotonic() - began < 20
    assert (job.status, job.reason) == (Status.FAILED, "cancelled")
    assert place.row(Transcription, batch.id).reason == "cancelled"
    with pytest.raises(Conflict, match="ended already"):
        place.service.jobs.cancel(ADMIN, running)
    assert not work_folder(place.service.settings, running).exists()


@pytest.mark.slow
def test_a_worker_that_does_not_stop_is_killed(place: Place, server: ServingProcess) -> None:
    job_id = place.submit("transcribe", batch := place.batch())
    worker = place.under_way(job_id, batch)
    for _ in range(5):
        os.kill(worker.pid, signal.SIGSTOP)
        try:
            place.service.jobs.cancel(ADMIN, job_id)
            break
        except Unavailable:  # It was stopped in the middle of a transaction.
            os.kill(worker.pid, signal.SIGCONT)
    job = place.ended(job_id)
    assert job.reason == "cancelled"
    assert not is_alive(worker)


@pytest.mark.slow
def test_two_servers_share_a_budget(place: Place) -> None:
    servers = [ServingProcess(place.service.settings.data) for _ in range(2)]
    jobs = [place.submit("transcribe", place.batch(2)) for _ in range(3)]
    jobs.append(place.submit("transcribe", place.batch(2), cores=2))
    most, deadline = 0, time.monotonic() + 200
    while time.monotonic() < deadline:
        with place.service.database.reading() as session:
            rows = session.scalars(select(Job).where(Job.id.in_(jobs))).all()
        most = max(most, sum(job.cores for job in rows if job.status == Status.RUNNING))
        if all(job.ended for job in rows):
            break
        time.sleep(0.02)
    for server in servers:
        server.stop()
    assert most == 2
    assert {(job.status, job.attempt) for job in rows} == {(Status.SUCCEEDED, 1)}
