"""Jobs: what is at work, what waits, how it ended."""

from __future__ import annotations

from starlette.responses import Response

from attune.portal.routing import Pages
from attune.portal.visits import Visit
from attune.service import activity
from attune.service.tables import Job, Status

__all__ = ["KINDS", "pages", "subject_page"]

pages = Pages()

KINDS = {
    "import": "Import of a data set",
    "adapt": "Training of a model",
    "evaluate": "Test of models",
    "keyword": "Making of a keyword",
    "transcribe": "Transcription of a batch",
}
_UNFINISHED = ("NotStarted", "Running")


def subject_page(job: Job) -> str:
    """The page of what a job makes, "" where the portal has none."""
    if job.project_id is None:
        return ""
    places = {
        "dataset": "datasets",
        "model": "models",
        "evaluation": "tests",
        "keyword": "keywords",
    }
    kind = "keyword" if job.kind == "keyword" else job.subject_kind
    place = places.get(kind)
    return f"/projects/{job.project_id}/{place}/{job.subject_id}" if place else ""


@pages.get("/jobs")
def show_jobs(visit: Visit) -> Response:
    """All jobs, newest first; a script asks for the table again every other second."""
    found = activity.jobs(visit.service, visit.principal, skip=visit.place(), top=50)
    live = any(job.status in _UNFINISHED for job in found.values)
    values = {
        "section": "jobs",
        "page": found,
        "kinds": KINDS,
        "subject_page": subject_page,
        "every": 2 if live else 10,
    }
    if visit.is_part:
        return visit.part("parts/jobs.html", **values)
    return visit.page("jobs.html", **values)


@pages.get("/jobs/running")
def running(visit: Visit) -> Response:
    """How many are at work, for the top of every page."""
    counts = [
        activity.jobs(
            visit.service, visit.principal, top=1, filter=f"status eq '{status.value}'"
        ).total
        for status in (Status.RUNNING, Status.NOT_STARTED)
    ]
    return visit.part("parts/running.html", running=counts[0], waiting=counts[1])


@pages.get("/jobs/{job}")
def show_job(visit: Visit) -> Response:
    """One job with everything that it told."""
    job = activity.job(visit.service, visit.principal, visit.path["job"])
    told = activity.events(visit.service, visit.principal, job.id, top=1_000)
    values = {
        "section": "jobs",
        "job": job,
        "events": told,
        "kinds": KINDS,
        "subject_page": subject_page,
        "live": job.status in _UNFINISHED,
    }
    if visit.is_part:
        return visit.part("parts/job.html", **values)
    return visit.page("job.html", **values)


@pages.post("/jobs/{job}/cancel")
def cancel_job(visit: Visit) -> Response:
    """Ask a job to end."""
    job = activity.cancel(visit.service, visit.principal, visit.path["job"])
    return visit.go(f"/jobs/{job.id}", "The job is asked to end.")
