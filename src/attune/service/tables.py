"""The database's tables. Ids are UUIDs as text; what is large lies in the blob store by hash."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

__all__ = [
    "ApiKey",
    "AuditEntry",
    "Base",
    "Blob",
    "Dataset",
    "DatasetBlock",
    "Endpoint",
    "EndpointModel",
    "Evaluation",
    "Job",
    "JobEvent",
    "LogEntry",
    "Model",
    "ModelDataset",
    "Project",
    "SignIn",
    "Status",
    "Supervisor",
    "Transcription",
    "TranscriptionFile",
    "TranscriptionSource",
    "Upload",
    "UtcTime",
    "new_id",
    "now",
]


class Status(StrEnum):
    """How far a thing that takes time has come; Failed has a reason."""

    NOT_STARTED = "NotStarted"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"


def new_id() -> str:
    """A new UUID."""
    return str(uuid.uuid4())


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


class UtcTime(TypeDecorator[datetime]):
    """Times in UTC, with their zone also where the database keeps none."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """What the tables have in common."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {
        dict[str, Any]: JSON,
        list[Any]: JSON,
        datetime: UtcTime,
        str: Text,
        float: Float,
    }


Id = String(36)


class _Named:
    """Id, name, description and times."""

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    created: Mapped[datetime] = mapped_column(default=now)
    changed: Mapped[datetime] = mapped_column(default=now, onupdate=now)
    custom: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """The caller's own properties (`customProperties`)."""


class _Made:
    """The status of what a job makes."""

    status: Mapped[Status] = mapped_column(String(16), default=Status.NOT_STARTED)
    reason: Mapped[str] = mapped_column(default="")
    """Why it failed."""


class Project(_Named, Base):
    """What belongs together: data, models, tests and endpoints of one language."""

    __tablename__ = "projects"

    language: Mapped[str] = mapped_column(String(16))


class Blob(Base):
    """Bytes in the blob store, stored once however often they come."""

    __tablename__ = "blobs"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    """SHA-256, in hexadecimal."""
    size: Mapped[int] = mapped_column(BigInteger)
    used: Mapped[datetime] = mapped_column(default=now, index=True)
    """When it last came in: what nothing refers to is kept for a while from then on."""


class Upload(Base):
    """A file on its way in, in pieces that may be resumed."""

    __tablename__ = "uploads"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    project_id: Mapped[str | None] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    name: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    """Bytes that will come."""
    received: Mapped[int] = mapped_column(BigInteger, default=0)
    """Bytes that are safely on disk."""
    sha256: Mapped[str | None] = mapped_column(String(64))
    """What the sender says that the whole has."""
    blob_hash: Mapped[str | None] = mapped_column(ForeignKey("blobs.hash"))
    created: Mapped[datetime] = mapped_column(default=now)
    changed: Mapped[datetime] = mapped_column(default=now, onupdate=now)


class Dataset(_Named, _Made, Base):
    """One version of a data set, as it was imported; never changed, only followed by another."""

    __tablename__ = "datasets"
    __table_args__ = (UniqueConstraint("series_id", "version"),)

    project_id: Mapped[str] = mapped_column(
        ForeignKey("projects.id", ondelete="CASCADE"), index=True
    )
    series_id: Mapped[str] = mapped_column(Id, default=new_id)
    """The same for all versions of a data set."""
    version: Mapped[int] = mapped_column(default=1)
    kind: Mapped[str] = mapped_column(String(32))
    """Acoustic, Audio, Language, Pronunciation, StructuredText or DisplayFormat."""
    language: Mapped[str] = mapped_column(String(16))
    source_hash: Mapped[str | None] = mapped_column(ForeignKey("blobs.hash"))
    """What was uploaded."""
    source_name: Mapped[str] = mapped_column(default="")
    source_url: Mapped[str] = mapped_column(default="")
    """Where the import fetches it first; "" when it was uploaded."""
    transcript_hash: Mapped[str | None] = mapped_column(ForeignKey("blobs.hash"))
    """A transcript file that was uploaded beside the recordings."""
    content_hash: Mapped[str | None] = mapped_column(ForeignKey("blobs.hash"))
    """The folder that the import wrote: the usable part."""
    manifest_hash: Mapped[str | None] = mapped_column(ForeignKey("blobs.hash"))
    """The table of recordings with corrections, which stands for the one in the content."""
    report: Mapped[dict[str, Any]] = mapped_column(default=dict)
    report_hash: Mapped[str | None] = mapped_column(ForeignKey("blobs.hash"))
    """The report as a page for people, HTML."""
    figures: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """passed, failed, seconds."""


