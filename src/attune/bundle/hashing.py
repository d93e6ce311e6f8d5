"""Content hashes: of JSON, of files, and a memory of the files whose hash was already checked."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from pathlib import Path

from attune.bundle.atomic import replace_file
from attune.bundle.cache import cache_folder
from attune.errors import AttuneError

__all__ = ["HashMemory", "content_hash", "file_sha256"]

_SETTLED_SECONDS = 2.0
_REMEMBERED_FOLDERS = 64


def content_hash(value: object) -> str:
    """SHA-256 of a JSON value in canonical form, as 64 hexadecimal digits.

    Canonical: UTF-8, object keys sorted by code point, no white space, shortest floats that
    read back alike (in the spirit of RFC 8785). Raises ValueError for NaN, infinity and lone
    surrogates.
    """
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, as 64 hexadecimal digits; raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class HashMemory:
    """Hashes of one folder's files, kept in the cache folder between processes.

    A hash is believed only while the file's size, modification time, change time and inode are
    those of the moment when it was computed. The change time cannot be set by programs, so a
    file with restored times is hashed again. A file touched within the last two seconds is
    not remembered: a second write within the clock's grain would go unseen.
    """

    def __init__(self, folder: Path) -> None:
        key = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:32]
        self._store = cache_folder() / "hashes" / f"{key}.json"
        self._known: dict[str, list[object]] = self._read()
        self._changed = False

    def sha256(self, path: Path, name: str) -> str:
        """The file's SHA-256, remembered or computed; `name` is its key. Raises OSError."""
        state = path.stat()
        print_of_file = [state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino]
        known = self._known.get(name)
        if isinstance(known, list) and known[:-1] == print_of_file:
            return str(known[-1])
        digest = file_sha256(path)
        newest = max(state.st_mtime_ns, state.st_ctime_ns) / 1e9
        if time.time() - newest > _SETTLED_SECONDS:
            self._known[name] = [*print_of_file, digest]
            self._changed = True
        return digest

    def save(self) -> None:
        """Keep what was learnt; a cache that cannot be written costs only time."""
        if not self._changed:
            return
        with contextlib.suppress(OSError, AttuneError):
            self._store.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            replace_file(self._store, json.dumps(self._known).encode("ascii"))
            self._forget_oldest()

    def _read(self) -> dict[str, list[object]]:
        try:
            known = json.loads(self._store.read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}
        return known if isinstance(known, dict) else {}

    def _forget_oldest(self) -> None:
        stores = sorted(self._store.parent.glob("*.json"), key=lambda path: path.stat().st_mtime)
        for path in stores[:-_REMEMBERED_FOLDERS]:
            path.unlink(missing_ok=True)
