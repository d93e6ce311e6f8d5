"""Jobs, and waiting for what they make."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Any, TypeVar

from attune.client.exchange import Exchange, Pause, Request, exchange, listing
from attune.client.management.details import Job, JobEvent
from attune.client.management.reading import OWN, V3, Identified, id_of
from attune.client.management.records import (
    Dataset,
    Evaluation,
    Keyword,
    Made,
    Model,
    Transcription,
)
from attune.errors import AttuneError

__all__ = ["JobCalls", "JobProgress", "WorkFailed", "waited"]

JobProgress = Callable[[Job], None]
"""Told about a job whenever it has come further."""

M = TypeVar("M", bound=Made)

_PLACES = {
    Dataset: f"{V3}/datasets",
    Model: f"{V3}/models",
    Keyword: f"{OWN}/keywords",
    Evaluation: f"{V3}/evaluations",
    Transcription: f"{V3}/transcriptions",
}
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 2.0


class WorkFailed(AttuneError):
    """What a job was to make has failed; `made` is what is left of it, with its `reason`."""

    def __init__(self, made: Made) -> None:
        super().__init__(f"{made.name}: {made.reason}")
        self.made = made


class JobCalls:
    """What can be done with jobs."""

    @listing
    def jobs(
        self,
        project: Identified | str | None = None,
        *,
        subject: Identified | str | None = None,
        filter: str | None = None,
        order: str | None = None,
    ) -> tuple[Request, Callable[[Any], Job]]:
        """The jobs of a project, or all, newest first; those that made `subject`."""
        query = {
            "project": None if project is None else id_of(project),
            "subject": None if subject is None else id_of(subject),
            "filter": filter,
            "orderby": order,
        }
        return Request("GET", f"{OWN}/jobs", query=query), Job.read

    @exchange
    def job(self, job: Identified | str) -> Exchange[Job]:
        """One job, as it is now."""
        answer = yield Request("GET", f"{OWN}/jobs/{id_of(job)}")
        return Job.read(answer.json())

    @exchange
    def cancel_job(self, job: Identified | str) -> Exchange[Job]:
        """Ask a job to end; RefusedError (409) when it has ended."""
        answer = yield Request("POST", f"{OWN}/jobs/{id_of(job)}/cancel")
        return Job.read(answer.json())

    @listing
    def job_events(
        self, job: Identified | str, *, after: int = 0
    ) -> tuple[Request, Callable[[Any], JobEvent]]:
        """What a job told, in order, from the event `after` on; at most 10,000."""
        query = {"after": after, "top": 10_000}
        return Request("GET", f"{OWN}/jobs/{id_of(job)}/events", query=query), JobEvent.read


def waited(made: M, timeout: float | None, progress: JobProgress | None) -> Exchange[M]:
    """Wait until something is made; TimeoutError, WorkFailed."""
    place = f"{_PLACES[type(made)]}/{made.id}"
    deadline = None if timeout is None else monotonic() + timeout
    pause = _FIRST_PAUSE
    told: Job | None = None
    while True:
        current = type(made).read((yield Request("GET", place)).json())
        over = current.status in ("Succeeded", "Failed")
        if progress is not None:
            query = {"subject": made.id, "top": 1}
            answer = yield Request("GET", f"{OWN}/jobs", query=query)
            for job in map(Job.read, answer.json()["values"]):
                if job != told:
                    told = job
                    progress(job)
        if over:
            break
        if deadline is not None and monotonic() >= deadline:
            raise TimeoutError(f"{made.name}: not done after {timeout:g} s; it goes on")
        yield Pause(pause)
        pause = min(_LONGEST_PAUSE, 1.5 * pause)
    if current.status == "Failed":
        raise WorkFailed(current)
    return current
