"""Uploading a data set in blocks, in any order and several at a time, as in REST v3."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from attune.errors import InputError
from attune.service import audit
from attune.service.access import Principal, Scope
from attune.service.datasets.creating import check_size
from attune.service.datasets.kinds import dataset_kind
from attune.service.errors import Conflict, TooLarge
from attune.service.lookup import find, unfinished
from attune.service.tables import Dataset, DatasetBlock, Job

if TYPE_CHECKING:
    from attune.service.service import Service

__all__ = ["Block", "blocks", "commit_blocks", "put_block"]

_LONGEST_NAME = 128
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Block:
    """A block that came: its name and size in bytes."""

    name: str
    size: int


def put_block(service: Service, principal: Principal, id: str, name: str, content: bytes) -> None:
    """Keep a block of a data set that was made for blocks; one of the same name is replaced.

    InputError, TooLarge; Conflict for a data set whose blocks were put together already.
    """
    principal.require(Scope.MANAGE)
    if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
        raise InputError(f"blockid: give a name of 1 to {_LONGEST_NAME} characters")
    if not content:
        raise InputError("the block is empty")
    hash = service.store.put_bytes(content)
    with service.database.session() as session:
        dataset = _waiting(session, principal, id)
        known = DatasetBlock.dataset_id == dataset.id
        session.execute(delete(DatasetBlock).where(known, DatasetBlock.name == name))
        number, size = session.execute(
            select(func.count(), func.coalesce(func.sum(DatasetBlock.size), 0)).where(known)
        ).one()
        if number >= _MOST or size + len(content) > service.settings.limits.upload:
            raise TooLarge(
                f"over {_MOST} blocks or {service.settings.limits.upload} bytes: divide the data"
            )
        session.add(
            DatasetBlock(dataset_id=dataset.id, name=name, blob_hash=hash, size=len(content))
        )


def blocks(service: Service, principal: Principal, id: str) -> tuple[Block, ...]:
    """The blocks that wait to be put together, in the order in which they came."""
    principal.require(Scope.MANAGE)
    with service.database.reading() as session:
        dataset = find(session, Dataset, id, principal)
        return tuple(Block(row.name, row.size) for row in _rows(session, dataset))


def commit_blocks(service: Service, principal: Principal, id: str, names: Sequence[str]) -> Dataset:
    """Put blocks together in the order of `names`; a job imports the whole. InputError for names
    that did not come, Conflict when that was done already."""
    principal.require(Scope.MANAGE)
    with service.database.reading() as session:
        dataset = _waiting(session, principal, id)
        hashes = {row.name: row.blob_hash for row in _rows(session, dataset)}
    missing = [name for name in names if name not in hashes]
    if missing or not names or len(set(names)) < len(names):
        what = f"there is no block {missing[0][:60]!r}" if missing else "give each block once"
        raise InputError(f"{what}: name the blocks that were sent, in their order")
    with TemporaryDirectory() as place:
        path = Path(place, "source")
        with path.open("wb") as whole:
            for name in names:
                with service.store.open(hashes[name]) as piece:
                    shutil.copyfileobj(piece, whole, 1 << 18)
        check_size(dataset_kind(dataset), path.stat().st_size)
        source_hash = service.store.put_file(path, move=True)
    with service.database.session() as session:
        dataset = _waiting(session, principal, id)
        dataset.source_hash = source_hash
        session.execute(delete(DatasetBlock).where(DatasetBlock.dataset_id == dataset.id))
        service.jobs.submit(session, "import", "dataset", dataset.id, dataset.project_id)
        audit.record(session, principal, "commit", "dataset", dataset.id, blocks=len(names))
    return dataset


def _rows(session: Session, dataset: Dataset) -> Sequence[DatasetBlock]:
    return session.scalars(
        select(DatasetBlock)
        .where(DatasetBlock.dataset_id == dataset.id)
        .order_by(DatasetBlock.created, DatasetBlock.name)
    ).all()


def _waiting(session: Session, principal: Principal, id: str) -> Dataset:
    """The data set, which waits for its blocks; Conflict otherwise."""
    dataset = find(session, Dataset, id, principal)
    done = dataset.source_hash or dataset.source_url or dataset.content_hash
    if done or unfinished(session, Job.subject_id == dataset.id):
        raise Conflict("this data set is complete: make a new version of it")
    return dataset