class DatasetBlock(Base):
    """A piece of what is uploaded into a data set in blocks, until they are put together."""

    __tablename__ = "dataset_blocks"

    dataset_id: Mapped[str] = mapped_column(
        ForeignKey("datasets.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(128), primary_key=True)
    blob_hash: Mapped[str] = mapped_column(ForeignKey("blobs.hash"))
    size: Mapped[int]
    created: Mapped[datetime] = mapped_column(default=now)


class Model(_Named, _Made, Base):
    """A recogniser or a keyword model: a bundle, and what it was made from."""

    __tablename__ = "models"

    project_id: Mapped[str | None] = mapped_column(
        ForeignKey("projects.id", ondelete="CASCADE"), index=True
    )
    """None for the base models, which every project may use."""
    kind: Mapped[str] = mapped_column(String(16))
    """recognizer or keyword."""
    language: Mapped[str] = mapped_column(String(16))
    base_id: Mapped[str | None] = mapped_column(ForeignKey("models.id"))
    bundle_hash: Mapped[str | None] = mapped_column(ForeignKey("blobs.hash"))
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """How it is to be made: text, method, phrases, pronunciations and the like."""
    card: Mapped[dict[str, Any]] = mapped_column(default=dict)
    datasets: Mapped[list[ModelDataset]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True
    )


class ModelDataset(Base):
    """A data set that a model was made from."""

    __tablename__ = "model_datasets"

    model_id: Mapped[str] = mapped_column(
        ForeignKey("models.id", ondelete="CASCADE"), primary_key=True
    )
    dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.id"), primary_key=True)


class Evaluation(_Named, _Made, Base):
    """One or two models on one data set."""

    __tablename__ = "evaluations"

    project_id: Mapped[str] = mapped_column(
        ForeignKey("projects.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[str] = mapped_column(String(16), default="Evaluation")
    """Evaluation, or Inspection of recordings without transcripts."""
    language: Mapped[str] = mapped_column(String(16))
    dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.id"))
    model1_id: Mapped[str] = mapped_column(ForeignKey("models.id"))
    model2_id: Mapped[str | None] = mapped_column(ForeignKey("models.id"))
    figures: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Error rates and counts of each model."""
    result_hash: Mapped[str | None] = mapped_column(ForeignKey("blobs.hash"))
    """Every utterance, as JSON."""


class Endpoint(_Named, _Made, Base):
    """An address at which one model or several, by shares of the traffic, recognise."""

    __tablename__ = "endpoints"

    project_id: Mapped[str] = mapped_column(
        ForeignKey("projects.id", ondelete="CASCADE"), index=True
    )
    language: Mapped[str] = mapped_column(String(16))
    logging: Mapped[bool] = mapped_column(default=False)
    retention_days: Mapped[int] = mapped_column(default=30)
    max_streams: Mapped[int] = mapped_column(default=20)
    models: Mapped[list[EndpointModel]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="EndpointModel.model_id"
    )


class EndpointModel(Base):
    """A model behind an endpoint, with its share of the traffic."""

    __tablename__ = "endpoint_models"

    endpoint_id: Mapped[str] = mapped_column(
        ForeignKey("endpoints.id", ondelete="CASCADE"), primary_key=True
    )
    model_id: Mapped[str] = mapped_column(ForeignKey("models.id"), primary_key=True)
    weight: Mapped[float] = mapped_column(default=1.0)


class LogEntry(Base):
    """What an endpoint heard and wrote, where its owner wants that kept."""

    __tablename__ = "log_entries"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    endpoint_id: Mapped[str] = mapped_column(
        ForeignKey("endpoints.id", ondelete="CASCADE"), index=True
    )
    model_id: Mapped[str | None] = mapped_column(ForeignKey("models.id"))
    created: Mapped[datetime] = mapped_column(default=now, index=True)
    seconds: Mapped[float]
    audio_hash: Mapped[str] = mapped_column(ForeignKey("blobs.hash"))
    text: Mapped[str]
    lexical: Mapped[str]
    confidence: Mapped[float]
    corrected: Mapped[str | None]
    """The transcript as somebody who listened wrote it."""


class Transcription(_Named, _Made, Base):
    """A batch of recordings to transcribe."""

    __tablename__ = "transcriptions"

    project_id: Mapped[str | None] = mapped_column(
        ForeignKey("projects.id", ondelete="CASCADE"), index=True
    )
    language: Mapped[str] = mapped_column(String(16))
    model_id: Mapped[str] = mapped_column(ForeignKey("models.id"))
    sources: Mapped[list[Any]] = mapped_column(default=list)
    """Addresses and uploads, in the order of the request."""
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    expires: Mapped[datetime | None]
    kept: Mapped[list[TranscriptionSource]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True
    )
    files: Mapped[list[TranscriptionFile]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="TranscriptionFile.name"
    )


class TranscriptionSource(Base):
    """An uploaded recording of a batch, which stays as long as the batch does."""

    __tablename__ = "transcription_sources"

    transcription_id: Mapped[str] = mapped_column(
        ForeignKey("transcriptions.id", ondelete="CASCADE"), primary_key=True
    )
    blob_hash: Mapped[str] = mapped_column(ForeignKey("blobs.hash"), primary_key=True)


class TranscriptionFile(Base):
    """One result of a batch."""

    __tablename__ = "transcription_files"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    transcription_id: Mapped[str] = mapped_column(
        ForeignKey("transcriptions.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[str] = mapped_column(String(32))
    """Transcription, or TranscriptionReport."""
    name: Mapped[str]
    source: Mapped[str]
    blob_hash: Mapped[str] = mapped_column(ForeignKey("blobs.hash"))
    size: Mapped[int] = mapped_column(BigInteger)
    created: Mapped[datetime] = mapped_column(default=now)


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
    """Who works on it: machine/process/token (`attune.service.jobs.worker_name`)."""
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


class ApiKey(Base):
    """A key, of which only the hash is kept."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    name: Mapped[str]
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    prefix: Mapped[str] = mapped_column(String(12))
    """Its first characters, to tell keys apart by."""
    scope: Mapped[str] = mapped_column(String(16))
    project_id: Mapped[str | None] = mapped_column(
        ForeignKey("projects.id", ondelete="CASCADE"), index=True
    )
    """The only project that it is for; None for all."""
    created: Mapped[datetime] = mapped_column(default=now)
    used: Mapped[datetime | None]
    expires: Mapped[datetime | None]
    revoked: Mapped[datetime | None]


class SignIn(Base):
    """Somebody who signed in to the portal with a key; of the session's secret only the hash."""

    __tablename__ = "sign_ins"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    key_id: Mapped[str] = mapped_column(ForeignKey("api_keys.id", ondelete="CASCADE"), index=True)
    created: Mapped[datetime] = mapped_column(default=now)
    seen: Mapped[datetime] = mapped_column(default=now)


class AuditEntry(Base):
    """Who did what, kept when the thing is gone."""

    __tablename__ = "audit_entries"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    time: Mapped[datetime] = mapped_column(default=now, index=True)
    actor: Mapped[str]
    """The name and prefix of the key."""
    action: Mapped[str] = mapped_column(String(64))
    subject_kind: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[str] = mapped_column(Id)
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
