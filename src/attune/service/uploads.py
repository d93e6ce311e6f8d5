"""Files on their way in, in pieces: an upload that was cut off goes on where it stood."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import threading
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import delete, or_, select, update

from attune.bundle import file_sha256
from attune.errors import AttuneError, InputError
from attune.service import audit
from attune.service.access import Principal, Scope
from attune.service.blob_places import storing
from attune.service.blobs import Store
from attune.service.database import Database
from attune.service.errors import Conflict, NotFound, StorageFull, TooLarge
from attune.service.fields import named
from attune.service.lookup import find
from attune.service.settings import Limits
from attune.service.tables import Project, Upload, now

__all__ = ["UploadWriter", "Uploads"]

_SAFE_STEP = 8 * 2**20
"""After so many bytes what came is made safe, so that no more need come again."""
_SPARE_BYTES = 256 * 2**20
"""That the disk must have left beside an upload."""
_UNFINISHED = timedelta(days=2)
_FINISHED = timedelta(days=7)
_SHA256 = re.compile(r"[0-9a-f]{64}")


class UploadWriter:
    """Takes the next bytes of an upload. `received` of them, from its beginning, are safe."""

    def __init__(self, uploads: Uploads, upload: Upload, file: BinaryIO) -> None:
        self._uploads = uploads
        self._file = file
        self._id = upload.id
        self._size = upload.size
        self.received = upload.received
        self._place = upload.received

    def write(self, piece: bytes) -> None:
        """Take a piece. TooLarge beyond the size that was announced, Conflict when another request
        went on with the upload, StorageFull."""
        if self._place + len(piece) > self._size:
            raise TooLarge(f"the upload was announced with {self._size:,} bytes: more came")
        with self._uploads.turn(self._id, self), storing("the upload"):
            rest = memoryview(piece)
            while rest:  # A disk that gets full takes a part without a word.
                rest = rest[self._file.write(rest) :]
        self._place += len(piece)
        if self._place - self.received >= _SAFE_STEP:
            self.save()

    def save(self) -> None:
        """Make what came safe; as `write` raises."""
        if self._place > self.received:
            with storing("the upload"):
                os.fsync(self._file.fileno())
            with self._uploads.turn(self._id, self):
                self._uploads.note(self._id, self._place)
            self.received = self._place


class Uploads:
    """The uploads of a service. May be used by all threads of one process."""

    def __init__(self, folder: Path, database: Database, store: Store, limits: Limits) -> None:
        self._folder = folder
        self._database = database
        self._store = store
        self._limit = limits.upload
        self._writers: dict[str, UploadWriter] = {}
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def create(
        self,
        principal: Principal,
        *,
        name: str,
        size: int,
        sha256: str | None = None,
        project_id: str | None = None,
    ) -> Upload:
        """Announce a file of `size` bytes, for a project or (None) for the key's whole reach.

        With `sha256` the whole is compared with it in the end. InputError, TooLarge, StorageFull,
        Forbidden, NotFound.
        """
        principal.require(Scope.MANAGE)
        project_id = principal.project_id if project_id is None else project_id
        name = named(name, "name")
        if size < 1:
            raise InputError("size: an upload has at least one byte")
        if size > self._limit:
            raise TooLarge(f"size: {size:,} bytes, and at most {self._limit:,} are allowed")
        if sha256 is not None and not _SHA256.fullmatch(sha256 := sha256.lower()):
            raise InputError("sha256: give 64 hexadecimal digits")
        with storing("the upload"):
            self._folder.mkdir(parents=True, exist_ok=True)
            if shutil.disk_usage(self._folder).free < size + _SPARE_BYTES:
                raise StorageFull("the server's disk has no room for this upload")
        upload = Upload(name=name, size=size, sha256=sha256, project_id=project_id)
        with self._database.session() as session:
            if project_id is not None:
                find(session, Project, project_id, principal)
            session.add(upload)
        return upload

    def get(self, principal: Principal, id: str) -> Upload:
        """An upload, with how much of it is `received`; Forbidden, NotFound."""
        principal.require(Scope.MANAGE)
        with self._database.reading() as session:
            return find(session, Upload, id, principal)

    @contextlib.contextmanager
    def writing(self, principal: Principal, id: str, offset: int) -> Iterator[UploadWriter]:
        """Go on with an upload at `offset`, which must be what is `received`: Conflict otherwise.

        What came before an exception is kept. A request that still writes to the same upload is
        superseded: its connection may be dead.
        """
        id = self._open(principal, id).id
        with storing("the upload"):
            file = self._path(id).open("ab", buffering=0)
        with file:
            with self._locks[id], storing("the upload"):
                # What an older writer has not made safe by now does not count any more.
                upload = self._open(principal, id)
                if offset != upload.received:
                    raise Conflict(f"go on at Upload-Offset {upload.received}, not at {offset}")
                if file.tell() < upload.received:
                    self.note(id, 0)
                    raise Conflict("what came was lost here: go on at Upload-Offset 0")
                file.truncate(upload.received)
                writer = self._writers[id] = UploadWriter(self, upload, file)
            try:
                yield writer
                writer.save()
            except BaseException:
                with contextlib.suppress(AttuneError):
                    writer.save()
                raise
            finally:
                with self._locks[id]:
                    if self._writers.get(id) is writer:
                        del self._writers[id]

    def finish(self, principal: Principal, id: str) -> Upload:
        """Turn an upload of which everything came into a blob; again does nothing.

        Conflict when bytes are missing; InputError when they are not those that were announced:
        then nothing of them is kept.
        """
        id = self.get(principal, id).id
        with self._locks[id]:
            upload = self.get(principal, id)
            if upload.blob_hash is not None:
                return upload
            if upload.received < upload.size:
                raise Conflict(f"{upload.size - upload.received:,} bytes are missing still")
            blob = self._keep(upload)
            with self._database.session() as session:
                upload = session.get_one(Upload, id)
                upload.blob_hash = blob
                audit.record(session, principal, "upload", "upload", id, name=upload.name)
        self._locks.pop(id, None)
        return upload

    def cancel(self, principal: Principal, id: str) -> None:
        """Forget an upload and what came of it; Forbidden, NotFound."""
        id = self.get(principal, id).id
        # First the file: on a full disk there is no room for the database to change otherwise.
        self._path(id).unlink(missing_ok=True)
        with self._database.session() as session:
            session.execute(delete(Upload).where(Upload.id == id))
        self._writers.pop(id, None)
        self._locks.pop(id, None)

    def sweep(self) -> None:
        """Forget uploads that nobody goes on with, and complete ones that had their time."""
        abandoned = Upload.blob_hash.is_(None) & (Upload.changed < now() - _UNFINISHED)
        done = Upload.blob_hash.is_not(None) & (Upload.changed < now() - _FINISHED)
        paths = list(self._folder.iterdir()) if self._folder.is_dir() else []
        with self._database.reading() as session:
            awaited = select(Upload.id).where(Upload.blob_hash.is_(None), ~abandoned)
            known = set(session.scalars(awaited))
        for path in paths:
            if path.name not in known:
                path.unlink(missing_ok=True)
        with self._database.session() as session:
            session.execute(delete(Upload).where(or_(abandoned, done)))

    @contextlib.contextmanager
    def turn(self, id: str, writer: UploadWriter) -> Iterator[None]:
        """A moment in which `writer` is the upload's only writer; Conflict when it is it no
        more."""
        with self._locks[id]:
            if self._writers.get(id) is not writer:
                raise Conflict("another request went on with this upload, or cancelled it")
            yield

    def note(self, id: str, received: int) -> None:
        """Write down how much is safe."""
        with self._database.session() as session:
            session.execute(
                update(Upload).where(Upload.id == id).values(received=received, changed=now())
            )

    def _open(self, principal: Principal, id: str) -> Upload:
        upload = self.get(principal, id)
        if upload.blob_hash is not None:
            raise Conflict("this upload is complete")
        return upload

    def _keep(self, upload: Upload) -> str:
        """Move what came into the store. Its hash is written down before, for after a kill in
        between the file is gone from here."""
        path = self._path(upload.id)
        with storing("the upload"):
            if not path.exists():
                return self._moved_before(upload)
            digest = file_sha256(path)
            if upload.sha256 not in (None, digest):
                self.note(upload.id, 0)
                path.unlink()
                raise InputError(
                    f"the SHA-256 of what came is {digest}, not {upload.sha256}: send it again"
                )
            with self._database.session() as session:
                session.get_one(Upload, upload.id).sha256 = digest
            return self._store.put_file(path, move=True, sha256=digest)

    def _moved_before(self, upload: Upload) -> str:
        with contextlib.suppress(NotFound):
            if upload.sha256 is not None and self._store.size(upload.sha256) == upload.size:
                # Its row, should the kill have come before that.
                return self._store.put_file(self._store.path(upload.sha256), sha256=upload.sha256)
        self.note(upload.id, 0)
        raise Conflict("what came was lost here: go on at Upload-Offset 0")

    def _path(self, id: str) -> Path:
        """Where an upload lies; `id` is one of a row, so it leads nowhere else."""
        return self._folder / id
