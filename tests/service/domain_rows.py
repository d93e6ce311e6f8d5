"""Rows for tests of the domain, as jobs would leave them."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import update

from attune.audio import write_wav
from attune.data import Utterance, write_manifest
from attune.service import Service, projects
from attune.service.access import Principal, Scope
from attune.service.tables import Dataset, Endpoint, EndpointModel, Job, Model, Project, Status

__all__ = [
    "bound",
    "dataset",
    "end_jobs",
    "endpoint",
    "model",
    "on_sqlite",
    "project",
    "recognising",
]

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For tests of what is refused before any database is asked."""

TEXTS = ("turn on the light", "what time is it", "good morning")


def project(service: Service, admin: Principal, name: str = "Kitchen") -> Project:
    return projects.create(service, admin, name=name, language="en-US")


def bound(to: Project, scope: Scope = Scope.MANAGE) -> Principal:
    """The holder of a key of one project."""
    return Principal("bound", "bound", scope, to.id)


def recognising() -> Principal:
    return Principal("recognise", "recognise", Scope.RECOGNISE)


def model(service: Service, of: Project | None, **fields: object) -> Model:
    """A recogniser that is ready, with a bundle of two bytes."""
    given: dict[str, object] = {
        "name": "model",
        "kind": "recognizer",
        "language": "en-US",
        "status": Status.SUCCEEDED,
        "bundle_hash": service.store.put_bytes(b"ok"),
        "project_id": None if of is None else of.id,
    }
    row = Model(**{**given, **fields})
    with service.database.session() as session:
        session.add(row)
    return row


def dataset(
    service: Service, of: Project, kind: str = "Acoustic", texts: tuple[str, ...] = TEXTS
) -> Dataset:
    """A data set of recordings that is imported."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "audio").mkdir()
        rows = []
        for number, text in enumerate(texts, start=1):
            path = folder / "audio" / f"{number}.wav"
            samples = np.full(1600 * number, 0.1 * number, np.float32)
            write_wav(path, samples, 16_000)
            rows.append(Utterance(path, 0.1 * number, "", text))
        write_manifest(folder / "manifest.tsv", rows)
        content = service.store.put_folder(folder)
    row = Dataset(
        name="recordings",
        kind=kind,
        language="en-US",
        project_id=of.id,
        status=Status.SUCCEEDED,
        source_name="recordings.zip",
        content_hash=content,
        report={"passed": len(texts), "failed": 0, "notes": []},
        figures={"passed": len(texts), "failed": 0, "seconds": 0.6},
    )
    with service.database.session() as session:
        session.add(row)
    return row


def endpoint(service: Service, of: Project, behind: Mapping[str, float]) -> Endpoint:
    row = Endpoint(
        name="endpoint",
        language="en-US",
        project_id=of.id,
        status=Status.SUCCEEDED,
        models=[EndpointModel(model_id=id, weight=weight) for id, weight in behind.items()],
    )
    with service.database.session() as session:
        session.add(row)
    return row


def end_jobs(service: Service) -> None:
    """Have every job succeed."""
    with service.database.session() as session:
        session.execute(update(Job).values(status=Status.SUCCEEDED))
