"""Models: made of chosen data, watched while they learn, looked into, taken away."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response

from attune.portal.charts import Series
from attune.portal.routing import Pages
from attune.portal.visits import Visit
from attune.service import activity, datasets, models
from attune.service.tables import JobEvent

__all__ = ["pages"]

pages = Pages()

_UNFINISHED = ("NotStarted", "Running")
_NO_FIGURES = {
    *("step", "steps", "epoch", "epochs"),
    *("seconds", "eta_seconds", "speed", "learning_rate"),
}
"""Of a point of a training curve: what it is over, and what tells of the machine."""


@pages.get("/projects/{project}/models")
def show(visit: Visit) -> Response:
    """The recognisers of a project, and the bases that they are made on."""
    service, principal = visit.service, visit.principal
    found = models.listing(
        service,
        principal,
        project_id=visit.project.id,
        kind="recognizer",
        skip=visit.place(),
        top=50,
    )
    jobs = {
        one.id: activity.job_of(service, principal, one.id)
        for one in found.values
        if one.status in _UNFINISHED
    }
    if visit.is_part:
        return visit.part("parts/models_table.html", page=found, jobs=jobs)
    bases = models.base_models(service, principal, kind="recognizer")
    return visit.page("models.html", section="models", page=found, jobs=jobs, bases=bases)


@pages.get("/projects/{project}/models/new")
def ask(visit: Visit) -> Response:
    """The form for a new model."""
    service, principal, id = visit.service, visit.principal, visit.project.id
    ready = "status eq 'Succeeded'"
    own = models.listing(
        service, principal, project_id=id, kind="recognizer", filter=ready, top=100
    )
    bases = models.base_models(service, principal, kind="recognizer")
    found = datasets.listing(service, principal, project_id=id, latest=True, filter=ready, top=200)
    return visit.page(
        "model_new.html",
        section="models",
        bases=[one for one in bases.values if one.language == visit.project.language],
        own=own.values,
        datasets=found.values,
        chosen=visit.query.get("dataset", ""),
    )


@pages.post("/projects/{project}/models")
def create(visit: Visit) -> Response:
    """Make a model and go to watch it."""
    made = models.create(
        visit.service,
        visit.principal,
        visit.project.id,
        name=visit.text("name"),
        description=visit.text("description"),
        base_id=visit.text("base") or None,
        dataset_ids=visit.texts("dataset"),
        text=visit.text("text").replace("\r\n", "\n"),
        method=visit.text("method") or "auto",
        unsupervised=bool(visit.text("unsupervised")),
    )
    return visit.go(f"/projects/{visit.project.id}/models/{made.id}")


@pages.get("/projects/{project}/models/{model}")
def show_model(visit: Visit) -> Response:
    """A model: its progress and curve while it learns, then what it is."""
    service, principal = visit.service, visit.principal
    model = models.get(service, principal, visit.path["model"])
    if visit.is_part and model.status not in _UNFINISHED:
        return visit.go(visit.request.url.path)  # There is more to see now.
    if model.kind == "keyword":
        return visit.go(f"/projects/{visit.project.id}/keywords/{model.id}")
    values = {
        "section": "models",
        "model": model,
        "job": activity.job_of(service, principal, model.id),
        "curves": curves_of(models.curve(service, principal, model.id)),
    }
    if visit.is_part:
        return visit.part("parts/model_state.html", **values)
    made_of = [datasets.get(service, principal, one.dataset_id) for one in model.datasets]
    return visit.page(
        "model.html",
        lineage=models.lineage(service, principal, model.id),
        children=models.children(service, principal, model.id),
        datasets=made_of,
        files=models.bundle_files(service, principal, model.id) if model.bundle_hash else (),
        **values,
    )


@pages.get("/projects/{project}/models/{model}/download")
def take(visit: Visit) -> Response:
    """The bundle as one file, which `attune --model` and the library open."""
    return visit.send(models.download(visit.service, visit.principal, visit.path["model"]))


@pages.post("/projects/{project}/models/{model}")
def change(visit: Visit) -> Response:
    """Rename or describe a model anew."""
    changed = models.update(
        visit.service,
        visit.principal,
        visit.path["model"],
        name=visit.text("name"),
        description=visit.text("description"),
    )
    return visit.go(f"/projects/{visit.project.id}/models/{changed.id}", "Saved.")


@pages.post("/projects/{project}/models/{model}/delete")
def remove(visit: Visit) -> Response:
    """Remove a model that nothing needs."""
    model = models.get(visit.service, visit.principal, visit.path["model"])
    models.delete(visit.service, visit.principal, model.id)
    place = "keywords" if model.kind == "keyword" else "models"
    return visit.go(f"/projects/{visit.project.id}/{place}", f"{model.name} is gone.")


def curves_of(points: Sequence[JobEvent]) -> list[Series]:
    """The lines of a training curve: each figure that the job told over its steps, those of
    recordings that are held out apart from those of the training itself."""
    lines: dict[str, list[tuple[float, float]]] = {}
    for number, point in enumerate(points, start=1):
        figures = {
            name: float(value)
            for name, value in point.data.items()
            if isinstance(value, int | float) and not isinstance(value, bool)
        }
        x = figures.get("step", figures.get("epoch", float(number)))
        for name, value in figures.items():
            if name not in _NO_FIGURES:
                lines.setdefault(_line_of(name, point), []).append((x, value))
    return [Series(name, line) for name, line in lines.items()]


def _line_of(figure: str, point: JobEvent) -> str:
    """What a figure is called, with the recordings that it was measured on."""
    words, measured_on = figure.replace("_", " "), point.data.get("name")
    return f"{words}, {measured_on}" if measured_on else words
