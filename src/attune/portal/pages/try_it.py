"""Try it: the microphone or a file, and the words as they come."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from attune.portal.routing import Pages
from attune.portal.visits import Visit
from attune.service import datasets, endpoints, models
from attune.service.datasets import DatasetUtterance
from attune.service.tables import Dataset

__all__ = ["pages"]

pages = Pages()

_TOKEN_SECONDS = 600.0
_SETS, _SAMPLES = 3, 12


@pages.get("/projects/{project}/try")
def show(visit: Visit) -> Response:
    """The page; what recognises is chosen on it."""
    service, principal, id = visit.service, visit.principal, visit.project.id
    ready = "status eq 'Succeeded'"
    bases = models.base_models(service, principal, kind="recognizer")
    return visit.page(
        "try_it.html",
        samples=_samples(visit),
        section="try",
        endpoints=endpoints.listing(service, principal, project_id=id, filter=ready).values,
        own=models.listing(
            service, principal, project_id=id, kind="recognizer", filter=ready
        ).values,
        bases=[one for one in bases.values if one.language == visit.project.language],
        chosen=visit.query.get("with", ""),
    )


@pages.post("/token")
def token(visit: Visit) -> Response:
    """A token for the WebSockets, to which a browser brings no session of its own accord."""
    issued = visit.service.access.issue_token(visit.principal, _TOKEN_SECONDS)
    return JSONResponse({"token": issued}, headers={"Cache-Control": "no-store"})


def _samples(visit: Visit) -> list[tuple[Dataset, tuple[DatasetUtterance, ...]]]:
    """The newest recordings of the project, for those who have no microphone at hand: data sets,
    and the first recordings of each."""
    found = datasets.listing(
        visit.service,
        visit.principal,
        project_id=visit.project.id,
        latest=True,
        filter="status eq 'Succeeded' and (kind eq 'Acoustic' or kind eq 'Audio')",
        top=_SETS,
    ).values
    return [
        (one, datasets.utterances(visit.service, visit.principal, one.id, top=_SAMPLES).values)
        for one in found
    ]
