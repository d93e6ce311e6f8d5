"""Finding, naming and removing models; where they come from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy import update as update_rows
from sqlalchemy.orm import selectinload

from attune.service import audit, projects
from attune.service.access import Principal, Scope
from attune.service.errors import Conflict, Forbidden
from attune.service.listing import Page, select_page
from attune.service.lookup import find, require_idle, within
from attune.service.tables import (
    Endpoint,
    EndpointModel,
    Evaluation,
    Job,
    JobEvent,
    LogEntry,
    Model,
    Transcription,
)

if TYPE_CHECKING:
    from attune.service.service import Service

__all__ = [
    "base_models",
    "children",
    "curve",
    "delete",
    "get",
    "lineage",
    "listing",
    "update",
]

_WITH_DATASETS = (selectinload(Model.datasets),)
_MOST_POINTS = 10_000


def get(service: Service, principal: Principal, id: str) -> Model:
    """The model with this id; NotFound."""
    with service.database.reading() as session:
        model = find(session, Model, id, principal, options=_WITH_DATASETS)
    if model.project_id is not None:
        principal.require(Scope.MANAGE)
    return model


def listing(
    service: Service,
    principal: Principal,
    *,
    project_id: str | None = None,
    kind: str | None = None,
    skip: int = 0,
    top: int = 100,
    filter: str = "",
    order: str = "",
) -> Page[Model]:
    """The models that projects made, of one project or all that the key may see; of one `kind`
    (recognizer, keyword) or both."""
    principal.require(Scope.MANAGE)
    with service.database.reading() as session:
        where = [*within(Model, principal, project_id), Model.project_id.is_not(None)]
        if kind is not None:
            where.append(Model.kind == kind)
        return select_page(
            session,
            Model,
            where,
            skip=skip,
            top=top,
            filter=filter,
            order=order,
            options=_WITH_DATASETS,
        )


def base_models(
    service: Service,
    principal: Principal,
    *,
    kind: str | None = None,
    skip: int = 0,
    top: int = 100,
    filter: str = "",
    order: str = "",
) -> Page[Model]:
    """The models that come with the service, which every project may use."""
    principal.require(Scope.RECOGNISE)
    where: list[ColumnElement[bool]] = [Model.project_id.is_(None)]
    if kind is not None:
        where.append(Model.kind == kind)
    with service.database.reading() as session:
        return select_page(
            session,
            Model,
            where,
            skip=skip,
            top=top,
            filter=filter,
            order=order,
            options=_WITH_DATASETS,
        )


def lineage(service: Service, principal: Principal, id: str) -> tuple[Model, ...]:
    """The model that this one was made on, the one before it, and so on to the base."""
    principal.require(Scope.MANAGE)
    chain: list[Model] = []
    with service.database.reading() as session:
        model = find(session, Model, id, principal)
        while model.base_id is not None and len(chain) < 100:
            model = find(session, Model, model.base_id, principal, options=_WITH_DATASETS)
            chain.append(model)
    return tuple(chain)


def children(service: Service, principal: Principal, id: str) -> tuple[Model, ...]:
    """The models of the key's projects that were made on this one, newest first."""
    principal.require(Scope.MANAGE)
    with service.database.reading() as session:
        model = find(session, Model, id, principal)
        found = session.scalars(
            select(Model)
            .where(Model.base_id == model.id, *within(Model, principal, None))
            .order_by(Model.created.desc())
            .options(*_WITH_DATASETS)
        )
        return tuple(found)


def curve(service: Service, principal: Principal, id: str) -> tuple[JobEvent, ...]:
    """The points of the training curve so far, in order: the figures of each are its `data`."""
    principal.require(Scope.MANAGE)
    with service.database.reading() as session:
        model = find(session, Model, id, principal)
        found = session.scalars(
            select(JobEvent)
            .join(Job, Job.id == JobEvent.job_id)
            .where(Job.subject_id == model.id, JobEvent.name == "curve")
            .order_by(JobEvent.id)
            .limit(_MOST_POINTS)
        )
        return tuple(found)


def update(
    service: Service,
    principal: Principal,
    id: str,
    *,
    name: str | None = None,
    description: str | None = None,
    custom: Mapping[str, str] | None = None,
) -> Model:
    """Change what is given (None: leave it); what a model is never changes. Forbidden for base
    models."""
    principal.require(Scope.MANAGE)
    with service.database.session() as session:
        model = find(session, Model, id, principal, options=_WITH_DATASETS)
        _require_own(model)
        changed = projects.rename(model, name, description, custom)
        audit.record(session, principal, "update", "model", model.id, fields=changed)
    return model


def delete(service: Service, principal: Principal, id: str) -> None:
    """Remove a model; Conflict while a job makes it, or something else needs it. Forbidden for
    base models."""
    principal.require(Scope.MANAGE)
    with service.database.session() as session:
        model = find(session, Model, id, principal)
        _require_own(model)
        require_idle(session, model.id, "model")
        for what, users in _users(model):
            names = session.scalars(users.limit(3)).all()
            if names:
                raise Conflict(
                    f"the {what} {', '.join(map(repr, names))} needs this model: change or delete "
                    "that first"
                )
        session.execute(
            update_rows(LogEntry).where(LogEntry.model_id == model.id).values(model_id=None)
        )
        audit.record(session, principal, "delete", "model", model.id, name=model.name)
        session.delete(model)


def _users(model: Model) -> list[tuple[str, Select[Any]]]:
    tested = or_(Evaluation.model1_id == model.id, Evaluation.model2_id == model.id)
    return [
        (
            "endpoint",
            select(Endpoint.name).join(EndpointModel).where(EndpointModel.model_id == model.id),
        ),
        ("model", select(Model.name).where(Model.base_id == model.id)),
        ("evaluation", select(Evaluation.name).where(tested)),
        ("transcription", select(Transcription.name).where(Transcription.model_id == model.id)),
    ]


def _require_own(model: Model) -> None:
    if model.project_id is None:
        raise Forbidden("base models belong to the service: they are neither changed nor deleted")
