"""What people bring: projects, uploads, data sets, and the blobs that all of it lies in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from attune.service.tables.columns import Base, Id, Made, Named, new_id, now

__all__ = [
    "Blob",
    "Dataset",
    "DatasetBlock",
    "Project",
    "Upload",
]


class Project(Named, Base):
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


class Dataset(Named, Made, Base):
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
