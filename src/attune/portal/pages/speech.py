"""Speech data: recordings on their way in, what became of them, and what is said in them."""

from __future__ import annotations

from pathlib import PurePosixPath

from starlette.responses import Response

from attune.errors import InputError
from attune.portal.routing import Pages
from attune.portal.visits import Visit
from attune.service import activity, datasets

__all__ = ["pages"]

pages = Pages()

_ROWS = 25


@pages.get("/projects/{project}/speech")
def show(visit: Visit) -> Response:
    """The recordings of a project, and the place to drop more."""
    found = datasets.listing(
        visit.service,
        visit.principal,
        project_id=visit.project.id,
        latest=True,
        skip=visit.place(),
        top=50,
        filter="kind eq 'Acoustic' or kind eq 'Audio'",
    )
    jobs = {
        one.id: activity.job_of(visit.service, visit.principal, one.id)
        for one in found.values
        if one.status in ("NotStarted", "Running")
    }
    template = "parts/speech_table.html" if visit.is_part else "speech.html"
    answer = visit.part if visit.is_part else visit.page
    return answer(template, section="speech", page=found, jobs=jobs)


@pages.post("/projects/{project}/datasets")
def create(visit: Visit) -> Response:
    """Make a data set of a file that has come."""
    name, file = visit.text("name"), visit.text("file")
    made = datasets.create(
        visit.service,
        visit.principal,
        visit.project.id,
        name=name or PurePosixPath(file).stem,
        kind=visit.text("kind"),
        upload_id=visit.text("upload"),
        transcript_upload_id=visit.text("transcript_upload") or None,
        series_id=visit.text("series") or None,
    )
    return visit.go(_page(visit, made.id), f"{made.name} came in and is being checked.")


@pages.get("/projects/{project}/datasets/{dataset}")
def show_dataset(visit: Visit) -> Response:
    """A data set: its state, its report, and what is in it."""
    service, principal = visit.service, visit.principal
    dataset = datasets.get(service, principal, visit.path["dataset"])
    if visit.is_part and dataset.status not in ("NotStarted", "Running"):
        return visit.go(_page(visit, dataset.id))  # There is more to see now.
    kind = datasets.dataset_kind(dataset)
    search = visit.query.get("text", "")
    listed, lines = None, None
    if dataset.content_hash is not None:
        if kind.text is None:
            listed = datasets.utterances(
                service, principal, dataset.id, skip=visit.place(), top=_ROWS, text=search
            )
        else:
            lines = datasets.lines(service, principal, dataset.id, skip=visit.place(), top=100)
    values = {
        "section": "speech" if kind.text is None else _SECTIONS[kind.name],
        "dataset": dataset,
        "kind": kind,
        "job": activity.job_of(service, principal, dataset.id),
        "versions": datasets.versions(service, principal, dataset.id),
        "utterances": listed,
        "lines": lines,
        "search": search,
    }
    if visit.is_part:
        return visit.part("parts/dataset_state.html", **values)
    return visit.page("dataset.html", **values)


@pages.get("/projects/{project}/datasets/{dataset}/audio/{number}")
def play(visit: Visit) -> Response:
    """A recording, for the player."""
    number = _number(visit.path["number"])
    download = datasets.audio(visit.service, visit.principal, visit.path["dataset"], number)
    return visit.send(download, inline=True)


@pages.get("/projects/{project}/datasets/{dataset}/edit/{number}")
def edit(visit: Visit) -> Response:
    """A form for the transcript of a recording."""
    number = _number(visit.path["number"])
    id = visit.path["dataset"]
    listed = datasets.utterances(visit.service, visit.principal, id, skip=number - 1, top=1)
    if not listed.values:
        raise InputError(f"the data set has no recording {number}")
    template = "parts/transcript_form.html"
    if visit.query.get("cancel"):
        template = "parts/transcript.html"
    return visit.part(template, dataset_id=id, utterance=listed.values[0])


@pages.post("/projects/{project}/datasets/{dataset}/correct")
def correct(visit: Visit) -> Response:
    """Put a transcript right, or leave the recording out: in a new version."""
    number = _number(visit.text("number"))
    text = None if visit.text("leave_out") else visit.text("text")
    made = datasets.correct(visit.service, visit.principal, visit.path["dataset"], {number: text})
    place = (number - 1) // _ROWS * _ROWS
    return visit.go(
        f"{_page(visit, made.id)}?skip={place}",
        f"Saved as version {made.version}. Models keep the version that they were made from.",
    )


@pages.get("/projects/{project}/datasets/{dataset}/download")
def take(visit: Visit) -> Response:
    """The usable part as a file."""
    return visit.send(datasets.download(visit.service, visit.principal, visit.path["dataset"]))


@pages.post("/projects/{project}/datasets/{dataset}/delete")
def remove(visit: Visit) -> Response:
    """Remove one version."""
    dataset = datasets.get(visit.service, visit.principal, visit.path["dataset"])
    datasets.delete(visit.service, visit.principal, dataset.id)
    kind = datasets.dataset_kind(dataset)
    place = "speech" if kind.text is None else f"texts/{kind.name}"
    return visit.go(
        f"/projects/{visit.project.id}/{place}",
        f"Version {dataset.version} of {dataset.name} is gone.",
    )


_SECTIONS = {
    "Language": "language",
    "Pronunciation": "pronunciation",
    "StructuredText": "structured",
    "DisplayFormat": "display",
}


def _page(visit: Visit, id: str) -> str:
    return f"/projects/{visit.project.id}/datasets/{id}"


def _number(text: str) -> int:
    if not text.isdigit() or len(text) > 9:
        raise InputError("there is no recording with this number")
    return int(text)
