"""Models in memory: loaded once however many streams use them, unloaded when none does."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from attune.service.blobs import Store
from attune.service.errors import Busy

__all__ = ["Lease", "ModelCache"]

M = TypeVar("M")

_IDLE_SECONDS = 600.0
_RETRY_SECONDS = 10


@dataclass(eq=False)
class _Entry(Generic[M]):
    """A model that is loaded or being loaded, how many use it, and since when nobody does."""

    future: Future[M]
    size: int = 0
    leases: int = 0
    idle_since: float = field(default_factory=time.monotonic)


class Lease(Generic[M]):
    """A model that stays loaded until the lease is released. Releasing twice is releasing once."""

    def __init__(self, cache: ModelCache[M], entry: _Entry[M], model: M) -> None:
        self._cache, self._entry = cache, entry
        self.model = model
        self._held = True

    def release(self) -> None:
        """No longer needed here."""
        if self._held:
            self._held = False
            self._cache._release(self._entry)


class ModelCache(Generic[M]):
    """Models by the hash of their bundle; threads and event loops may share one.

    `load` makes a model of a bundle's folder. Idle models are unloaded after `idle_seconds`, and
    sooner, longest idle first, where a new one would bring the files behind all that are loaded
    over `most_bytes`; the memory that they take is about the size of their files.
    """

    def __init__(
        self,
        store: Store,
        load: Callable[[Path], M],
        most_bytes: int,
        idle_seconds: float = _IDLE_SECONDS,
    ) -> None:
        self._store, self._load = store, load
        self._most_bytes, self._idle_seconds = most_bytes, idle_seconds
        self._entries: dict[str, _Entry[M]] = {}
        self._lock = threading.Lock()
        self._loader = ThreadPoolExecutor(1, thread_name_prefix="load-model")

    @property
    def loaded(self) -> int:
        """How many models are in memory or on their way."""
        with self._lock:
            return len(self._entries)

    async def lease(self, bundle_hash: str) -> Lease[M]:
        """The model of a bundle, loaded now if it is not yet.

        Busy where the models in use leave no room for another; what `load` and the store raise.
        """
        with self._lock:
            entry = self._entries.get(bundle_hash)
            if entry is None:
                entry = _Entry(self._loader.submit(self._read, bundle_hash))
                self._entries[bundle_hash] = entry
            entry.leases += 1
        try:
            # Somebody who no longer waits does not stop the others' loading.
            model = await asyncio.shield(asyncio.wrap_future(entry.future))
        except BaseException:
            self._release(entry)
            if entry.future.done():
                self._forget_failed(bundle_hash, entry)
            raise
        return Lease(self, entry, model)

    def sweep(self) -> int:
        """Unload what has been idle for too long; how many that were."""
        limit = time.monotonic() - self._idle_seconds
        with self._lock:
            old = [
                name
                for name, entry in self._entries.items()
                if not entry.leases and entry.future.done() and entry.idle_since <= limit
            ]
            for name in old:
                del self._entries[name]
        return len(old)

    def close(self) -> None:
        """Unload everything that nobody uses, and load no more."""
        self._loader.shutdown(cancel_futures=True)
        with self._lock:
            self._entries.clear()

    def _read(self, bundle_hash: str) -> M:
        folder = self._store.folder(bundle_hash)
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        self._make_room(bundle_hash, size)
        return self._load(folder)

    def _make_room(self, bundle_hash: str, size: int) -> None:
        with self._lock:
            idle = sorted(
                (entry.idle_since, name)
                for name, entry in self._entries.items()
                if not entry.leases and name != bundle_hash
            )
            others = sum(e.size for name, e in self._entries.items() if name != bundle_hash)
            for _, name in idle:
                if others + size <= self._most_bytes:
                    break
                others -= self._entries.pop(name).size
            if others and others + size > self._most_bytes:
                raise Busy(
                    "the models in use leave no memory for another: try again later",
                    _RETRY_SECONDS,
                )
            if bundle_hash in self._entries:
                self._entries[bundle_hash].size = size

    def _release(self, entry: _Entry[M]) -> None:
        with self._lock:
            entry.leases -= 1
            entry.idle_since = time.monotonic()

    def _forget_failed(self, bundle_hash: str, entry: _Entry[M]) -> None:
        """What could not be loaded is tried anew the next time."""
        failed = entry.future.cancelled() or entry.future.exception() is not None
        with self._lock:
            if failed and self._entries.get(bundle_hash) is entry:
                del self._entries[bundle_hash]
