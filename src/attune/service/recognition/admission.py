"""How many streams and recordings are heard at once, at an endpoint and together."""

from __future__ import annotations

import threading
from collections import Counter

from attune.service.errors import Busy

__all__ = ["Admission", "Place"]

_RETRY_SECONDS = 2


class Place:
    """A place among what is heard at once, until it is given back. Giving back twice is once."""

    def __init__(self, admission: Admission, endpoint_id: str | None) -> None:
        self._admission, self._endpoint_id = admission, endpoint_id
        self._held = True

    def release(self) -> None:
        """Give the place to somebody else."""
        self._admission._leave(self, self._endpoint_id)


class Admission:
    """Counts places; threads may share one."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._total = 0
        self._by_endpoint: Counter[str] = Counter()
        self._lock = threading.Lock()

    @property
    def taken(self) -> int:
        """Places that are taken now."""
        return self._total

    def taken_at(self, endpoint_id: str) -> int:
        """Places that are taken now at one endpoint."""
        with self._lock:
            return self._by_endpoint[endpoint_id]

    def enter(self, endpoint_id: str | None, most: int | None) -> Place:
        """A place, also among the `most` of an endpoint; Busy where there is none."""
        with self._lock:
            if self._total >= self._most:
                raise Busy(
                    f"{self._total} streams are being heard, which is the service's limit: try "
                    "again soon",
                    _RETRY_SECONDS,
                )
            if endpoint_id is not None:
                here = self._by_endpoint[endpoint_id]
                if most is not None and here >= most:
                    raise Busy(
                        f"the endpoint hears {here} streams, which is its limit: try again soon",
                        _RETRY_SECONDS,
                    )
                self._by_endpoint[endpoint_id] += 1
            self._total += 1
        return Place(self, endpoint_id)

    def _leave(self, place: Place, endpoint_id: str | None) -> None:
        with self._lock:
            if not place._held:
                return
            place._held = False
            self._total -= 1
            if endpoint_id is not None:
                self._by_endpoint[endpoint_id] -= 1
                if not self._by_endpoint[endpoint_id]:
                    del self._by_endpoint[endpoint_id]
