"""The queue on each kind of database: claims, budgets, attempts, and who may write."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from attune.service.database import Database
from attune.service.jobs.leases import Leases
from attune.service.jobs.queue import Queue
from attune.service.jobs.worker_names import WorkerName, machine_name
from attune.service.tables import Dataset, Job, Project, Status, now

Submit = Callable[..., Job]


@pytest.fixture
def queue(database: Database) -> Queue:
    return Queue(database)


@pytest.fixture
def submit(database: Database) -> Submit:
    with database.session() as session:
        project = Project(name="test", language="en-US")
        session.add(project)

    def make(cores: int = 1, age: float = 0.0) -> Job:
        with database.session() as session:
            dataset = Dataset(
                project_id=project.id, name="a", kind="Language", language="en-US", source_name="a"
            )
            session.add(dataset)
            session.flush()
            job = Job(
                kind="import",
                subject_kind="dataset",
                subject_id=dataset.id,
                project_id=project.id,
                cores=cores,
                created=now() - timedelta(seconds=age),
            )
            session.add(job)
        return job

    return make


def statuses(database: Database, job: Job) -> tuple[str, str]:
    """Of the job and of what it makes."""
    with database.reading() as session:
        row = session.get_one(Job, job.id)
        return row.status, session.get_one(Dataset, row.subject_id).status


def token(job: Job) -> str:
    return WorkerName.read(job.worker).token


def test_every_job_is_claimed_once(database: Database, queue: Queue, submit: Submit) -> None:
    wanted = {submit().id for _ in range(12)}

    def take(_: int) -> list[str]:
        taken = []
        while (job := Queue(database).claim("here", 100)) is not None:
            taken.append(job.id)
        return taken

    with ThreadPoolExecutor(4) as pool:
        claimed = [id for taken in pool.map(take, range(4)) for id in taken]
    assert len(claimed) == 12
    assert set(claimed) == wanted


def test_a_budget_is_kept_by_all_together(database: Database, queue: Queue, submit: Submit) -> None:
    for _ in range(10):
        submit()
    queue.appear("one", "here")
    queue.appear("two", "here")
    with ThreadPoolExecutor(4) as pool:
        claims = list(pool.map(lambda _: Queue(database).claim("here", 3), range(8)))
    assert sum(job is not None for job in claims) == 3
    assert queue.claim("elsewhere", 1) is not None


def test_the_oldest_that_fits_goes_first(queue: Queue, submit: Submit) -> None:
    large, small = submit(cores=4, age=20), submit(age=10)
    running = queue.claim("here", 4)
    assert running is not None and running.id == large.id
    assert queue.claim("here", 4) is None
    assert queue.claim("here", 4, free=1).id == small.id  # type: ignore[union-attr]


def test_a_large_job_is_not_passed_for_ever(queue: Queue, submit: Submit) -> None:
    submit(age=600)
    assert queue.claim("here", 2) is not None
    large = submit(cores=2, age=500)
    submit(age=10)
    assert queue.claim("here", 2) is None
    assert queue.claim("here", 2, free=2).id == large.id  # type: ignore[union-attr]


def test_the_subject_follows(database: Database, queue: Queue, submit: Submit) -> None:
    job = submit()
    assert statuses(database, job) == ("NotStarted", "NotStarted")
    claimed = queue.claim("here", 1)
    assert claimed is not None
    assert statuses(database, job) == ("Running", "Running")
    assert queue.begin(job.id, WorkerName("here", token(claimed), 1, 1))
    assert not queue.begin(job.id, WorkerName("here", "another", 1, 1))
    assert queue.finish(job.id, token(claimed), Status.SUCCEEDED)
    assert statuses(database, job) == ("Succeeded", "Succeeded")
    assert not queue.finish(job.id, token(claimed), Status.FAILED, "too late")


def test_an_old_claim_writes_nothing(database: Database, queue: Queue, submit: Submit) -> None:
    job = submit()
    first = queue.claim("here", 1)
    assert first is not None
    assert queue.interrupted(job.id, token(first), "gone") == Status.NOT_STARTED
    second = queue.claim("here", 1)
    assert second is not None and second.attempt == 2
    assert not queue.finish(job.id, token(first), Status.SUCCEEDED)
    assert queue.release(job.id, token(first)) is None
    assert queue.interrupted(job.id, token(first), "gone") is None
    assert statuses(database, job) == ("Running", "Running")


def test_three_attempts(database: Database, queue: Queue, submit: Submit) -> None:
    job = submit()
    for _ in range(3):
        claimed = queue.claim("here", 1)
        assert claimed is not None
        queue.interrupted(job.id, token(claimed), "it crashed")
    assert statuses(database, job) == ("Failed", "Failed")
    with database.reading() as session:
        assert session.get_one(Job, job.id).reason == "tried 3 times: it crashed"


def test_a_silent_worker_is_lost_by_this_clock(queue: Queue, submit: Submit) -> None:
    submit()
    job = queue.claim("another-machine", 1)
    assert job is not None
    leases = Leases(machine_name(), silent_seconds=0.0)
    leases.look([job])  # The first look only begins to count.
    assert [lost.job.id for lost in leases.look([job])] == [job.id]
    job.heartbeat = now() + timedelta(hours=5)
    patient = Leases(machine_name(), silent_seconds=30.0)
    assert patient.look([job]) == []
    assert patient.look([job]) == []
