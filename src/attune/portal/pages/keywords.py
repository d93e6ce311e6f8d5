"""Keywords: from a phrase that somebody types to a model that listens for it."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response

from attune.keyword.calibration import false_accepts_per_hour
from attune.portal.charts import Series
from attune.portal.routing import Pages
from attune.portal.visits import Visit
from attune.service import activity, datasets, keywords, models
from attune.service.keywords import PhraseCurve

__all__ = ["pages"]

pages = Pages()

_UNFINISHED = ("NotStarted", "Running")
_SENSITIVITIES = (
    (0.0, "Strict"),
    (0.25, "Careful"),
    (0.5, "Balanced"),
    (0.75, "Eager"),
    (1.0, "Very eager"),
)


@pages.get("/projects/{project}/keywords")
def show(visit: Visit) -> Response:
    """The keywords of a project."""
    service, principal = visit.service, visit.principal
    found = models.listing(
        service,
        principal,
        project_id=visit.project.id,
        kind="keyword",
        skip=visit.place(),
        top=50,
    )
    jobs = {
        one.id: activity.job_of(service, principal, one.id)
        for one in found.values
        if one.status in _UNFINISHED
    }
    if visit.is_part:
        return visit.part("parts/keywords_table.html", page=found, jobs=jobs)
    return visit.page("keywords.html", section="keywords", page=found, jobs=jobs)


@pages.get("/projects/{project}/keywords/new")
def ask(visit: Visit) -> Response:
    """The form for a new keyword."""
    found = datasets.listing(
        visit.service,
        visit.principal,
        project_id=visit.project.id,
        latest=True,
        filter="status eq 'Succeeded' and (kind eq 'Acoustic' or kind eq 'Audio')",
        top=100,
    )
    return visit.page(
        "keyword_new.html",
        section="keywords",
        datasets=found.values,
        sensitivities=[
            (value, name, false_accepts_per_hour(value)) for value, name in _SENSITIVITIES
        ],
    )


@pages.post("/projects/{project}/keywords/guidance")
def guide(visit: Visit) -> Response:
    """What to know of the phrase that is being typed."""
    phrase = visit.text("phrase")
    advice = None
    able: tuple[str, ...] = ()
    if phrase.strip():
        advice = keywords.guidance(
            visit.service, visit.principal, phrase, language=visit.project.language
        )
        able = keywords.voices()
    return visit.part("parts/guidance.html", advice=advice, can_speak=bool(able))


@pages.get("/projects/{project}/keywords/say")
def say(visit: Visit) -> Response:
    """A pronunciation, spoken."""
    download = keywords.say(
        visit.service,
        visit.principal,
        visit.query.get("phrase", ""),
        visit.query.get("pronunciation", "1"),
        language=visit.project.language,
    )
    return visit.send(download, inline=True)


@pages.post("/projects/{project}/keywords")
def create(visit: Visit) -> Response:
    """Make a keyword and go to watch it."""
    own = tuple(filter(None, map(str.strip, visit.text("own").splitlines())))
    phrase = keywords.WantedPhrase(visit.text("phrase"), (*visit.texts("pronunciation"), *own))
    advanced = visit.text("type") == "advanced"
    made = keywords.create(
        visit.service,
        visit.principal,
        visit.project.id,
        phrases=[phrase],
        name=visit.text("name") or None,
        type=visit.text("type") or "basic",
        sensitivity=visit.number("sensitivity", 0.5),
        recording_ids=visit.texts("recordings") if advanced else (),
        negative_ids=visit.texts("negatives") if advanced else (),
    )
    return visit.go(f"/projects/{visit.project.id}/keywords/{made.id}")


@pages.get("/projects/{project}/keywords/{model}")
def show_keyword(visit: Visit) -> Response:
    """A keyword: its progress, its curve and figures, and the place to speak it."""
    service, principal = visit.service, visit.principal
    model = models.get(service, principal, visit.path["model"])
    values: dict[str, Any] = {
        "section": "keywords",
        "model": model,
        "job": activity.job_of(service, principal, model.id),
    }
    live = model.status in _UNFINISHED
    if visit.is_part:
        if not live:
            return visit.go(visit.request.url.path)
        return visit.part("parts/keyword_state.html", **values)
    ready = model.bundle_hash is not None
    curves = keywords.curves(service, principal, model.id) if ready else ()
    return visit.page(
        "keyword.html",
        curves=curves,
        det=[det_series(one) for one in curves if one.positives is not None],
        here=standing(curves[0]) if curves else None,
        points=json.dumps(
            [[point.sensitivity, point.false_accepts_per_hour] for point in curves[0].points]
            if curves
            else []
        ),
        **values,
    )


@pages.get("/projects/{project}/keywords/{model}/download")
def take(visit: Visit) -> Response:
    """The keyword as one file."""
    return visit.send(models.download(visit.service, visit.principal, visit.path["model"]))


@pages.post("/projects/{project}/keywords/{model}/delete")
def remove(visit: Visit) -> Response:
    """Remove a keyword."""
    model = models.get(visit.service, visit.principal, visit.path["model"])
    models.delete(visit.service, visit.principal, model.id)
    return visit.go(f"/projects/{visit.project.id}/keywords", f"{model.name} is gone.")


def det_series(curve: PhraseCurve) -> Series:
    """The misses over the false accepts of a phrase, where both are known."""
    points = [
        (point.false_accepts_per_hour, 1.0 - point.correct_accepts)
        for point in curve.points
        if point.correct_accepts is not None
    ]
    return Series(curve.phrase, points)


def standing(curve: PhraseCurve) -> tuple[float, float] | None:
    """Where on its curve a phrase stands at its own sensitivity."""
    nearest = min(curve.points, key=lambda point: abs(point.sensitivity - curve.sensitivity))
    if nearest.correct_accepts is None:
        return None
    return nearest.false_accepts_per_hour, 1.0 - nearest.correct_accepts
