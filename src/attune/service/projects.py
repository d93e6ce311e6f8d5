"""Projects: what belongs together, in one language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete as delete_rows
from sqlalchemy import func, select

from attune.service import audit
from attune.service.access import Principal, Scope
from attune.service.errors import Conflict, Forbidden
from attune.service.fields import described, known_language, named, properties
from attune.service.listing import Page, select_page
from attune.service.lookup import find, unfinished, within
from attune.service.tables import (
    Dataset,
    Endpoint,
    Evaluation,
    Job,
    LogEntry,
    Model,
    Project,
    Transcription,
    Upload,
)

if TYPE_CHECKING:
    from attune.service.service import Service

__all__ = ["counts", "create", "delete", "get", "listing", "update"]

_COUNTED: dict[str, tuple[Any, ...]] = {
    "datasets": (Dataset,),
    "models": (Model, Model.kind == "recognizer"),
    "keywords": (Model, Model.kind == "keyword"),
    "evaluations": (Evaluation,),
    "endpoints": (Endpoint,),
    "transcriptions": (Transcription,),
}
"""What a project has, each the rows of a table that are of a kind."""


def create(
    service: Service,
    principal: Principal,
    *,
    name: str,
    language: str,
    description: str = "",
    custom: Mapping[str, str] | None = None,
) -> Project:
    """A new project. Forbidden for keys of one project, InputError for an unknown language."""
    principal.require(Scope.MANAGE)
    if principal.project_id is not None:
        raise Forbidden(f"the key {principal.name!r} is for one project: use one for all projects")
    project = Project(
        name=named(name),
        language=known_language(language),
        description=described(description),
        custom=properties(custom),
    )
    with service.database.session() as session:
        session.add(project)
        session.flush()
        audit.record(session, principal, "create", "project", project.id, name=project.name)
    return project


def get(service: Service, principal: Principal, id: str) -> Project:
    """The project with this id; NotFound."""
    principal.require(Scope.MANAGE)
    with service.database.reading() as session:
        return find(session, Project, id, principal)


def listing(
    service: Service,
    principal: Principal,
    *,
    skip: int = 0,
    top: int = 100,
    filter: str = "",
    order: str = "",
) -> Page[Project]:
    """The projects that the key may see."""
    principal.require(Scope.MANAGE)
    with service.database.reading() as session:
        where = within(Project, principal, None)
        return select_page(session, Project, where, skip=skip, top=top, filter=filter, order=order)


def counts(service: Service, principal: Principal, id: str) -> dict[str, int]:
    """How many data sets, recognisers (`models`), keywords, evaluations, endpoints and
    transcriptions a project has."""
    principal.require(Scope.MANAGE)
    with service.database.reading() as session:
        project = find(session, Project, id, principal)
        return {
            name: session.scalar(
                select(func.count()).select_from(row).where(row.project_id == project.id, *kind)
            )
            or 0
            for name, (row, *kind) in _COUNTED.items()
        }


def update(
    service: Service,
    principal: Principal,
    id: str,
    *,
    name: str | None = None,
    description: str | None = None,
    custom: Mapping[str, str] | None = None,
) -> Project:
    """Change what is given (None: leave it). A project's language stays."""
    principal.require(Scope.MANAGE)
    with service.database.session() as session:
        project = find(session, Project, id, principal)
        changed = rename(project, name, description, custom)
        audit.record(session, principal, "update", "project", project.id, fields=changed)
    return project


def rename(
    row: Project | Dataset | Model | Evaluation | Endpoint | Transcription,
    name: str | None,
    description: str | None,
    custom: Mapping[str, str] | None,
) -> list[str]:
    """Change what is given of what everything has; the names of the fields that were."""
    changed = []
    if name is not None:
        row.name = named(name)
        changed.append("displayName")
    if description is not None:
        row.description = described(description)
        changed.append("description")
    if custom is not None:
        row.custom = properties(custom)
        changed.append("customProperties")
    return changed


def delete(service: Service, principal: Principal, id: str) -> None:
    """Remove a project with all that it holds; Conflict while a job is at work in it.

    Keys of the project go too; what the audit log says of it stays.
    """
    principal.require(Scope.MANAGE)
    with service.database.session() as session:
        project = find(session, Project, id, principal)
        busy = unfinished(session, Job.project_id == project.id)
        if busy:
            raise Conflict(
                f"{len(busy)} jobs are at work in project {project.name!r}: cancel them first, or "
                "wait for their end"
            )
        # In the order of what needs what: PostgreSQL looks between the steps of a cascade.
        endpoints = select(Endpoint.id).where(Endpoint.project_id == project.id)
        session.execute(delete_rows(LogEntry).where(LogEntry.endpoint_id.in_(endpoints)))
        tables: tuple[Any, ...] = (
            Endpoint,
            Evaluation,
            Transcription,
            Model,
            Dataset,
            Upload,
        )
        for row in tables:
            session.execute(delete_rows(row).where(row.project_id == project.id))
        audit.record(session, principal, "delete", "project", project.id, name=project.name)
        session.delete(project)
