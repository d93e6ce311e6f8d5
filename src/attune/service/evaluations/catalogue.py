"""Finding, naming and removing evaluations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from attune.service import audit, projects
from attune.service.access import Principal, Scope
from attune.service.listing import Page, select_page
from attune.service.lookup import find, require_idle, within
from attune.service.tables import Evaluation

if TYPE_CHECKING:
    from attune.service.service import Service

__all__ = ["delete", "get", "listing", "update"]


def get(service: Service, principal: Principal, id: str) -> Evaluation:
    """The evaluation with this id; NotFound."""
    principal.require(Scope.MANAGE)
    with service.database.reading() as session:
        return find(session, Evaluation, id, principal)


def listing(
    service: Service,
    principal: Principal,
    *,
    project_id: str | None = None,
    skip: int = 0,
    top: int = 100,
    filter: str = "",
    order: str = "",
) -> Page[Evaluation]:
    """The evaluations that the key may see, of a project or all."""
    principal.require(Scope.MANAGE)
    with service.database.reading() as session:
        where = within(Evaluation, principal, project_id)
        return select_page(
            session, Evaluation, where, skip=skip, top=top, filter=filter, order=order
        )


def update(
    service: Service,
    principal: Principal,
    id: str,
    *,
    name: str | None = None,
    description: str | None = None,
    custom: Mapping[str, str] | None = None,
) -> Evaluation:
    """Change what is given (None: leave it); figures never change."""
    principal.require(Scope.MANAGE)
    with service.database.session() as session:
        evaluation = find(session, Evaluation, id, principal)
        changed = projects.rename(evaluation, name, description, custom)
        audit.record(session, principal, "update", "evaluation", evaluation.id, fields=changed)
    return evaluation


def delete(service: Service, principal: Principal, id: str) -> None:
    """Remove an evaluation and its results; Conflict while a job is at work on it."""
    principal.require(Scope.MANAGE)
    with service.database.session() as session:
        evaluation = find(session, Evaluation, id, principal)
        require_idle(session, evaluation.id, "evaluation")
        audit.record(
            session, principal, "delete", "evaluation", evaluation.id, name=evaluation.name
        )
        session.delete(evaluation)
