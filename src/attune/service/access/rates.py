"""How often something may happen: token buckets, one for each key or address."""

from __future__ import annotations

import math
import threading
import time

from attune.service.errors import Busy

__all__ = ["Rates"]

_REMEMBERED = 10_000


class Rates:
    """`rate` times a second for each name, and up to `burst` at once. May be used by all
    threads."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._left: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def take(self, name: str, message: str) -> None:
        """Count one; Busy with `message` and the seconds to wait where there are none left."""
        with self._lock:
            time_now = time.monotonic()
            left = self._of(name, time_now)
            if left < 1:
                raise Busy(message, math.ceil((1 - left) / self._rate))
            self._left[name] = (left - 1, time_now)
            if len(self._left) > _REMEMBERED:
                self._forget(time_now)

    def check(self, name: str, message: str) -> None:
        """Busy as `take` raises it, without counting."""
        with self._lock:
            left = self._of(name, time.monotonic())
            if left < 1:
                raise Busy(message, math.ceil((1 - left) / self._rate))

    def _of(self, name: str, time_now: float) -> float:
        left, then = self._left.get(name, (self._burst, time_now))
        return min(self._burst, left + (time_now - then) * self._rate)

    def _forget(self, time_now: float) -> None:
        """Drop the names that have all of their burst again, and the longest unused half if those
        are not enough."""
        kept = {
            name: entry
            for name, entry in self._left.items()
            if self._of(name, time_now) < self._burst
        }
        if len(kept) > _REMEMBERED // 2:
            newest = sorted(kept, key=lambda name: kept[name][1])[-_REMEMBERED // 2 :]
            kept = {name: kept[name] for name in newest}
        self._left = kept
