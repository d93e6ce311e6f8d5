"""`Jobs`: what the rest of the service sees of its jobs."""

from __future__ import annotations

from sqlalchemy import event
from sqlalchemy.orm import Session

from attune.errors import InputError
from attune.service.access import Principal, Scope
from attune.service.database import Database
from attune.service.errors import Conflict, NotFound
from attune.service.jobs.attempts import Backend
from attune.service.jobs.kinds import KINDS
from attune.service.jobs.local_processes import LocalMachine
from attune.service.jobs.queue import Queue
from attune.service.jobs.retention import sweep
from attune.service.jobs.subjects import SUBJECTS
from attune.service.jobs.supervisor import Supervisor
from attune.service.settings import Settings
from attune.service.tables import Job, Status

__all__ = ["Jobs"]


class Jobs:
    """Submits and cancels jobs; between `start` and `stop` it also has them worked on."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings, self._database = settings, database
        self._queue = Queue(database)
        self._supervisor: Supervisor | None = None

    def submit(
        self,
        session: Session,
        kind: str,
        subject_kind: str,
        subject_id: str,
        project_id: str | None,
        cores: int = 1,
    ) -> Job:
        """Queue a job in the transaction of the row that it is to make, whose status follows it.

        `kind` is one of `attune.service.jobs.kinds.KINDS`, `subject_kind` of `SUBJECTS`; `cores`
        are those that it keeps busy.
        """
        if kind not in KINDS or subject_kind not in SUBJECTS:
            raise ValueError(f"no job of the kind {kind!r} for a {subject_kind!r}")
        job = Job(
            kind=kind,
            subject_kind=subject_kind,
            subject_id=subject_id,
            project_id=project_id,
            cores=cores,
        )
        session.add(job)
        session.flush()
        event.listen(session, "after_commit", self._wake, once=True)
        return job

    def cancel(self, principal: Principal, job_id: str) -> Job:
        """End a job: at once when it is queued, in about ten seconds when it runs; it then has
        failed with the reason "cancelled".

        NotFound for one that is not there or not for this key, Conflict for one that has ended.
        """
        principal.require(Scope.MANAGE)
        with self._database.session() as session:
            job = session.get(Job, job_id, with_for_update=True)
            if job is None:
                raise NotFound("there is no job with this id")
            principal.reach(job.project_id, "job")
            if job.status in (Status.SUCCEEDED, Status.FAILED):
                raise Conflict(f"the job has ended already: {job.status}")
            self._queue.cancel(session, job)
        self._wake()
        return job

    def start(self) -> None:
        """Begin to work on what is queued, here or on the Ray cluster of the settings.

        InputError when that needs what is not installed, Unavailable for a cluster out of reach.
        """
        backend = _backend(self._settings)
        self._supervisor = Supervisor(
            self._queue, self._settings, backend, alone=not self._settings.ray
        )
        self._supervisor.start()

    def stop(self) -> None:
        """Stop the workers; what they were at is gone on with later. Takes up to ten seconds."""
        if self._supervisor is not None:
            self._supervisor.stop()
            self._supervisor = None

    def sweep(self) -> None:
        """Remove what has had its time: batches, logs of content, traces of ended jobs."""
        sweep(self._settings, self._database)

    def _wake(self, *_: object) -> None:
        if self._supervisor is not None:
            self._supervisor.wake()


def _backend(settings: Settings) -> Backend:
    if settings.ray:
        try:
            from attune.service.jobs.ray_cluster import RayCluster
        except ImportError as error:
            raise InputError(
                "jobs on a cluster need Ray, which is not installed: pip install ray, or leave its "
                "address out"
            ) from error
        return RayCluster(settings.ray)
    return LocalMachine(settings.workers)
