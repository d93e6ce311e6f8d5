"""What has had its time goes: batches past their time to live, and what ended jobs left behind."""

from __future__ import annotations

import shutil
import time
from datetime import timedelta
from pathlib import Path

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from attune.service.database import Database
from attune.service.settings import Settings
from attune.service.tables import Job, Status, Supervisor, Transcription, now

__all__ = ["sweep"]

_LOGS_KEPT = timedelta(days=30)
_FORGOTTEN = timedelta(hours=1)
_FRESH_SECONDS = 3600.0


def sweep(settings: Settings, database: Database) -> None:
    """Remove all that has had its time. Several servers may do so at once."""
    with database.session() as session:
        _delete_expired(session)
        session.execute(delete(Supervisor).where(Supervisor.seen < now() - _FORGOTTEN))
    data = settings.data.resolve()
    with database.reading() as session:
        for folder in _entries(data / "work"):
            if _is_over(session, folder.name, timedelta()):
                shutil.rmtree(folder, ignore_errors=True)
        for log in _entries(data / "logs" / "jobs"):
            if _is_over(session, log.stem, _LOGS_KEPT):
                log.unlink(missing_ok=True)


def _delete_expired(session: Session) -> None:
    """Batches whose results have had their time; those at work have another hour or so."""
    busy = select(Job.subject_id).where(Job.status.in_((Status.NOT_STARTED, Status.RUNNING)))
    expired = Transcription.expires < now()
    session.execute(delete(Transcription).where(expired, Transcription.id.not_in(busy)))


def _entries(folder: Path) -> list[Path]:
    """What has lain in a folder for an hour or more."""
    if not folder.is_dir():
        return []
    before = time.time() - _FRESH_SECONDS
    return [path for path in folder.iterdir() if path.stat().st_mtime < before]


def _is_over(session: Session, job_id: str, kept: timedelta) -> bool:
    """Whether a job is gone, or ended longer than that ago."""
    job = session.get(Job, job_id)
    return job is None or (job.ended is not None and job.ended < now() - kept)
