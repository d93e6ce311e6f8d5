"""Keys: who may use the service, and for what."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from starlette.responses import Response

from attune.errors import InputError
from attune.portal.routing import Pages
from attune.portal.visits import Visit
from attune.service import activity, projects
from attune.service.access import Scope

__all__ = ["pages"]

pages = Pages()


@pages.get("/keys")
def show(visit: Visit) -> Response:
    """All keys and the form for another; with it, what was done with them lately."""
    if not visit.administers:
        return visit.page("keys.html", section="keys", keys=None, projects=(), audit=None)
    found = visit.service.access.keys(visit.principal)
    listed = projects.listing(visit.service, visit.principal, top=1000).values
    entries = None
    if visit.principal.project_id is None:
        entries = activity.audit_entries(visit.service, visit.principal, top=20)
    return visit.page(
        "keys.html",
        section="keys",
        keys=found,
        projects=listed,
        audit=entries,
        now=datetime.now(UTC),
    )


@pages.post("/keys")
def create(visit: Visit) -> Response:
    """Make a key; its secret is shown this once."""
    scope = visit.text("scope").upper()
    if scope not in Scope.__members__:
        raise InputError("choose what the key is for")
    key, secret = visit.service.access.create_key(
        visit.principal,
        visit.text("name"),
        Scope[scope],
        visit.text("project") or None,
        _end_of(visit.text("expires")),
    )
    return visit.part("parts/new_key.html", key=key, secret=secret)


@pages.post("/keys/{key}/revoke")
def revoke(visit: Visit) -> Response:
    """End a key at once."""
    key = visit.service.access.revoke(visit.principal, visit.path["key"])
    return visit.go("/keys", f"The key {key.name} is revoked.")


def _end_of(day: str) -> datetime | None:
    """The end of a day (2026-01-31), None for no day."""
    if not day:
        return None
    try:
        found = datetime.combine(datetime.fromisoformat(day).date(), time(), UTC)
        return found + timedelta(days=1)
    except (ValueError, OverflowError):
        raise InputError(f"expires: {day[:40]!r} is no day") from None
