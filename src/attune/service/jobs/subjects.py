"""What jobs make: data sets, models, evaluations, transcriptions. Their status follows the job."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from attune.service.tables import Dataset, Evaluation, Job, Model, Status, Transcription

__all__ = ["SUBJECTS", "Subject", "set_status"]

Subject = Dataset | Model | Evaluation | Transcription

SUBJECTS: dict[str, type[Subject]] = {
    "dataset": Dataset,
    "model": Model,
    "evaluation": Evaluation,
    "transcription": Transcription,
}
"""The tables of what jobs make, by `Job.subject_kind`."""


def set_status(session: Session, job: Job, status: Status, reason: str = "") -> None:
    """Give a job and what it makes the same status."""
    job.status, job.reason = status, reason
    table: type[Any] = SUBJECTS[job.subject_kind]
    subject = session.get(table, job.subject_id)
    if subject is not None:
        subject.status, subject.reason = status, reason
