"""Finding, naming and removing data sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sqlalchemy import select

from attune.service import audit
from attune.service.access import Principal, Scope
from attune.service.errors import Conflict
from attune.service.listing import Page, select_page
from attune.service.lookup import find, require_idle, within
from attune.service.projects import rename
from attune.service.tables import Dataset, Evaluation, Model, ModelDataset

if TYPE_CHECKING:
    from attune.service.service import Service

__all__ = ["delete", "get", "listing", "update", "versions"]


def get(service: Service, principal: Principal, id: str) -> Dataset:
    """The version with this id; NotFound."""
    principal.require(Scope.MANAGE)
    with service.database.reading() as session:
        return find(session, Dataset, id, principal)


def listing(
    service: Service,
    principal: Principal,
    *,
    project_id: str | None = None,
    latest: bool = False,
    skip: int = 0,
    top: int = 100,
    filter: str = "",
    order: str = "",
) -> Page[Dataset]:
    """The data sets that the key may see, of a project or all; with `latest` the newest version of
    each alone."""
    principal.require(Scope.MANAGE)
    with service.database.reading() as session:
        where = within(Dataset, principal, project_id)
        if latest:
            later = Dataset.__table__.alias()
            newer = select(later.c.id).where(
                later.c.series_id == Dataset.series_id, later.c.version > Dataset.version
            )
            where.append(~newer.exists())
        return select_page(session, Dataset, where, skip=skip, top=top, filter=filter, order=order)


def versions(service: Service, principal: Principal, id: str) -> tuple[Dataset, ...]:
    """All versions of the series of a data set, newest first; NotFound."""
    principal.require(Scope.MANAGE)
    with service.database.reading() as session:
        dataset = find(session, Dataset, id, principal)
        found = session.scalars(
            select(Dataset)
            .where(Dataset.series_id == dataset.series_id)
            .order_by(Dataset.version.desc())
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
) -> Dataset:
    """Change what is given (None: leave it); what a data set holds never changes."""
    principal.require(Scope.MANAGE)
    with service.database.session() as session:
        dataset = find(session, Dataset, id, principal)
        changed = rename(dataset, name, description, custom)
        audit.record(session, principal, "update", "dataset", dataset.id, fields=changed)
    return dataset


def delete(service: Service, principal: Principal, id: str) -> None:
    """Remove one version; Conflict while a job makes it, or a model or an evaluation uses it."""
    principal.require(Scope.MANAGE)
    with service.database.session() as session:
        dataset = find(session, Dataset, id, principal)
        require_idle(session, dataset.id, "data set")
        models = select(Model.name).join(ModelDataset).where(ModelDataset.dataset_id == dataset.id)
        tests = select(Evaluation.name).where(Evaluation.dataset_id == dataset.id)
        for what, users in (("model", models), ("evaluation", tests)):
            names = session.scalars(users.limit(3)).all()
            if names:
                raise Conflict(
                    f"the {what} {', '.join(map(repr, names))} was made with this data set: delete "
                    "that first"
                )
        audit.record(session, principal, "delete", "dataset", dataset.id, name=dataset.name)
        session.delete(dataset)
