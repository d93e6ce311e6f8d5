"""Finding one thing by its id, for a key that may see it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.interfaces import ORMOption

from attune.service.access import Principal
from attune.service.errors import Conflict, NotFound
from attune.service.fields import identifier
from attune.service.tables import (
    Dataset,
    Endpoint,
    Evaluation,
    Job,
    Model,
    Project,
    Status,
    Transcription,
    Upload,
)

__all__ = ["NAMES", "find", "require_idle", "require_ready", "unfinished", "within"]

NAMES: dict[type[Any], str] = {
    Project: "project",
    Dataset: "dataset",
    Model: "model",
    Evaluation: "evaluation",
    Endpoint: "endpoint",
    Transcription: "transcription",
    Job: "job",
    Upload: "upload",
}
"""Table -> what its rows are called in messages, jobs and the audit log."""

Row = TypeVar("Row")


def find(
    session: Session,
    row: type[Row],
    id: str,
    principal: Principal,
    *,
    options: Sequence[ORMOption] = (),
) -> Row:
    """The row with this id; NotFound when there is none, or none for this key."""
    what = NAMES[row]
    key: Any = row
    found = session.scalar(select(row).where(key.id == identifier(id, what)).options(*options))
    if found is None:
        raise NotFound(f"there is no {what} with this id")
    project_id = found.id if isinstance(found, Project) else found.project_id  # type: ignore[attr-defined]
    principal.reach(project_id, what)
    if project_id is None and principal.project_id is not None and row is not Model:
        raise NotFound(f"there is no {what} with this id")  # It is somebody else's.
    return found


def within(
    row: type[Any], principal: Principal, project_id: str | None
) -> list[ColumnElement[bool]]:
    """Conditions for lists: what is of the project, and of the key's. NotFound for a project that
    the key may not see."""
    if project_id is not None:
        project_id = identifier(project_id, "project")
        principal.reach(project_id, "project")
    wanted = project_id or principal.project_id
    if wanted is None:
        return []
    return [row.id == wanted if row is Project else row.project_id == wanted]


def unfinished(session: Session, *where: ColumnElement[bool]) -> list[Job]:
    """The jobs that wait or run."""
    waiting = Job.status.in_((Status.NOT_STARTED, Status.RUNNING))
    return list(session.scalars(select(Job).where(waiting, *where)))


def require_idle(session: Session, id: str, what: str) -> None:
    """Conflict while a job makes the thing with this id."""
    if unfinished(session, Job.subject_id == id):
        raise Conflict(f"a job is at work on this {what}: cancel it first, or wait for its end")


def require_ready(row: Dataset | Model, field: str) -> None:
    """Conflict unless a data set or model was made successfully."""
    if row.status == Status.SUCCEEDED:
        return
    state = "failed" if row.status == Status.FAILED else "is not ready yet"
    raise Conflict(f"{field}: {row.name!r} {state}: choose one whose status is Succeeded")
