"""Where blobs lie: a folder of this machine, or whatever fsspec reaches by a URL."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

from attune.bundle.atomic import copy_synced
from attune.errors import InputError
from attune.service.errors import NotFound, StorageFull, Unavailable

__all__ = ["BlobFolder", "BlobPlace", "RemoteBlobs", "blob_place", "storing"]


class BlobPlace(Protocol):
    """Files named by their SHA-256, each of which appears whole or not at all."""

    def size(self, name: str) -> int | None:
        """Bytes of the blob, None where there is none."""
        ...

    def add(self, name: str, source: Path, *, move: bool) -> None:
        """Take in a file; with `move` it may be taken away from where it is."""
        ...

    def open(self, name: str) -> BinaryIO:
        """The blob, to read from; NotFound."""
        ...

    def remove(self, name: str) -> None:
        """Remove the blob if it is there."""
        ...

    def names(self) -> Iterator[tuple[str, datetime]]:
        """Every blob, and when it came."""
        ...

    def check(self) -> None:
        """Unavailable unless the place can be reached."""
        ...


@contextlib.contextmanager
def storing(what: str) -> Iterator[None]:
    """Turn a full disk into StorageFull and any other failure of a file system into Unavailable."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise StorageFull(
                f"{what}: the server's disk is full; nothing was kept: free some space there"
            ) from error
        raise Unavailable(
            f"{what}: the server's storage fails ({error.strerror or error})"
        ) from error


class BlobFolder:
    """Blobs in a folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with storing("the blob store"):
            folder.mkdir(parents=True, exist_ok=True)

    def path(self, name: str) -> Path:
        """Where the blob lies, or would."""
        return self.folder / name[:2] / name

    def size(self, name: str) -> int | None:
        """See BlobPlace."""
        try:
            return self.path(name).stat().st_size
        except FileNotFoundError:
            return None

    def add(self, name: str, source: Path, *, move: bool) -> None:
        """See BlobPlace."""
        target = self.path(name)
        target.parent.mkdir(exist_ok=True)
        temporary = self.folder / f".{secrets.token_hex(8)}"
        try:
            if not move or not _moved(source, temporary):
                copy_synced(source, temporary)
            temporary.chmod(0o444)
            os.utime(temporary)  # A sweep goes by when it came.
            os.replace(temporary, target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(target.parent)

    def open(self, name: str) -> BinaryIO:
        """See BlobPlace."""
        try:
            return self.path(name).open("rb")
        except FileNotFoundError as error:
            raise NotFound(f"there is no blob {name}") from error

    def remove(self, name: str) -> None:
        """See BlobPlace."""
        self.path(name).unlink(missing_ok=True)

    def names(self) -> Iterator[tuple[str, datetime]]:
        """See BlobPlace."""
        for path in self.folder.glob("[0-9a-f][0-9a-f]/*"):
            with contextlib.suppress(FileNotFoundError):
                yield path.name, datetime.fromtimestamp(path.stat().st_mtime, UTC)

    def check(self) -> None:
        """See BlobPlace."""
        if not os.access(self.folder, os.W_OK):
            raise Unavailable(f"the blob store {self.folder} cannot be written")


def _moved(source: Path, target: Path) -> bool:
    """Move a file within its disk and wait until its bytes are there; False on another disk."""
    try:
        os.rename(source, target)
    except OSError as error:
        if error.errno == errno.EXDEV:
            return False
        raise
    with target.open("rb+") as file:
        os.fsync(file.fileno())
    return True


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return  # Windows has no such thing.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class RemoteBlobs:
    """Blobs wherever fsspec reaches, such as s3://bucket/prefix.

    S3's address and keys come from the environment as usual: AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY, or a profile.
    """

    def __init__(self, url: str) -> None:
        import fsspec

        try:
            self._files, root = fsspec.core.url_to_fs(url, skip_instance_cache=True)
        except ValueError as error:
            raise InputError(f"blobs {url}: {error}: name a folder or s3://BUCKET") from error
        except ImportError as error:
            raise InputError(f"blobs {url}: {error}: pip install 'attune[s3]'") from error
        self._root = str(root).rstrip("/")
        self._files.use_listings_cache = False
        self._url = url

    def size(self, name: str) -> int | None:
        """See BlobPlace."""
        with self._reaching():
            try:
                self._files.invalidate_cache()
                return int(self._files.size(self._place(name)))
            except FileNotFoundError:
                return None

    def add(self, name: str, source: Path, *, move: bool) -> None:
        """See BlobPlace."""
        with self._reaching():
            self._files.makedirs(self._files._parent(self._place(name)), exist_ok=True)
            self._files.put_file(str(source), self._place(name))
        if self.size(name) != source.stat().st_size:
            raise Unavailable(f"the blob store {self._url} did not keep what was sent to it")
        if move:
            source.unlink()

    def open(self, name: str) -> BinaryIO:
        """See BlobPlace."""
        with self._reaching():
            try:
                return cast(BinaryIO, self._files.open(self._place(name), "rb"))
            except FileNotFoundError as error:
                raise NotFound(f"there is no blob {name}") from error

    def fetch(self, name: str, target: Path) -> None:
        """Copy the blob to a new file; NotFound."""
        with self.open(name) as source, target.open("xb") as out, self._reaching():
            shutil.copyfileobj(source, out, 1 << 22)

    def remove(self, name: str) -> None:
        """See BlobPlace."""
        with self._reaching(), contextlib.suppress(FileNotFoundError):
            self._files.rm_file(self._place(name))

    def names(self) -> Iterator[tuple[str, datetime]]:
        """See BlobPlace."""
        with self._reaching():
            self._files.invalidate_cache()
            found: dict[str, dict[str, Any]] = self._files.find(self._root, detail=True)
        for path, details in found.items():
            came = details.get("LastModified") or details.get("mtime") or details.get("created")
            if isinstance(came, int | float):
                came = datetime.fromtimestamp(came, UTC)
            if isinstance(came, datetime):
                yield path.rpartition("/")[2], came

    def check(self) -> None:
        """See BlobPlace."""
        with self._reaching(), contextlib.suppress(FileNotFoundError):
            self._files.invalidate_cache()
            self._files.info(self._root)

    def _place(self, name: str) -> str:
        return f"{self._root}/{name[:2]}/{name}"

    @contextlib.contextmanager
    def _reaching(self) -> Iterator[None]:
        """Whatever a file system of fsspec raises is Unavailable: each has errors of its own."""
        try:
            yield
        except (FileNotFoundError, NotFound, StorageFull):
            raise
        except Exception as error:
            raise Unavailable(
                f"the blob store {self._url} cannot be reached ({type(error).__name__})"
            ) from error


def blob_place(url: str) -> BlobFolder | RemoteBlobs:
    """The place that a folder's path or a URL names; InputError where there is no such kind."""
    if url.startswith("file://"):
        return BlobFolder(Path(url.removeprefix("file://")))
    return RemoteBlobs(url) if "://" in url else BlobFolder(Path(url))
