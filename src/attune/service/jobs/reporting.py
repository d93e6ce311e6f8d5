"""What a worker tells the database about its job: that it lives, how far it is, what it saw.

One thread writes, so that the work never waits for the database; what comes faster than twice a
second is written together.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from attune.service.database import Database
from attune.service.errors import ServiceError
from attune.service.jobs.queue import held_by
from attune.service.jobs.storable import storable
from attune.service.jobs.worker_names import WorkerName, kill_group
from attune.service.tables import Job, JobEvent, Supervisor, now

__all__ = ["HEARTBEAT_SECONDS", "Reporter"]

HEARTBEAT_SECONDS = 2.0
_SHORTEST = 0.5
_GRACE = 10.0
"""Seconds in which a worker that shall stop may save what it has."""
_ALONE_SECONDS = 60.0
_SEEN = timedelta(seconds=15)
_TRUSTED_SHARE, _TRUSTED_SECONDS = 0.02, 3.0
_MOST_EVENTS = 5_000

_log = logging.getLogger(__name__)


class Reporter:
    """Writes the progress of one claim and ends its process when that is no longer its own.

    `ask_to_stop` is called once when the job was cancelled, or when for a minute no supervisor was
    there to look after this machine's workers, after `orphaned` was set.
    """

    def __init__(
        self, database: Database, job_id: str, worker: WorkerName, ask_to_stop: Callable[[], None]
    ) -> None:
        self._database, self._job_id, self._worker = database, job_id, worker
        self._ask_to_stop = ask_to_stop
        self._lock = threading.Lock()
        self._wake, self._ended = threading.Event(), threading.Event()
        self._values: dict[str, Any] = {}
        self._events: list[JobEvent] = []
        self._told = 0
        self._began: tuple[float, float] | None = None
        self._alone_since: float | None = None
        self._deadline: float | None = None
        self.orphaned = False
        self.stopping = False
        self._thread = threading.Thread(target=self._run, name="reporter", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write what is left, and end."""
        self._ended.set()
        self._wake.set()
        self._thread.join()
        self._write()

    def progress(self, fraction: float, stage: str | None, eta_seconds: float | None) -> None:
        """Note how far the work is, of 1; without `eta_seconds` it is estimated."""
        fraction = min(1.0, max(0.0, fraction))
        with self._lock:
            self._values["progress"] = fraction
            self._values["eta_seconds"] = (
                self._estimate(fraction) if eta_seconds is None else eta_seconds
            )
            if stage is not None:
                self._values["stage"] = stage
        self._wake.set()

    def stage(self, stage: str) -> None:
        """Note what is being done."""
        with self._lock:
            self._values["stage"] = stage
        self._wake.set()

    def event(self, name: str, data: dict[str, Any]) -> None:
        """Note something that happened; after some thousands they are no longer kept."""
        with self._lock:
            if self._told < _MOST_EVENTS:
                self._told += 1
                at = now()
                self._events.append(
                    JobEvent(job_id=self._job_id, time=at, name=name, data=storable(data))
                )
        self._wake.set()

    def _estimate(self, fraction: float) -> float | None:
        at = time.monotonic()
        if self._began is None or fraction < self._began[1]:
            self._began = at, fraction
        elapsed, done = at - self._began[0], fraction - self._began[1]
        if done < _TRUSTED_SHARE or elapsed < _TRUSTED_SECONDS:
            return None
        return elapsed * (1.0 - fraction) / done

    def _run(self) -> None:
        last = 0.0
        while not self._ended.is_set():
            if self._wake.wait(HEARTBEAT_SECONDS):
                self._ended.wait(max(0.0, last + _SHORTEST - time.monotonic()))
            last = time.monotonic()
            self._write()
            self._watch()

    def _write(self) -> None:
        self._wake.clear()
        with self._lock:
            values, self._values = self._values, {}
            events, self._events = self._events, []
        try:
            with self._database.session() as session:
                found = session.execute(
                    update(Job)
                    .where(Job.id == self._job_id, held_by(self._worker.token))
                    .values(heartbeat=now(), **values)
                    .returning(Job.cancel)
                ).first()
                if found is None:
                    self._give_up()
                    return
                session.add_all(events)
                alone = self.orphaned and not self._is_seen(session)
        except ServiceError as error:  # The database is away: what was to be written is kept.
            _log.warning("cannot report: %s", error)
            with self._lock:
                self._values = {**values, **self._values}
                self._events = [*events, *self._events]
            return
        except Exception:  # Whatever it is, the heart has to go on beating.
            _log.exception("cannot report")
            return
        if not alone:
            self._alone_since = None
        elif self._alone_since is None:
            self._alone_since = time.monotonic()
        if found.cancel or self._is_long_alone():
            self.request_stop()

    def _is_seen(self, session: Session) -> bool:
        """Whether a supervisor looks after this machine's workers."""
        own = Supervisor.machine == self._worker.machine
        seen = select(Supervisor.id).where(own, Supervisor.seen > now() - _SEEN).limit(1)
        return session.scalar(seen) is not None

    def _is_long_alone(self) -> bool:
        since = self._alone_since
        return since is not None and time.monotonic() - since > _ALONE_SECONDS

    def request_stop(self) -> None:
        """Have the work stop; if it does not within ten seconds the process ends without it."""
        if not self.stopping:
            self.stopping = True
            self._deadline = time.monotonic() + _GRACE
            self._ask_to_stop()

    def _watch(self) -> None:
        if self._deadline is not None and time.monotonic() > self._deadline:
            _log.warning("the work did not stop in time: ending without it")
            kill_group(os.getpgrp(), signal.SIGKILL)

    def _give_up(self) -> None:
        """Somebody else has the job now, or it is gone: nothing may be written any more."""
        if not self._ended.is_set():
            _log.warning("the job is no longer this worker's: ending")
            kill_group(os.getpgrp(), signal.SIGKILL)
