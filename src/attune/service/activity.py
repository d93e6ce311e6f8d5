"""What goes on and what was done: jobs with their events, and the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, select

from attune.errors import InputError
from attune.service.access import Principal, Scope
from attune.service.errors import Forbidden
from attune.service.fields import identifier
from attune.service.listing import Page, select_page
from attune.service.lookup import find, within
from attune.service.tables import AuditEntry, Job, JobEvent

if TYPE_CHECKING:
    from attune.service.service import Service

__all__ = ["audit_entries", "cancel", "events", "job", "job_of", "jobs"]

_MOST_EVENTS = 10_000


def jobs(
    service: Service,
    principal: Principal,
    *,
    project_id: str | None = None,
    subject_id: str | None = None,
    skip: int = 0,
    top: int = 100,
    filter: str = "",
    order: str = "",
) -> Page[Job]:
    """The jobs that the key may see: all, those of a project, those that made one thing."""
    principal.require(Scope.MANAGE)
    with service.database.reading() as session:
        where = within(Job, principal, project_id)
        if subject_id is not None:
            where.append(Job.subject_id == identifier(subject_id, "subject"))
        return select_page(session, Job, where, skip=skip, top=top, filter=filter, order=order)


def job(service: Service, principal: Principal, id: str) -> Job:
    """The job with this id; NotFound."""
    principal.require(Scope.MANAGE)
    with service.database.reading() as session:
        return find(session, Job, id, principal)


def job_of(service: Service, principal: Principal, subject_id: str) -> Job | None:
    """The newest job that makes or made the thing with this id; None when there was none."""
    found = jobs(service, principal, subject_id=subject_id, top=1).values
    return found[0] if found else None


def events(
    service: Service,
    principal: Principal,
    id: str,
    *,
    after: int = 0,
    names: Sequence[str] = (),
    top: int = 1_000,
) -> tuple[JobEvent, ...]:
    """A job's events in order, of all `names` or those given, from the one after the event with
    the id `after`. NotFound for an unknown job."""
    principal.require(Scope.MANAGE)
    if not 1 <= top <= _MOST_EVENTS:
        raise InputError(f"top is {top}: give a number from 1 to {_MOST_EVENTS}")
    with service.database.reading() as session:
        wanted = find(session, Job, id, principal)
        where: list[ColumnElement[bool]] = [JobEvent.job_id == wanted.id, JobEvent.id > after]
        if names:
            where.append(JobEvent.name.in_(names))
        found = session.scalars(select(JobEvent).where(*where).order_by(JobEvent.id).limit(top))
        return tuple(found)


def cancel(service: Service, principal: Principal, id: str) -> Job:
    """Ask a job to end; what it makes fails with that reason. One that ended stays as it is."""
    principal.require(Scope.MANAGE)
    wanted = job(service, principal, id)
    service.jobs.cancel(principal, wanted.id)
    return job(service, principal, wanted.id)


def audit_entries(
    service: Service,
    principal: Principal,
    *,
    subject_id: str | None = None,
    skip: int = 0,
    top: int = 100,
) -> Page[AuditEntry]:
    """Who did what, newest first; for keys that administer everything (else Forbidden)."""
    principal.require(Scope.ADMIN)
    if principal.project_id is not None:
        raise Forbidden("the audit log tells of all projects, and this key is for one")
    where: list[ColumnElement[bool]] = []
    if subject_id is not None:
        where.append(AuditEntry.subject_id == identifier(subject_id, "subject"))
    with service.database.reading() as session:
        return select_page(session, AuditEntry, where, skip=skip, top=top)
