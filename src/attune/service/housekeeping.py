"""What is done now and then: removing what has had its time, writing down when keys were used."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping

from attune.service.errors import ServiceError

__all__ = ["Housekeeping"]

_LOGGER = logging.getLogger("attune.housekeeping")


class Housekeeping:
    """Calls each of `tasks` (seconds between its calls, by the task) in a thread of its own."""

    def __init__(self, tasks: Mapping[Callable[[], object], float]) -> None:
        self._tasks = tasks
        self._ending = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin; the first calls come after the first wait."""
        for task, seconds in self._tasks.items():
            thread = threading.Thread(
                target=self._repeat, args=(task, seconds), name="attune-housekeeping", daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """End, after the calls that go on."""
        self._ending.set()
        for thread in self._threads:
            thread.join(timeout=30)
        self._threads.clear()

    def _repeat(self, task: Callable[[], object], seconds: float) -> None:
        while not self._ending.wait(seconds):
            try:
                task()
            except ServiceError as error:
                _LOGGER.warning("put off: %s", error)  # Such as a database that is away.
            except Exception:
                _LOGGER.exception("an error that is ours")
