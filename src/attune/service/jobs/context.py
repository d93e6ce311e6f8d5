"""What a kind of job is given: the service, its job, and means to tell and to be told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from attune.errors import AttuneError
from attune.service.errors import Unavailable
from attune.service.jobs.queue import held_by
from attune.service.jobs.reporting import Reporter
from attune.service.tables import Job

if TYPE_CHECKING:
    from attune.service.service import Service

__all__ = ["JobContext", "JobLost", "Stopped"]

_ASKED_AGAIN_SECONDS = 600.0
"""A copy of a folder stays for an hour after it was asked for."""
_SAVING_SECONDS = 600.0
"""How long a result is held while the database is away."""


class Stopped(BaseException):
    """The job was cancelled, or its server stops. Not an Exception: nothing on the way up is to
    take it for a failure of its own."""


class JobLost(AttuneError):
    """The job has another worker now, or is gone with what it was for."""


class JobContext:
    """One attempt at a job.

    `folder` survives a kill: what the work left there, the next attempt finds. Every `progress` is
    a point at which a cancelled job ends.
    """

    def __init__(
        self, service: Service, job: Job, token: str, reporter: Reporter, folder: Path
    ) -> None:
        self.service, self.job, self.folder = service, job, folder
        self._token, self._reporter = token, reporter
        self._stage: str | None = None
        self._folders: dict[str, Path] = {}
        self._asked = time.monotonic()
        self._from, self._share = 0.0, 1.0

    def progress(
        self, fraction: float, *, stage: str | None = None, eta_seconds: float | None = None
    ) -> None:
        """Tell how much of the work is done (0 to 1), what is being done, and how long it will
        take if that is known. Raises Stopped when the job is to end."""
        self.check_cancelled()
        self._keep_folders()
        if stage is not None and stage != self._stage:
            self._stage = stage
            self._reporter.event("stage", {"stage": stage})
        self._reporter.progress(self._from + self._share * fraction, stage, eta_seconds)

    @contextmanager
    def part(self, begin: float, end: float) -> Iterator[None]:
        """Within it, `progress` runs from `begin` to `end` of the whole."""
        before = self._from, self._share
        self._from, self._share = (
            self._from + self._share * begin,
            self._share * (end - begin),
        )
        try:
            yield
        finally:
            self._from, self._share = before

    def blob_folder(self, name: str) -> Path:
        """The folder that a blob holds, which stays for as long as the work makes progress."""
        self._folders[name] = self.service.store.folder(name)
        return self._folders[name]

    def _keep_folders(self) -> None:
        if time.monotonic() - self._asked > _ASKED_AGAIN_SECONDS:
            self._asked = time.monotonic()
            for name in self._folders:
                self.service.store.folder(name)

    def say(self, stage: str) -> None:
        """Tell what is being done, where nobody knows how much that is."""
        self.check_cancelled()
        if stage != self._stage:
            self._stage = stage
            self._reporter.event("stage", {"stage": stage})
            self._reporter.stage(stage)

    def event(self, name: str, /, **data: Any) -> None:
        """Keep something worth seeing, such as a point of a training curve; `data` is JSON."""
        self._reporter.event(name, data)

    def check_cancelled(self) -> None:
        """Raise Stopped when the job is to end; in other threads than the main one as well."""
        if self._reporter.stopping:
            raise Stopped

    @contextmanager
    def _saving(self) -> Iterator[Session]:
        with self.service.database.session() as session:
            held = select(Job.id).where(Job.id == self.job.id, held_by(self._token))
            if session.scalar(held.with_for_update()) is None:
                raise JobLost("the job has another worker, or is gone")
            yield session

    def save(self, change: Callable[[Session], None]) -> None:
        """Make a `change` in one transaction, for which the job must still be this worker's (else
        JobLost); while the database is away that is tried for ten minutes, for what took hours is
        not to be lost for that."""
        deadline = time.monotonic() + _SAVING_SECONDS
        while True:
            try:
                with self._saving() as session:
                    change(session)
                return
            except Unavailable:
                if time.monotonic() > deadline:
                    raise
                self.check_cancelled()
                time.sleep(1.0)
