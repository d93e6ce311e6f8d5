"""The queue of jobs in the database: any number of servers may take from it at once.

A claim is a conditional update, so that a job has one worker at a time; whoever works writes only
while the claim's token is still in the row.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement, and_, delete, func, select, update
from sqlalchemy.orm import Session

from attune.service.database import Database
from attune.service.jobs.subjects import set_status
from attune.service.jobs.worker_names import WorkerName
from attune.service.tables import Job, JobEvent, Status, Supervisor, now

__all__ = ["CANCELLED", "MOST_ATTEMPTS", "Queue", "held_by"]

CANCELLED = "cancelled"
"""The reason of a job that somebody cancelled."""
MOST_ATTEMPTS = 3
"""How often a job begins whose worker does not come to an end."""
_PATIENCE = timedelta(minutes=5)
"""How long smaller jobs may pass one that needs more cores than are free."""
_LOOKED_AT = 200


def held_by(token: str) -> ColumnElement[bool]:
    """The condition that a job runs under the claim with this token."""
    return and_(Job.status == Status.RUNNING, Job.worker.endswith(f"/{token}"))


class Queue:
    """The jobs of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open_jobs(self) -> list[Job]:
        """All that are queued or running, the oldest first."""
        with self._database.reading() as session:
            wanted = Job.status.in_((Status.NOT_STARTED, Status.RUNNING))
            return list(session.scalars(select(Job).where(wanted).order_by(Job.created, Job.id)))

    def claim(self, machine: str, cores: int, free: int | None = None) -> Job | None:
        """Take the oldest job that fits into what is left of a machine's `cores`; None if none
        does.

        `free` cores are left where somebody else counts them. A job that needs more than the
        machine has gets all of it; one that has waited for five minutes is not passed any more.
        """
        with self._database.session() as session:
            # Those who claim for one machine wait for each other here, or both would count the
            # same cores as free.
            own = select(Supervisor.id).where(Supervisor.machine == machine)
            session.execute(own.with_for_update()).all()
            if free is None:
                free = cores - _used(session, machine)
            for job in session.scalars(
                select(Job)
                .where(Job.status == Status.NOT_STARTED)
                .order_by(Job.created, Job.id)
                .limit(_LOOKED_AT)
            ):
                if min(job.cores, cores) <= free:
                    if _take(session, job, WorkerName.new(machine)):
                        return job
                elif now() - job.created > _PATIENCE:
                    return None
        return None

    def begin(self, job_id: str, worker: WorkerName) -> bool:
        """Put a worker's process into the claim; false when the claim is no longer its own."""
        with self._database.session() as session:
            found = session.execute(
                update(Job)
                .where(Job.id == job_id, held_by(worker.token))
                .values(worker=str(worker), heartbeat=now())
                .returning(Job.id)
            )
            return found.first() is not None

    def keep(self, job_id: str, token: str) -> None:
        """Renew a claim whose worker has not begun yet."""
        with self._database.session() as session:
            session.execute(
                update(Job).where(Job.id == job_id, held_by(token)).values(heartbeat=now())
            )

    def finish(self, job_id: str, token: str, status: Status, reason: str = "") -> bool:
        """End a job; false when the claim is no longer one's own."""
        with self._database.session() as session:
            job = _held(session, job_id, token)
            if job is None:
                return False
            _end(session, job, status, reason)
            return True

    def interrupted(self, job_id: str, token: str, cause: str) -> Status | None:
        """What becomes of a job whose worker is gone: it is queued again, or has failed for good.

        None when the claim is no longer that one.
        """
        with self._database.session() as session:
            job = _held(session, job_id, token)
            if job is None:
                return None
            session.add(JobEvent(job_id=job.id, name="interrupted", data={"cause": cause}))
            if job.cancel:
                _end(session, job, Status.FAILED, CANCELLED)
            elif job.attempt >= MOST_ATTEMPTS:
                _end(session, job, Status.FAILED, f"tried {job.attempt} times: {cause}")
            else:
                _queue_again(session, job)
            return job.status

    def release(self, job_id: str, token: str) -> Status | None:
        """Give a job back that is only stopped, to be gone on with; a cancelled one ends.

        Its status then; None when the claim is no longer one's own.
        """
        with self._database.session() as session:
            job = _held(session, job_id, token)
            if job is None:
                return None
            if job.cancel:
                _end(session, job, Status.FAILED, CANCELLED)
            else:
                job.attempt -= 1
                _queue_again(session, job)
            return job.status

    def cancel(self, session: Session, job: Job) -> None:
        """Ask for a job, locked by the session, to end: at once when it is queued, else soon."""
        job.cancel = True
        if job.status == Status.NOT_STARTED:
            _end(session, job, Status.FAILED, CANCELLED)

    def appear(self, supervisor_id: str, machine: str) -> None:
        """Note that a supervisor looks after the jobs of a machine."""
        with self._database.session() as session:
            session.merge(Supervisor(id=supervisor_id, machine=machine, seen=now()))

    def disappear(self, supervisor_id: str) -> None:
        """Forget a supervisor that stops."""
        with self._database.session() as session:
            session.execute(delete(Supervisor).where(Supervisor.id == supervisor_id))


def _used(session: Session, machine: str) -> int:
    running = select(func.coalesce(func.sum(Job.cores), 0)).where(
        Job.status == Status.RUNNING, Job.worker.startswith(f"{machine}/", autoescape=True)
    )
    return int(session.scalar(running) or 0)


def _take(session: Session, job: Job, worker: WorkerName) -> bool:
    at = now()
    taken = session.execute(
        update(Job)
        .where(Job.id == job.id, Job.status == Status.NOT_STARTED, Job.cancel.is_(False))
        .values(
            status=Status.RUNNING,
            worker=str(worker),
            heartbeat=at,
            started=func.coalesce(Job.started, at),
            attempt=Job.attempt + 1,
            stage="starting",
        )
        .returning(Job.id)
    )
    if taken.first() is None:
        return False
    session.refresh(job)
    set_status(session, job, Status.RUNNING)
    return True


def _held(session: Session, job_id: str, token: str) -> Job | None:
    return session.scalars(
        select(Job).where(Job.id == job_id, held_by(token)).with_for_update()
    ).one_or_none()


def _end(session: Session, job: Job, status: Status, reason: str) -> None:
    set_status(session, job, status, reason)
    job.ended, job.eta_seconds = now(), None
    if status == Status.SUCCEEDED:
        job.progress, job.stage = 1.0, ""


def _queue_again(session: Session, job: Job) -> None:
    set_status(session, job, Status.NOT_STARTED)
    job.worker, job.heartbeat, job.eta_seconds = "", None, None
    job.stage = "waiting to go on"
