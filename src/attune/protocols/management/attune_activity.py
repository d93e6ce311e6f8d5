"""Jobs with their progress, and the audit log."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from attune.protocols.credentials import Administering, Managing, ServiceOf
from attune.protocols.management.addresses import Addresses, At, Paging
from attune.protocols.management.shapes import Listed, Shape, StatusName
from attune.service import activity
from attune.service.access import Principal
from attune.service.errors import Denied, NotFound
from attune.service.service import Service
from attune.service.tables import AuditEntry, Job, JobEvent, Status

__all__ = ["router"]

router = APIRouter(tags=["Jobs and audit"])

_POLL_SECONDS = 0.5
_ALIVE_SECONDS = 15.0
_LAST_EVENT = 2**53


class SubjectDocument(Shape):
    """What a job makes."""

    kind: str
    id: str
    address: str


class JobDocument(Shape):
    """Work that takes time: how far it has come, and how long it will take."""

    address: str
    id: str
    kind: str
    status: StatusName
    reason: str
    stage: str
    progress: float = Field(description="0 to 1.")
    eta_seconds: float | None
    attempt: int
    cancelled: bool
    subject: SubjectDocument
    created_date_time: datetime
    started_date_time: datetime | None
    ended_date_time: datetime | None


class EventDocument(Shape):
    """Something that a job told."""

    id: int
    time: datetime
    name: str
    data: dict[str, Any]


class AuditDocument(Shape):
    """Who did what."""

    id: int
    time: datetime
    actor: str
    action: str
    kind: str
    subject: str
    detail: dict[str, Any]


def _job(job: Job, at: Addresses) -> JobDocument:
    subject = at.v3(f"{job.subject_kind}s", job.subject_id)
    return JobDocument(
        address=at.attune("jobs", job.id),
        id=job.id,
        kind=job.kind,
        status=job.status.value if isinstance(job.status, Status) else job.status,
        reason=job.reason,
        stage=job.stage,
        progress=job.progress,
        eta_seconds=job.eta_seconds,
        attempt=job.attempt,
        cancelled=job.cancel,
        subject=SubjectDocument(kind=job.subject_kind, id=job.subject_id, address=subject),
        created_date_time=job.created,
        started_date_time=job.started,
        ended_date_time=job.ended,
    )


def _event(event: JobEvent) -> EventDocument:
    return EventDocument(id=event.id, time=event.time, name=event.name, data=event.data)


def _audit(entry: AuditEntry) -> AuditDocument:
    return AuditDocument(
        id=entry.id,
        time=entry.time,
        actor=entry.actor,
        action=entry.action,
        kind=entry.subject_kind,
        subject=entry.subject_id,
        detail=entry.detail,
    )


@router.get("/jobs", operation_id="Jobs_List")
def list_jobs(
    service: ServiceOf,
    principal: Managing,
    at: At,
    paging: Paging,
    project: Annotated[str | None, Query(description="The id of a project.")] = None,
    subject: Annotated[str | None, Query(description="The id of what is made.")] = None,
) -> Listed[JobDocument]:
    """The jobs that the key may see, newest first."""
    page = activity.jobs(
        service, principal, project_id=project, subject_id=subject, **paging.arguments
    )
    return paging.listed(page, [_job(job, at) for job in page.values])


@router.get("/jobs/{id}", operation_id="Jobs_Get")
def get_job(id: str, service: ServiceOf, principal: Managing, at: At) -> JobDocument:
    """One job."""
    return _job(activity.job(service, principal, id), at)


@router.post("/jobs/{id}/cancel", operation_id="Jobs_Cancel", status_code=202)
def cancel_job(id: str, service: ServiceOf, principal: Managing, at: At) -> JobDocument:
    """Ask a job to end; what it makes fails with the reason "cancelled". 409 when it has ended."""
    return _job(activity.cancel(service, principal, id), at)


@router.get("/jobs/{id}/events", operation_id="Jobs_Events")
def list_events(
    id: str,
    service: ServiceOf,
    principal: Managing,
    after: Annotated[int, Query(ge=0, le=_LAST_EVENT, description="The id of an event.")] = 0,
    top: Annotated[int, Query(ge=1, le=10_000)] = 1_000,
) -> Listed[EventDocument]:
    """What a job told, in order, from the event after this one."""
    found = activity.events(service, principal, id, after=after, top=top)
    return Listed(values=[_event(event) for event in found])


@router.get(
    "/jobs/{id}/stream",
    operation_id="Jobs_Stream",
    response_class=Response,
    responses={
        200: {
            "description": "Server-sent events: `job` whenever its document changes, `event` for "
            "what it tells, `end` with the last document; then the stream is over.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        }
    },
)
async def stream_job(
    id: str,
    service: ServiceOf,
    principal: Managing,
    at: At,
    last_event_id: Annotated[str, Header(max_length=20)] = "",
) -> Response:
    """A job's progress while it goes on; `Last-Event-ID` goes on after that event."""
    await run_in_threadpool(activity.job, service, principal, id)
    after = int(last_event_id) if last_event_id.isascii() and last_event_id.isdigit() else 0
    return StreamingResponse(
        _watched(service, principal, id, at, min(after, _LAST_EVENT)),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )


async def _watched(
    service: Service, principal: Principal, id: str, at: Addresses, after: int
) -> AsyncIterator[str]:
    shown, quiet = "", 0.0
    denied: list[Denied] = []
    with service.access.watching(principal, denied.append):
        while not (service.stopping.is_set() or denied):
            # The job first: what it told before its end is then there.
            try:
                job = await run_in_threadpool(activity.job, service, principal, id)
                events = await run_in_threadpool(
                    activity.events, service, principal, id, after=after
                )
            except NotFound:
                return
            for event in events:
                after = event.id
                yield _sent("event", _event(event).model_dump_json(), after)
            document = _job(job, at).model_dump_json()
            if job.status in (Status.SUCCEEDED, Status.FAILED) and not events:
                yield _sent("end", document, after)
                return
            quiet += _POLL_SECONDS
            if document != shown:
                shown, quiet = document, 0.0
                yield _sent("job", document, after)
            elif quiet >= _ALIVE_SECONDS:
                quiet = 0.0
                yield ": still there\n\n"
            if not events:
                await asyncio.sleep(_POLL_SECONDS)


def _sent(name: str, document: str, after: int) -> str:
    # JSON on one line, whatever is in it.
    return f"id: {after}\nevent: {name}\ndata: {json.dumps(json.loads(document))}\n\n"


@router.get("/audit", operation_id="Audit_List")
def list_audit(
    service: ServiceOf,
    principal: Administering,
    paging: Paging,
    subject: Annotated[str | None, Query(description="The id of what was changed.")] = None,
) -> Listed[AuditDocument]:
    """Who did what, newest first; kept when the thing is gone."""
    page = activity.audit_entries(
        service, principal, subject_id=subject, skip=paging.skip, top=paging.top
    )
    return paging.listed(page, [_audit(entry) for entry in page.values])
