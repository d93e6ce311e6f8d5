"""Entries of content logs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import ColumnElement, CursorResult, or_, select
from sqlalchemy import delete as delete_rows
from sqlalchemy.orm import Session

from attune.data.transcripts import TranscriptCheck
from attune.errors import InputError
from attune.service import audit
from attune.service.access import Principal, Scope
from attune.service.downloads import Download, file_download
from attune.service.errors import NotFound
from attune.service.fields import identifier
from attune.service.listing import Page, select_page
from attune.service.lookup import find
from attune.service.tables import Endpoint, LogEntry

if TYPE_CHECKING:
    from attune.service.service import Service

__all__ = ["audio", "correct", "delete", "delete_all", "get", "listing"]

_LONGEST = 5_000


def listing(
    service: Service,
    principal: Principal,
    endpoint_id: str,
    *,
    corrected: bool | None = None,
    text: str = "",
    most_confidence: float | None = None,
    skip: int = 0,
    top: int = 100,
) -> Page[LogEntry]:
    """The entries of an endpoint, newest first: all or those that are (not) corrected, that hold
    `text`, of which the recogniser was no surer than `most_confidence` (0 to 1)."""
    principal.require(Scope.MANAGE)
    with service.database.reading() as session:
        endpoint = find(session, Endpoint, endpoint_id, principal)
        where: list[ColumnElement[bool]] = [LogEntry.endpoint_id == endpoint.id]
        if corrected is not None:
            done = LogEntry.corrected.is_not(None)
            where.append(done if corrected else ~done)
        if text:
            found = (LogEntry.text, LogEntry.corrected)
            where.append(or_(*(one.icontains(text[:200], autoescape=True) for one in found)))
        if most_confidence is not None:
            where.append(LogEntry.confidence <= most_confidence)
        return select_page(session, LogEntry, where, skip=skip, top=top)


def get(service: Service, principal: Principal, id: str) -> LogEntry:
    """The entry with this id; NotFound."""
    principal.require(Scope.MANAGE)
    with service.database.reading() as session:
        return _find(session, principal, id)


def audio(service: Service, principal: Principal, id: str) -> Download:
    """What was heard, as FLAC."""
    entry = get(service, principal, id)
    hash = entry.audio_hash
    return file_download(f"{entry.id}.flac", service.store.open(hash), service.store.size(hash))


def correct(service: Service, principal: Principal, id: str, text: str | None) -> LogEntry:
    """Keep what was really said; None takes a correction back. InputError for a text that could not
    be learned from."""
    principal.require(Scope.MANAGE)
    with service.database.session() as session:
        entry = _find(session, principal, id)
        endpoint = find(session, Endpoint, entry.endpoint_id, principal)
        if text is not None:
            text = _checked(text, endpoint.language)
        entry.corrected = text
        audit.record(session, principal, "correct", "log", entry.id, endpoint=endpoint.id)
    return entry


def delete(service: Service, principal: Principal, id: str) -> None:
    """Forget an entry, its audio included."""
    principal.require(Scope.MANAGE)
    with service.database.session() as session:
        entry = _find(session, principal, id)
        audit.record(session, principal, "delete", "log", entry.id, endpoint=entry.endpoint_id)
        session.delete(entry)


def delete_all(service: Service, principal: Principal, endpoint_id: str) -> int:
    """Forget everything that an endpoint kept; how many entries."""
    principal.require(Scope.MANAGE)
    with service.database.session() as session:
        endpoint = find(session, Endpoint, endpoint_id, principal)
        gone = session.execute(delete_rows(LogEntry).where(LogEntry.endpoint_id == endpoint.id))
        count = int(cast(CursorResult[Any], gone).rowcount)
        audit.record(session, principal, "delete logs", "endpoint", endpoint.id, entries=count)
    return count


def _find(session: Session, principal: Principal, id: str) -> LogEntry:
    entry = session.scalar(select(LogEntry).where(LogEntry.id == identifier(id, "log entry")))
    if entry is None:
        raise NotFound("there is no log entry with this id")
    endpoint = session.get(Endpoint, entry.endpoint_id)
    principal.reach(None if endpoint is None else endpoint.project_id, "log entry")
    return entry


def _checked(text: str, language: str) -> str:
    text = " ".join(text.split())
    if len(text) > _LONGEST:
        raise InputError(f"text has {len(text)} characters: use at most {_LONGEST}")
    problem = TranscriptCheck.of(language)(text, "text")
    if problem is not None:
        raise InputError(f"text: {problem.reason.value}: {problem.detail}")
    return text
