"""Copies on this machine of what is stored: they can be made again, so they may be removed."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from attune.bundle.atomic import name_beside

__all__ = ["LocalCopies"]

_SPARED_SECONDS = 3600.0
"""What was asked for so recently is not removed, however full the cache is: somebody may be about
to open it. (What is open stays readable when it is removed.)"""


class LocalCopies:
    """Files and folders below a folder, at most so many bytes of them. Several processes may share
    it."""

    def __init__(self, folder: Path, limit: int) -> None:
        self._files = folder / "files"
        self._folders = folder / "folders"
        self._limit = limit
        self._locks: dict[Path, threading.Lock] = {}
        self._lock = threading.Lock()

    def file(self, name: str, make: Callable[[Path], None]) -> Path:
        """The copy `name`, made by `make` where it is not there. Raises OSError and what `make`
        does."""
        return self._copy(self._files / name, make)

    def folder(self, name: str, make: Callable[[Path], None]) -> Path:
        """The folder `name`, made by `make` where it is not there. Raises OSError and what `make`
        does."""
        return self._copy(self._folders / name, make)

    def shrink(self) -> None:
        """Remove the copies that were not asked for the longest until the rest fits the limit."""
        found = sorted(self._sizes(), key=lambda copy: copy[0])
        size = sum(bytes_ for _, bytes_, _ in found)
        spared = time.time() - _SPARED_SECONDS
        for used, bytes_, path in found:
            if size <= self._limit or used > spared:
                break
            with contextlib.suppress(OSError):
                _remove(path)
                size -= bytes_

    def _copy(self, path: Path, make: Callable[[Path], None]) -> Path:
        with self._lock:
            lock = self._locks.setdefault(path, threading.Lock())
        with lock:
            with contextlib.suppress(FileNotFoundError):
                os.utime(path)
                return path
            self.shrink()
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = name_beside(path)
            try:
                make(temporary)
                with contextlib.suppress(OSError):
                    os.rename(temporary, path)
                os.utime(path)  # Fails unless this process or another put it there.
            finally:
                _remove(temporary)
        return path

    def _sizes(self) -> Iterator[tuple[float, int, Path]]:
        for folder in (self._files, self._folders):
            for path in folder.iterdir() if folder.is_dir() else ():
                with contextlib.suppress(OSError):
                    inside = path.rglob("*") if path.is_dir() else [path]
                    yield path.stat().st_mtime, sum(each.stat().st_size for each in inside), path


def _remove(path: Path) -> None:
    if path.is_dir():
        aside = name_beside(path)
        os.rename(path, aside)  # At once: nobody finds half of it.
        shutil.rmtree(aside)
    else:
        path.unlink(missing_ok=True)
