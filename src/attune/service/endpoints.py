"""Endpoints: addresses at which models of a project recognise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session, selectinload

from attune.errors import InputError
from attune.service import audit, projects
from attune.service.access import Principal, Scope
from attune.service.fields import described, named, properties, same_language
from attune.service.listing import Page, select_page
from attune.service.lookup import find, require_ready, within
from attune.service.tables import Endpoint, EndpointModel, Model, Project, Status, now

if TYPE_CHECKING:
    from attune.service.recognition import EndpointTraffic
    from attune.service.service import Service

__all__ = ["create", "delete", "deploy", "get", "listing", "traffic", "update"]

MOST_STREAMS = 10_000
MOST_DAYS = 3_650
_MOST_MODELS = 10
_WITH_MODELS = (selectinload(Endpoint.models),)


def create(
    service: Service,
    principal: Principal,
    project_id: str,
    *,
    name: str,
    shares: Mapping[str, float],
    max_streams: int = 20,
    logging: bool = False,
    retention_days: int = 30,
    language: str | None = None,
    description: str = "",
    custom: Mapping[str, str] | None = None,
) -> Endpoint:
    """An endpoint that serves the models in `shares` (model id -> weight, any positive numbers) at
    once.

    At most `max_streams` at a time; with `logging` what it hears is kept for `retention_days`.
    Raises InputError for what does not fit, NotFound, Conflict for a model that is not ready.
    """
    principal.require(Scope.MANAGE)
    _check(max_streams, retention_days)
    with service.database.session() as session:
        project = find(session, Project, project_id, principal)
        same_language(language, project.language)
        endpoint = Endpoint(
            project_id=project.id,
            language=project.language,
            name=named(name),
            description=described(description),
            custom=properties(custom),
            max_streams=max_streams,
            logging=logging,
            retention_days=retention_days,
            status=Status.SUCCEEDED,
            models=_behind(session, principal, project, shares),
        )
        session.add(endpoint)
        session.flush()
        audit.record(
            session,
            principal,
            "create",
            "endpoint",
            endpoint.id,
            name=endpoint.name,
            shares=dict(shares),
            logging=logging,
        )
    return endpoint


def get(service: Service, principal: Principal, id: str) -> Endpoint:
    """The endpoint with this id; NotFound."""
    principal.require(Scope.RECOGNISE)
    with service.database.reading() as session:
        return find(session, Endpoint, id, principal, options=_WITH_MODELS)


def listing(
    service: Service,
    principal: Principal,
    *,
    project_id: str | None = None,
    skip: int = 0,
    top: int = 100,
    filter: str = "",
    order: str = "",
) -> Page[Endpoint]:
    """The endpoints that the key may use, of a project or all."""
    principal.require(Scope.RECOGNISE)
    with service.database.reading() as session:
        return select_page(
            session,
            Endpoint,
            within(Endpoint, principal, project_id),
            skip=skip,
            top=top,
            filter=filter,
            order=order,
            options=_WITH_MODELS,
        )


def deploy(
    service: Service, principal: Principal, id: str, shares: Mapping[str, float]
) -> Endpoint:
    """Put other models behind an endpoint, or give them other shares of the traffic.

    Streams that run go on with the model that they began with; new ones get the new models.
    """
    principal.require(Scope.MANAGE)
    with service.database.session() as session:
        endpoint = find(session, Endpoint, id, principal, options=_WITH_MODELS)
        project = find(session, Project, endpoint.project_id, principal)
        before = {model.model_id: model.weight for model in endpoint.models}
        wanted = {one.model_id: one for one in _behind(session, principal, project, shares)}
        for old in list(endpoint.models):
            new = wanted.pop(old.model_id, None)
            if new is None:
                endpoint.models.remove(old)
            else:
                old.weight = new.weight
        endpoint.models.extend(wanted.values())
        endpoint.changed = now()
        audit.record(
            session,
            principal,
            "deploy",
            "endpoint",
            endpoint.id,
            before=before,
            after=dict(shares),
        )
    return endpoint


def update(
    service: Service,
    principal: Principal,
    id: str,
    *,
    name: str | None = None,
    description: str | None = None,
    custom: Mapping[str, str] | None = None,
    max_streams: int | None = None,
    logging: bool | None = None,
    retention_days: int | None = None,
) -> Endpoint:
    """Change what is given (None: leave it)."""
    principal.require(Scope.MANAGE)
    _check(max_streams or 1, retention_days or 1)
    with service.database.session() as session:
        endpoint = find(session, Endpoint, id, principal, options=_WITH_MODELS)
        changed = projects.rename(endpoint, name, description, custom)
        settings = {
            "max_streams": max_streams,
            "logging": logging,
            "retention_days": retention_days,
        }
        given = {field: value for field, value in settings.items() if value is not None}
        for field, value in given.items():
            setattr(endpoint, field, value)
        audit.record(session, principal, "update", "endpoint", endpoint.id, fields=changed, **given)
    return endpoint


def delete(service: Service, principal: Principal, id: str) -> None:
    """Take an endpoint away, with all that it logged; its streams end with their utterance."""
    principal.require(Scope.MANAGE)
    with service.database.session() as session:
        endpoint = find(session, Endpoint, id, principal)
        audit.record(session, principal, "delete", "endpoint", endpoint.id, name=endpoint.name)
        session.delete(endpoint)


def traffic(service: Service, principal: Principal, id: str) -> EndpointTraffic:
    """What goes through an endpoint now and went in the last hour, in this server."""
    principal.require(Scope.MANAGE)
    return service.recognition.traffic(get(service, principal, id).id)


def _behind(
    session: Session, principal: Principal, project: Project, shares: Mapping[str, float]
) -> list[EndpointModel]:
    if not 1 <= len(shares) <= _MOST_MODELS:
        raise InputError(f"{len(shares)} models: an endpoint has 1 to {_MOST_MODELS}")
    behind = {}
    for id, weight in shares.items():
        model = find(session, Model, id, principal)
        if not 0.0 < weight <= 1_000_000.0:
            raise InputError(f"weight of {model.name!r} is {weight}: give a positive number")
        if model.project_id not in (None, project.id):
            raise InputError(f"model: {model.name!r} belongs to another project")
        if model.language != project.language:
            raise InputError(f"model: {model.name!r} is for {model.language}")
        if model.kind == "keyword" and model.project_id is None:
            raise InputError(f"model: {model.name!r} is what keywords are made of: make one first")
        require_ready(model, "model")
        behind[model.id] = (model, float(weight))
    if len({model.kind for model, _ in behind.values()}) > 1:
        raise InputError("models: recognisers and keywords do not share an endpoint")
    return [EndpointModel(model_id=id, weight=weight) for id, (_, weight) in behind.items()]


def _check(max_streams: int, retention_days: int) -> None:
    if not 1 <= max_streams <= MOST_STREAMS:
        raise InputError(f"maxStreams is {max_streams}: give a number from 1 to {MOST_STREAMS}")
    if not 1 <= retention_days <= MOST_DAYS:
        raise InputError(f"retentionDays is {retention_days}: give 1 to {MOST_DAYS}")
