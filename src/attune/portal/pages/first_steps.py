"""First steps: from nothing to an endpoint that knows new words, with sample data, in minutes.

How far somebody has come is read off the sample project itself, so the page can be left at any
time and shows the truth when they are back.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.responses import Response

from attune.portal.pages.evaluations import bars_of, model_names
from attune.portal.routing import Pages
from attune.portal.visits import Visit
from attune.service import activity, datasets, endpoints, evaluations, models, projects
from attune.service.errors import Conflict
from attune.service.tables import Dataset, Endpoint, Evaluation, Model, Project

__all__ = ["SAMPLES", "pages"]

pages = Pages()

SAMPLES = Path(__file__).parents[1] / "samples"
_MARK = "firstSteps"
_LANGUAGE = "en-US"


@dataclass(frozen=True, slots=True)
class Course:
    """What there is of the sample project so far."""

    project: Project | None = None
    recordings: Dataset | None = None
    texts: tuple[Dataset, ...] = ()
    model: Model | None = None
    test: Evaluation | None = None
    endpoint: Endpoint | None = None

    @property
    def has_data(self) -> bool:
        """Whether the data sets are ready."""
        found = [self.recordings, *self.texts]
        return len(found) == 3 and all(one is not None and done(one) for one in found)

    @property
    def made(self) -> tuple[Dataset | Model | Evaluation, ...]:
        """What jobs make or made, in order."""
        found = (self.recordings, *self.texts, self.model, self.test)
        return tuple(one for one in found if one is not None)


def done(row: Dataset | Model | Evaluation) -> bool:
    """Whether something was made successfully."""
    return row.status == "Succeeded"


@pages.get("/start")
def show(visit: Visit) -> Response:
    """The steps, the next one ready to be taken."""
    course = course_of(visit)
    live = [one for one in course.made if one.status in ("NotStarted", "Running")]
    failed = [one for one in course.made if one.status == "Failed"]
    bars: Any = []
    if course.test is not None and done(course.test):
        bars = bars_of(course.test, model_names(visit, course.test))
    values: dict[str, Any] = {
        "section": "start",
        "course": course,
        "done": done,
        "bars": bars,
        "failed": failed,
        "jobs": {one.id: activity.job_of(visit.service, visit.principal, one.id) for one in live},
        "may_create": visit.principal.project_id is None,
    }
    if visit.is_part:
        return visit.part("parts/start.html", **values)
    return visit.page("start.html", **values)


@pages.post("/start/data")
def bring_data(visit: Visit) -> Response:
    """Make the sample project with its recordings and texts."""
    if course_of(visit).project is None:
        service, principal = visit.service, visit.principal
        made = projects.create(
            service,
            principal,
            name="Reptile house",
            language=_LANGUAGE,
            description="Keepers dictate notes on animals that no general model has heard of.",
            custom={_MARK: "1"},
        )
        for name, kind, file in (
            ("Notes, spoken", "Acoustic", "recordings.zip"),
            ("Notes, written", "Language", "notes.txt"),
            ("Names", "Pronunciation", "names.txt"),
        ):
            content = (SAMPLES / file).read_bytes()
            datasets.create(
                service, principal, made.id, name=name, kind=kind, content=content, source_name=file
            )
    return visit.go("/start")


@pages.post("/start/model")
def make_model(visit: Visit) -> Response:
    """Adapt the base to the texts."""
    course = course_of(visit)
    if course.project is None or not course.has_data:
        raise Conflict("the sample data are not ready yet: wait for their import")
    if course.model is None:
        models.create(
            visit.service,
            visit.principal,
            course.project.id,
            name="Reptile house",
            dataset_ids=[one.id for one in course.texts],
        )
    return visit.go("/start")


@pages.post("/start/test")
def make_test(visit: Visit) -> Response:
    """Compare the model with its base on the recordings."""
    course = course_of(visit)
    if course.recordings is None or course.model is None or not done(course.model):
        raise Conflict("the model is not ready yet: wait for it")
    if course.test is None and course.model.base_id is not None:
        evaluations.create(
            visit.service,
            visit.principal,
            course.model.project_id or "",
            name="Base and reptile house",
            dataset_id=course.recordings.id,
            model1_id=course.model.base_id,
            model2_id=course.model.id,
        )
    return visit.go("/start")


@pages.post("/start/endpoint")
def make_endpoint(visit: Visit) -> Response:
    """Deploy the model."""
    course = course_of(visit)
    if course.model is None or not done(course.model):
        raise Conflict("the model is not ready yet: wait for it")
    if course.endpoint is None:
        endpoints.create(
            visit.service,
            visit.principal,
            course.model.project_id or "",
            name="Reptile house",
            shares={course.model.id: 1.0},
        )
    return visit.go("/start")


def course_of(visit: Visit) -> Course:
    """The sample project as it is; the newest where there are several."""
    service, principal = visit.service, visit.principal
    found = projects.listing(service, principal, top=200).values
    project = next((one for one in found if one.custom.get(_MARK)), None)
    if project is None:
        return Course()
    sets = datasets.listing(service, principal, project_id=project.id, latest=True).values
    made = models.listing(service, principal, project_id=project.id, kind="recognizer").values
    tests = evaluations.listing(service, principal, project_id=project.id).values
    deployed = endpoints.listing(service, principal, project_id=project.id).values
    return Course(
        project,
        next((one for one in reversed(sets) if one.kind == "Acoustic"), None),
        tuple(one for one in reversed(sets) if one.kind in ("Language", "Pronunciation"))[:2],
        made[-1] if made else None,
        tests[-1] if tests else None,
        deployed[-1] if deployed else None,
    )
