"""Tests: one or two models on recordings, every utterance aligned."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from attune.errors import InputError
from attune.portal.charts import Bar
from attune.portal.routing import Pages
from attune.portal.visits import Visit
from attune.service import activity, datasets, evaluations, models
from attune.service.tables import Evaluation

__all__ = ["bars_of", "model_names", "pages"]

pages = Pages()

_UNFINISHED = ("NotStarted", "Running")
_ROWS = 25
_FIGURES = (
    ("Word error", "wordErrorRate", True),
    ("Sentences with errors", "sentenceErrorRate", True),
    ("Character error", "characterErrorRate", True),
    ("Substitutions", "wordSubstitutionCount", False),
    ("Deletions", "wordDeletionCount", False),
    ("Insertions", "wordInsertionCount", False),
    ("Display tokens wrong", "tokenErrorRate", True),
    ("Words", "wordCount", False),
    ("Confidence", "confidence", True),
)


@pages.get("/projects/{project}/tests")
def show(visit: Visit) -> Response:
    """The tests of a project."""
    service, principal = visit.service, visit.principal
    found = evaluations.listing(
        service, principal, project_id=visit.project.id, skip=visit.place(), top=50
    )
    values: dict[str, Any] = {
        "section": "tests",
        "page": found,
        "jobs": {
            one.id: activity.job_of(service, principal, one.id)
            for one in found.values
            if one.status in _UNFINISHED
        },
        "names": {id: name for one in found.values for id, name in model_names(visit, one).items()},
    }
    if visit.is_part:
        return visit.part("parts/tests_table.html", **values)
    return visit.page("tests.html", **values)


@pages.get("/projects/{project}/tests/new")
def ask(visit: Visit) -> Response:
    """The form for a new test."""
    service, principal, id = visit.service, visit.principal, visit.project.id
    ready = "status eq 'Succeeded'"
    own = models.listing(
        service, principal, project_id=id, kind="recognizer", filter=ready, top=100
    )
    bases = models.base_models(service, principal, kind="recognizer")
    found = datasets.listing(
        service,
        principal,
        project_id=id,
        filter=f"{ready} and (kind eq 'Acoustic' or kind eq 'Audio')",
        top=200,
    )
    return visit.page(
        "test_new.html",
        section="tests",
        datasets=found.values,
        own=own.values,
        bases=[one for one in bases.values if one.language == visit.project.language],
        chosen=visit.query.get("model", ""),
    )


@pages.post("/projects/{project}/tests")
def create(visit: Visit) -> Response:
    """Begin a test and go to watch it."""
    dataset = visit.text("dataset")
    if not dataset:
        raise InputError("choose the recordings to test on")
    kind = datasets.get(visit.service, visit.principal, dataset).kind
    made = evaluations.create(
        visit.service,
        visit.principal,
        visit.project.id,
        name=visit.text("name"),
        dataset_id=dataset,
        model1_id=visit.text("model1"),
        model2_id=visit.text("model2") or None,
        kind="Inspection" if kind == "Audio" else "Evaluation",
    )
    return visit.go(f"/projects/{visit.project.id}/tests/{made.id}")


@pages.get("/projects/{project}/tests/{test}")
def show_test(visit: Visit) -> Response:
    """A test: its figures, and every utterance with what each model made of it."""
    service, principal = visit.service, visit.principal
    evaluation = evaluations.get(service, principal, visit.path["test"])
    names = model_names(visit, evaluation)
    values: dict[str, Any] = {
        "section": "tests",
        "test": evaluation,
        "job": activity.job_of(service, principal, evaluation.id),
        "dataset": datasets.get(service, principal, evaluation.dataset_id),
        "models": [names[one] for one in (evaluation.model1_id, evaluation.model2_id) if one],
        "bars": bars_of(evaluation, names),
        "table": table_of(evaluation),
    }
    if evaluation.status in _UNFINISHED:
        template = "parts/test_state.html" if visit.is_part else "test.html"
        return (visit.part if visit.is_part else visit.page)(template, found=None, **values)
    if visit.is_part and visit.request.headers.get("hx-target") == "state":
        return visit.go(visit.request.url.path)
    found = None
    edits = tuple(edit for edit in evaluations.EDITS if visit.query.get(edit))
    chosen = {
        "edits": edits,
        "model": visit.query.get("model", ""),
        "text": visit.query.get("text", ""),
        "order": visit.query.get("order", "number"),
    }
    if evaluation.result_hash is not None:
        values["advice"] = evaluations.advice(service, principal, evaluation.id)
        found = evaluations.utterances(
            service,
            principal,
            evaluation.id,
            edits=edits,
            model=int(chosen["model"]) if chosen["model"] in ("1", "2") else None,
            text=visit.query.get("text", ""),
            order=visit.query.get("order", "number"),
            skip=visit.place(),
            top=_ROWS,
        )
    if visit.is_part:
        return visit.part("parts/utterances.html", found=found, chosen=chosen, **values)
    return visit.page("test.html", found=found, chosen=chosen, **values)


@pages.get("/projects/{project}/tests/{test}/audio/{number}")
def play(visit: Visit) -> Response:
    """The recording of an utterance."""
    number = visit.path["number"]
    if not number.isdigit() or len(number) > 9:
        raise InputError("there is no recording with this number")
    download = evaluations.audio(visit.service, visit.principal, visit.path["test"], int(number))
    return visit.send(download, inline=True)


@pages.get("/projects/{project}/tests/{test}/export/{format}")
def export(visit: Visit) -> Response:
    """All results as a file."""
    return visit.send(
        evaluations.export(visit.service, visit.principal, visit.path["test"], visit.path["format"])
    )


@pages.post("/projects/{project}/tests/{test}/delete")
def remove(visit: Visit) -> Response:
    """Remove a test."""
    test = evaluations.get(visit.service, visit.principal, visit.path["test"])
    evaluations.delete(visit.service, visit.principal, test.id)
    return visit.go(f"/projects/{visit.project.id}/tests", f"The test {test.name} is gone.")


def model_names(visit: Visit, evaluation: Evaluation) -> dict[str, str]:
    """The names of its models by their ids."""
    ids = [evaluation.model1_id, evaluation.model2_id]
    return {id: models.get(visit.service, visit.principal, id).name for id in ids if id}


def bars_of(evaluation: Evaluation, names: dict[str, str]) -> list[Bar]:
    """The word error of each model with its interval and parts; none before it is known."""
    found = []
    figures = evaluation.figures
    for number, id in ((1, evaluation.model1_id), (2, evaluation.model2_id)):
        rate, words = figures.get(f"wordErrorRate{number}"), figures.get(f"wordCount{number}")
        if rate is None or not words or id is None:
            continue
        interval = figures.get(f"wordErrorRateInterval{number}") or {}
        kinds = (("s", "Substitution"), ("d", "Deletion"), ("i", "Insertion"))
        parts = tuple((kind, figures[f"word{name}Count{number}"] / words) for kind, name in kinds)
        found.append(Bar(names[id], rate, interval.get("low"), interval.get("high"), parts))
    return found


def table_of(evaluation: Evaluation) -> list[tuple[str, list[float], bool]]:
    """What is known of each model: the figure's name, its values, whether it is a rate."""
    numbers = [1, 2] if evaluation.model2_id else [1]
    found = []
    for label, name, is_rate in _FIGURES:
        values = [evaluation.figures.get(f"{name}{number}") for number in numbers]
        known = [value for value in values if value is not None]
        if len(known) == len(numbers):
            found.append((label, known, is_rate))
    return found
