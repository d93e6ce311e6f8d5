"""The store of everything large: recordings, bundles, results, each named by its SHA-256."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import ColumnElement, delete, exists, select
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.orm import Session

from attune.bundle import file_sha256
from attune.service.blob_places import BlobFolder, blob_place, storing
from attune.service.database import Database
from attune.service.errors import Conflict, NotFound, Unavailable
from attune.service.local_copies import LocalCopies
from attune.service.tables import Base, Blob, now
from attune.service.zipped_folders import pack, unpack

__all__ = ["Store"]

_KEPT = timedelta(hours=24)
"""How long after it came in a blob stays that nothing refers to (yet)."""
_DIGITS = frozenset("0123456789abcdef")


class Store:
    """Blobs in a folder or behind a URL, their rows in the database, and copies on this machine.

    Every `put` keeps its bytes safely before it returns, once however often they come. What no row
    refers to by a foreign key for a day is removed by `sweep`. Raises Unavailable where the place
    cannot be reached, StorageFull.
    """

    def __init__(self, url: str, folder: Path, database: Database, cache: int) -> None:
        self._place = blob_place(url)
        self._database = database
        self._copies = LocalCopies(folder, cache)
        self._incoming = folder / "incoming"
        with storing("the blob store"):
            self._incoming.mkdir(parents=True, exist_ok=True)

    def put_bytes(self, data: bytes) -> str:
        """Keep bytes; their hash."""
        with self._temporary() as path, storing("the blob store"):
            path.write_bytes(data)
            return self.put_file(path, move=True)

    def put_file(self, path: Path, *, move: bool = False, sha256: str | None = None) -> str:
        """Keep a file; its hash, which the caller gives where it has just computed it. With `move`
        the file is taken away from where it is."""
        with storing("the blob store"):
            name, size = sha256 or file_sha256(path), path.stat().st_size
            added = self._place.size(name) != size
            if added:
                self._place.add(name, path, move=move and isinstance(self._place, BlobFolder))
            with self._database.session() as session:
                _insert(session, name, size, now(), again=True)
            if not added and self._place.size(name) != size:
                # A sweep removed it after the first look; now its row keeps it.
                self._place.add(name, path, move=False)
            if move:
                path.unlink(missing_ok=True)
        return name

    def put_folder(self, path: Path) -> str:
        """Keep a folder as a zip; its hash. The same files give the same hash."""
        with self._temporary() as packed, storing("the blob store"):
            pack(path, packed)
            return self.put_file(packed, move=True)

    def open(self, name: str) -> BinaryIO:
        """A blob, to read from; NotFound."""
        with storing("the blob store"):
            return self._place.open(_checked(name))

    def size(self, name: str) -> int:
        """Bytes of a blob; NotFound."""
        size = self._place.size(_checked(name))
        if size is None:
            raise NotFound(f"there is no blob {name}")
        return size

    def path(self, name: str) -> Path:
        """A blob as a file of this machine, not to be changed; NotFound.

        A copy of a remote blob stays for at least an hour after this.
        """
        place = self._place
        if isinstance(place, BlobFolder):
            self.size(name)
            return place.path(name)
        with storing("the cache"):
            return self._copies.file(_checked(name), lambda target: self._fetch(name, target))

    def folder(self, name: str) -> Path:
        """A folder that `put_folder` kept, unpacked and read-only; NotFound.

        It stays for at least an hour after this, and as long as it is asked for again.
        """
        with storing("the cache"):
            return self._copies.folder(
                _checked(name), lambda target: unpack(self.path(name), target)
            )

    def check(self) -> None:
        """Unavailable unless the store can be reached."""
        self._place.check()

    def sweep(self, kept: timedelta = _KEPT) -> int:
        """Remove blobs that nothing refers to and that came in longer than `kept` ago; how many.

        Each goes in a transaction of its own, its row with its file: a `put` of the same bytes
        at that moment waits for it, sees the file gone and writes it again.
        """
        before = now() - kept
        self._adopt(before)
        with self._database.reading() as session:
            names = session.scalars(
                select(Blob.hash).where(Blob.used < before, *_unreferenced())
            ).all()
        removed = 0
        for name in names:
            with contextlib.suppress(Conflict), self._database.session() as session:
                gone = session.execute(
                    delete(Blob).where(Blob.hash == name, Blob.used < before, *_unreferenced())
                )
                if gone.rowcount:  # type: ignore[attr-defined]
                    with storing("the blob store"):
                        self._place.remove(name)
                    removed += 1
        self._copies.shrink()
        return removed

    def _adopt(self, before: datetime) -> None:
        """Give a row to files without one, which a crash left: then they are swept like others."""
        with self._database.reading() as session:
            known = set(session.scalars(select(Blob.hash)))
        for name, came in self._place.names():
            if name not in known and came < before and _is_name(name):
                with self._database.session() as session:
                    _insert(session, name, self._place.size(name) or 0, came, again=False)

    def _fetch(self, name: str, target: Path) -> None:
        assert not isinstance(self._place, BlobFolder)
        self._place.fetch(name, target)
        if file_sha256(target) != name:
            raise Unavailable(f"the blob {name} came damaged from the store")

    @contextlib.contextmanager
    def _temporary(self) -> Iterator[Path]:
        path = self._incoming / secrets.token_hex(16)
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)


def _insert(session: Session, name: str, size: int, used: datetime, *, again: bool) -> None:
    """Add a blob's row; one that is there stays, with `again` as one that came in again."""
    row = {"hash": name, "size": size, "used": used}
    # The same words for both databases, which SQLAlchemy keeps apart.
    if session.get_bind().dialect.name == "sqlite":
        one = insert_sqlite(Blob).values(row)
        session.execute(
            one.on_conflict_do_update(index_elements=["hash"], set_={"used": used})
            if again
            else one.on_conflict_do_nothing()
        )
    else:
        other = insert_postgresql(Blob).values(row)
        session.execute(
            other.on_conflict_do_update(index_elements=["hash"], set_={"used": used})
            if again
            else other.on_conflict_do_nothing()
        )


def _unreferenced() -> list[ColumnElement[bool]]:
    """The conditions of a blob that no foreign key of any table names."""
    return [
        ~exists().where(column == Blob.hash)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if any(key.target_fullname == "blobs.hash" for key in column.foreign_keys)
    ]


def _is_name(name: str) -> bool:
    return len(name) == 64 and set(name) <= _DIGITS


def _checked(name: str) -> str:
    """A blob's name, which becomes part of a path: NotFound for anything else."""
    if not _is_name(name):
        raise NotFound("there is no such blob")
    return name
