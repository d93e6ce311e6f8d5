"""What a worker is told on its standard input: the settings, the job, and the claim on it.

Not in its arguments: a database's URL holds a password, and everybody may list processes.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from attune.service.jobs.worker_names import WorkerName
from attune.service.settings import Limits, Settings

__all__ = ["Order", "log_file", "work_folder"]


@dataclass(frozen=True, slots=True)
class Order:
    """One attempt at a job, which keeps `cores` busy. `alone` says whether the worker may go on for
    a while when the process that started it is gone, until another supervisor looks after it."""

    settings: Settings
    job_id: str
    worker: WorkerName
    cores: int = 1
    alone: bool = True

    def to_json(self) -> str:
        """One line."""
        settings = asdict(self.settings)
        settings["data"] = str(self.settings.data.resolve())
        value = {
            "settings": settings,
            "job_id": self.job_id,
            "worker": str(self.worker),
            "cores": self.cores,
            "alone": self.alone,
        }
        return json.dumps(value) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Order:
        """The order that `to_json` wrote."""
        value: dict[str, Any] = json.loads(text)
        given = value["settings"]
        settings = Settings(
            **{**given, "data": Path(given["data"]), "limits": Limits(**given["limits"])}
        )
        worker = WorkerName.read(value["worker"])
        return cls(settings, value["job_id"], worker, value["cores"], value["alone"])


def work_folder(settings: Settings, job_id: str) -> Path:
    """Where a job leaves what its next attempt goes on from."""
    return settings.data.resolve() / "work" / job_id


def log_file(settings: Settings, job_id: str) -> Path:
    """What a job's workers wrote on their standard output, tracebacks above all."""
    return settings.data.resolve() / "logs" / "jobs" / f"{job_id}.log"
