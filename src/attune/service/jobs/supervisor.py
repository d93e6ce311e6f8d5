"""The supervisor: a thread that starts workers within the budget, and looks after all of them.

Its own workers are its child processes. Those whose supervisor died carry on, and are watched from
outside: by their process on this machine, by their heartbeat anywhere.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from datetime import timedelta

from attune.service.errors import ServiceError
from attune.service.jobs.attempts import Attempt, Backend, Ending
from attune.service.jobs.leases import Leases
from attune.service.jobs.orders import Order
from attune.service.jobs.queue import Queue
from attune.service.jobs.worker_names import WorkerName, kill_group, machine_name
from attune.service.settings import Settings
from attune.service.tables import Job, Status, new_id, now

__all__ = ["Supervisor"]

_TICK_SECONDS = 0.5
_SEEN_SECONDS = 4.0
_GRACE = 10.0
_HUNG_SECONDS = 120.0
_RENEWED = timedelta(seconds=5)

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Charge:
    """A worker of one's own, and until when it may save what it has once it was asked to stop."""

    attempt: Attempt
    deadline: float | None = None

    @property
    def job_id(self) -> str:
        return self.attempt.order.job_id

    @property
    def token(self) -> str:
        return self.attempt.order.worker.token

    def ask_to_stop(self) -> None:
        if self.deadline is None:
            self.deadline = time.monotonic() + _GRACE
            self.attempt.ask_to_stop()


class Supervisor:
    """Runs jobs of a queue on a backend until it is stopped."""

    def __init__(self, queue: Queue, settings: Settings, backend: Backend, alone: bool) -> None:
        self.id = new_id()
        self._queue, self._settings, self._backend, self._alone = queue, settings, backend, alone
        self._charges: list[_Charge] = []
        self._others = Leases(machine_name())
        self._own = Leases("", _HUNG_SECONDS)
        self._seen = -_SEEN_SECONDS
        self._wake, self._stopped = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """There may be something to do."""
        self._wake.set()

    def stop(self) -> None:
        """Stop the workers, which save what they have: another supervisor goes on with it, or the
        next start does. Returns after ten seconds at most, and some for the database."""
        self._stopped.set()
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._wake.clear()
            try:
                self._tick()
            except ServiceError as error:  # The database is away, and will come back.
                _log.warning("%s", error)
            except Exception:
                _log.exception("looking after jobs failed: trying again")
            self._wake.wait(_TICK_SECONDS)
        self._leave()

    def _tick(self) -> None:
        if time.monotonic() - self._seen >= _SEEN_SECONDS:
            self._queue.appear(self.id, machine_name())
            self._seen = time.monotonic()
        self._reap()
        jobs = self._queue.open_jobs()
        self._cancel(jobs)
        self._find_lost([job for job in jobs if job.status == Status.RUNNING])
        waiting = [job for job in jobs if job.status == Status.NOT_STARTED]
        while waiting and not self._stopped.is_set() and self._start_one():
            waiting.pop()

    def _reap(self) -> None:
        """See which of one's own workers have ended, and make those end that do not stop."""
        for charge in list(self._charges):
            ending = charge.attempt.poll()
            if ending is not None:
                self._settle(charge, ending)
                self._charges.remove(charge)
            elif charge.deadline is not None and time.monotonic() > charge.deadline:
                charge.attempt.kill()

    def _settle(self, charge: _Charge, ending: Ending) -> None:
        """Note what the worker could not note itself."""
        if charge.deadline is not None:
            self._queue.release(charge.job_id, charge.token)
        else:
            cause = ending.cause or "its process ended before the work was done"
            status = self._queue.interrupted(charge.job_id, charge.token, cause)
            if status is not None:
                _log.warning("job %s: %s: %s", charge.job_id, cause, status)

    def _cancel(self, jobs: list[Job]) -> None:
        cancelled = {job.id for job in jobs if job.cancel}
        for charge in self._charges:
            if charge.job_id in cancelled:
                charge.ask_to_stop()

    def _find_lost(self, running: list[Job]) -> None:
        own = {charge.token: charge for charge in self._charges}
        mine: list[Job] = []
        others: list[Job] = []
        for job in running:
            token = WorkerName.read(job.worker).token
            (mine if token in own else others).append(job)
        for lost in self._own.look(mine):
            own[lost.worker.token].attempt.kill()
            self._queue.interrupted(lost.job.id, lost.worker.token, lost.cause)
        for lost in self._others.look(others):
            if lost.pid is not None:
                kill_group(lost.pid)
            status = self._queue.interrupted(lost.job.id, lost.worker.token, lost.cause)
            _log.warning("job %s: %s: %s", lost.job.id, lost.cause, status)
        for job in mine:
            worker = WorkerName.read(job.worker)
            if worker.pid == 0 and job.heartbeat and now() - job.heartbeat > _RENEWED:
                self._queue.keep(job.id, worker.token)

    def _start_one(self) -> bool:
        backend = self._backend
        job = self._queue.claim(backend.machine, backend.cores, backend.free())
        if job is None:
            return False
        cores = min(job.cores, backend.cores)
        order = Order(self._settings, job.id, WorkerName.read(job.worker), cores, self._alone)
        try:
            self._charges.append(_Charge(backend.start(order)))
        except OSError as error:
            _log.warning("job %s: cannot start a worker: %s", job.id, error)
            self._queue.interrupted(
                job.id, order.worker.token, f"no process could be started for it: {error}"
            )
            return False
        return True

    def _leave(self) -> None:
        for charge in self._charges:
            charge.ask_to_stop()
        deadline = time.monotonic() + _GRACE + 2 * _TICK_SECONDS
        while self._charges and time.monotonic() < deadline:
            time.sleep(0.1)
            try:
                self._reap()
            except ServiceError as error:
                _log.warning("%s", error)
        try:
            self._queue.disappear(self.id)
        except ServiceError as error:
            _log.warning("%s", error)
        self._backend.close()
