"""How often and after which pauses something is tried again."""

from __future__ import annotations

import random
import time

__all__ = ["Patience"]

_FIRST = 0.25
_LONGEST = 10.0


class Patience:
    """Pauses that double from a quarter of a second to ten, until `seconds` have passed.

    The time counts from the first `pause`; a success begins it anew (`renew`).
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._since: float | None = None
        self._next = _FIRST

    def renew(self) -> None:
        """It worked: the next failure is a first one again."""
        self._since, self._next = None, _FIRST

    def pause(self, wanted: float | None = None) -> float | None:
        """How long to wait before the next try, in seconds; None: give up.

        `wanted` is what the server asks for (Retry-After); it is not shortened.
        """
        now = time.monotonic()
        if self._since is None:
            self._since = now
        # Not all clients of a server that comes back are to come at once.
        pause = self._next * random.uniform(0.75, 1.25) if wanted is None else wanted
        self._next = min(_LONGEST, 2 * self._next)
        return None if now + pause > self._since + self.seconds else pause
