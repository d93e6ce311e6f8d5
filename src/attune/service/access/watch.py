"""Keys that end while something they opened goes on: one question to the database for all."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from attune.service.access.keys import Keys
from attune.service.errors import Denied

__all__ = ["KeyWatch", "Told"]

Told = Callable[[Denied], None]
"""Is told, in any thread, that a key has ended and how. It must return at once."""


class KeyWatch:
    """Who wants to know when a key ends. May be used by all threads."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._watchers: dict[str, list[Told]] = {}
        self._lock = threading.Lock()

    @contextmanager
    def watching(self, key_id: str, told: Told) -> Iterator[None]:
        """Have `told` called when the key ends while this is entered; then perhaps repeatedly."""
        with self._lock:
            self._watchers.setdefault(key_id, []).append(told)
        try:
            yield
        finally:
            with self._lock:
                self._watchers[key_id].remove(told)
                if not self._watchers[key_id]:
                    del self._watchers[key_id]

    def look(self) -> None:
        """Tell of the keys that have ended since, wherever that was done. Unavailable."""
        with self._lock:
            watched = list(self._watchers)
        if watched:
            for key_id, error in self._keys.ended(watched).items():
                self.tell(key_id, error)

    def tell(self, key_id: str, error: Denied) -> None:
        """Tell that a key has ended."""
        # Under the lock: nobody is told who has left.
        with self._lock:
            for told in self._watchers.get(key_id, ()):
                told(error)
