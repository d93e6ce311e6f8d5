"""Noticing workers that are gone: whose process is not there, or who are silent for too long.

Silence is measured by this process's own clock, between looks at a database that answered: neither
clocks that differ nor an absence of the database make a worker look dead.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from attune.service.jobs.worker_names import WorkerName, is_alive
from attune.service.tables import Job

__all__ = ["SILENT_SECONDS", "Leases", "Lost"]

SILENT_SECONDS = 30.0
"""A worker that lives writes every 2 seconds."""
_GONE_SECONDS = 3.0
"""Its own supervisor knows better why a process ended, and may say so first."""
_LONGEST_LOOK = 10.0


@dataclass(frozen=True, slots=True)
class Lost:
    """A job whose worker is gone, and how that shows. A `pid` is still there, to be killed."""

    job: Job
    worker: WorkerName
    cause: str
    pid: int | None = None


@dataclass(slots=True)
class _Seen:
    heartbeat: object
    silent: float = 0.0
    gone: float = 0.0


class Leases:
    """Watches the running jobs of others and of nobody, on `machine` and elsewhere."""

    def __init__(self, machine: str, silent_seconds: float = SILENT_SECONDS) -> None:
        self._machine, self._silent_seconds = machine, silent_seconds
        self._seen: dict[str, _Seen] = {}
        self._last = time.monotonic()

    def look(self, running: Sequence[Job]) -> list[Lost]:
        """Which of the running jobs have lost their worker, as far as can be told by now."""
        at = time.monotonic()
        passed, self._last = min(at - self._last, _LONGEST_LOOK), at
        seen, self._seen = self._seen, {}
        found = []
        for job in running:
            one = seen.get(job.worker)
            if one is None or one.heartbeat != job.heartbeat:
                one = _Seen(job.heartbeat, 0.0, one.gone if one else 0.0)
            else:
                one.silent += passed
            self._seen[job.worker] = one
            lost = self._judge(job, one, passed)
            if lost is not None:
                found.append(lost)
        return found

    def _judge(self, job: Job, seen: _Seen, passed: float) -> Lost | None:
        worker = WorkerName.read(job.worker)
        here = worker.machine == self._machine and worker.pid > 0
        alive = here and is_alive(worker)
        if here and not alive:
            seen.gone += passed
            if seen.gone >= _GONE_SECONDS:
                return Lost(job, worker, "its process ended while nobody looked after it")
        if seen.silent >= self._silent_seconds:
            cause = f"nothing was heard of it for {seen.silent:.0f} seconds"
            return Lost(job, worker, cause, worker.pid if alive else None)
        return None
