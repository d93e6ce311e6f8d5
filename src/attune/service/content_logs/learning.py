"""From what an endpoint heard to a data set: the loop by which a deployed model gets better."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from attune.errors import InputError
from attune.service import audit
from attune.service.access import Principal, Scope
from attune.service.datasets.creating import next_version
from attune.service.fields import described, identifier
from attune.service.lookup import find
from attune.service.tables import Dataset, Endpoint, LogEntry, Project

if TYPE_CHECKING:
    from attune.service.service import Service

__all__ = ["make_dataset"]

_MOST = 50_000


def make_dataset(
    service: Service,
    principal: Principal,
    endpoint_id: str,
    *,
    name: str | None = None,
    series_id: str | None = None,
    ids: Sequence[str] | None = None,
    uncorrected: bool = False,
    description: str = "",
) -> Dataset:
    """A data set of recordings and what was said in them, of an endpoint's entries; a job imports
    it like any other.

    Taken are the entries that were corrected (with `uncorrected` all, as they were recognised), or
    those of `ids`. `series_id` makes it the next version of a data set. InputError when there is
    nothing to take.
    """
    principal.require(Scope.MANAGE)
    with service.database.reading() as session:
        endpoint = find(session, Endpoint, endpoint_id, principal)
        entries = _chosen(session, endpoint, ids, uncorrected)
    source_hash = _archive(service, entries)
    with service.database.session() as session:
        project = find(session, Project, endpoint.project_id, principal)
        kind = None if series_id is not None else "Acoustic"
        dataset = next_version(session, project, series_id, name, kind)
        if dataset.kind != "Acoustic":
            raise InputError(f"series: {dataset.name!r} is of the kind {dataset.kind}")
        dataset.description = described(description) or f"what {endpoint.name} heard"
        dataset.source_hash, dataset.source_name = source_hash, "logs.zip"
        session.add(dataset)
        session.flush()
        service.jobs.submit(session, "import", "dataset", dataset.id, project.id)
        audit.record(
            session,
            principal,
            "create",
            "dataset",
            dataset.id,
            name=dataset.name,
            endpoint=endpoint.id,
            entries=len(entries),
        )
    return dataset


def _chosen(
    session: Session, endpoint: Endpoint, ids: Sequence[str] | None, uncorrected: bool
) -> list[LogEntry]:
    found = session.scalars(
        select(LogEntry)
        .where(LogEntry.endpoint_id == endpoint.id)
        .order_by(LogEntry.created)
        .limit(_MOST)
    )
    wanted = None if ids is None else {identifier(id, "log entry") for id in ids}
    entries = [
        entry
        for entry in found
        if (entry.id in wanted if wanted is not None else uncorrected or entry.corrected)
        and (entry.corrected or entry.text).strip()
    ]
    if not entries:
        raise InputError(
            f"{endpoint.name!r} has no such entry with words: correct some, or take all as they "
            "were recognised"
        )
    return entries


def _archive(service: Service, entries: Sequence[LogEntry]) -> str:
    """The recordings and trans.txt as a zip in the store."""
    with TemporaryDirectory() as place:
        path = Path(place, "logs.zip")
        lines = []
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
            for entry in entries:
                name = f"{entry.id}.flac"
                text = " ".join((entry.corrected or entry.text).split())
                lines.append(f"{name}\t{text}\n")
                with service.store.open(entry.audio_hash) as audio, archive.open(name, "w") as out:
                    shutil.copyfileobj(audio, out, 1 << 18)
            archive.writestr("trans.txt", "".join(lines).encode())
        return service.store.put_file(path, move=True)
