"""Jobs, and who looks after them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ForeignKey,
    Index,
    Integer,
    String,
)
from sqlalchemy.orm import Mapped, mapped_column

from attune.service.tables.columns import Base, Id, Status, new_id, now

__all__ = [
    "Job",
    "JobEvent",
    "Supervisor",
]


class Job(Base):
    """Work that takes time, done by a worker; what it makes is `subject_kind` `subject_id`."""

    __tablename__ = "jobs"
    __table_args__ = (Index("ix_jobs_status_created", "status", "created"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(32))
    subject_kind: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[str] = mapped_column(Id, index=True)
    project_id: Mapped[str | None] = mapped_column(
        ForeignKey("projects.id", ondelete="CASCADE"), index=True
    )
    status: Mapped[Status] = mapped_column(String(16), default=Status.NOT_STARTED)
    reason: Mapped[str] = mapped_column(default="")
    stage: Mapped[str] = mapped_column(default="")
    progress: Mapped[float] = mapped_column(default=0.0)
    """0 to 1."""
    eta_seconds: Mapped[float | None]
    cancel: Mapped[bool] = mapped_column(default=False)
    cores: Mapped[int] = mapped_column(default=1)
    attempt: Mapped[int] = mapped_column(default=0)
    worker: Mapped[str] = mapped_column(default="")
    """Who works on it: machine/process/token (`attune.service.jobs.worker_names`)."""
    heartbeat: Mapped[datetime | None]
    created: Mapped[datetime] = mapped_column(default=now)
    started: Mapped[datetime | None]
    ended: Mapped[datetime | None]


class JobEvent(Base):
    """Something a job told on its way: a stage, a point of a training curve."""

    __tablename__ = "job_events"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), index=True)
    time: Mapped[datetime] = mapped_column(default=now)
    name: Mapped[str] = mapped_column(String(32))
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Supervisor(Base):
    """A server that looks after jobs on a machine, and when it was last seen to do so."""

    __tablename__ = "supervisors"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    machine: Mapped[str] = mapped_column(String(64), index=True)
    seen: Mapped[datetime] = mapped_column(default=now)
