"""Logs: what endpoints heard, where that is kept; corrected, it is what a model learns from."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from attune.portal.routing import Pages
from attune.portal.visits import Visit
from attune.service import content_logs, endpoints

__all__ = ["pages"]

pages = Pages()

_ROWS = 25
_UNSURE = 0.7


@pages.get("/projects/{project}/logs")
def show(visit: Visit) -> Response:
    """The log of one endpoint, by default of the first that keeps one."""
    service, principal = visit.service, visit.principal
    listed = endpoints.listing(service, principal, project_id=visit.project.id, top=200).values
    wanted = visit.query.get("endpoint", "")
    endpoint = next((one for one in listed if one.id == wanted), None)
    if endpoint is None:
        endpoint = next((one for one in listed if one.logging), listed[0] if listed else None)
    shown = visit.query.get("show", "all")
    page = None
    if endpoint is not None:
        page = content_logs.listing(
            service,
            principal,
            endpoint.id,
            corrected={"corrected": True, "open": False}.get(shown),
            most_confidence=_UNSURE if shown == "unsure" else None,
            text=visit.query.get("text", ""),
            skip=visit.place(),
            top=_ROWS,
        )
    values: dict[str, Any] = {
        "section": "logs",
        "endpoints": listed,
        "endpoint": endpoint,
        "page": page,
        "shown": shown,
        "text": visit.query.get("text", ""),
    }
    return visit.page("logs.html", **values)


@pages.get("/projects/{project}/logs/{entry}/audio")
def play(visit: Visit) -> Response:
    """What was heard."""
    return visit.send(
        content_logs.audio(visit.service, visit.principal, visit.path["entry"]), inline=True
    )


@pages.get("/projects/{project}/logs/{entry}/edit")
def edit(visit: Visit) -> Response:
    """A form for what was really said."""
    entry = content_logs.get(visit.service, visit.principal, visit.path["entry"])
    cancelled = bool(visit.query.get("cancel"))
    return visit.part("parts/log_entry.html" if cancelled else "parts/log_form.html", entry=entry)


@pages.post("/projects/{project}/logs/{entry}")
def correct(visit: Visit) -> Response:
    """Keep what was really said, or take a correction back."""
    text = None if visit.text("undo") else visit.text("text")
    entry = content_logs.correct(visit.service, visit.principal, visit.path["entry"], text)
    return visit.part("parts/log_entry.html", entry=entry)


@pages.post("/projects/{project}/logs/{entry}/delete")
def forget(visit: Visit) -> Response:
    """Forget one entry."""
    entry = content_logs.get(visit.service, visit.principal, visit.path["entry"])
    content_logs.delete(visit.service, visit.principal, entry.id)
    return visit.go(f"/projects/{visit.project.id}/logs?endpoint={entry.endpoint_id}", "Forgotten.")


@pages.post("/projects/{project}/endpoints/{endpoint}/logs/delete")
def forget_all(visit: Visit) -> Response:
    """Forget all that an endpoint kept."""
    count = content_logs.delete_all(visit.service, visit.principal, visit.path["endpoint"])
    address = f"/projects/{visit.project.id}/logs?endpoint={visit.path['endpoint']}"
    return visit.go(address, f"{count} entries are forgotten.")


@pages.post("/projects/{project}/endpoints/{endpoint}/logs/dataset")
def make_dataset(visit: Visit) -> Response:
    """Turn corrected entries into a data set to learn from."""
    made = content_logs.make_dataset(
        visit.service,
        visit.principal,
        visit.path["endpoint"],
        name=visit.text("name"),
        uncorrected=bool(visit.text("uncorrected")),
    )
    return visit.go(f"/projects/{visit.project.id}/datasets/{made.id}")
