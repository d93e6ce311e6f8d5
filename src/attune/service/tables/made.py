"""What is made of it: models, evaluations, endpoints with their logs, transcriptions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    String,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from attune.service.tables.columns import Base, Id, Made, Named, new_id, now

__all__ = [
    "Endpoint",
    "EndpointModel",
    "Evaluation",
    "LogEntry",
    "Model",
    "ModelDataset",
    "Transcription",
    "TranscriptionFile",
    "TranscriptionSource",
]


class Model(Named, Made, Base):
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


class Evaluation(Named, Made, Base):
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


class Endpoint(Named, Made, Base):
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


class Transcription(Named, Made, Base):
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
