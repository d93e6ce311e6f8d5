"""The threads that recognise: one a core, live streams before recordings, each in its turn."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from attune.service.errors import Unavailable

__all__ = ["Workers"]

T = TypeVar("T")
_Work = Callable[[], None]


class Workers:
    """Does short pieces of work in the order in which they came.

    A stream hands in one piece at a time, of at most a second of audio, so streams take turns.
    Pieces of recordings wait for those of live streams, and leave one thread to them where there
    are several.
    """

    def __init__(self, threads: int | None = None) -> None:
        count = threads or os.cpu_count() or 1
        self._recordings_at_once = max(1, count - 1)
        self._live: deque[_Work] = deque()
        self._recordings: deque[_Work] = deque()
        self._busy_with_recordings = 0
        self._stopped = False
        self._changed = threading.Condition()
        self._threads = [
            threading.Thread(target=self._run, name=f"recognition-{i}", daemon=True)
            for i in range(count)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, work: Callable[[], T], *, live: bool = True) -> Future[T]:
        """Do `work` soon; what it returns or raises. Unavailable when the workers were stopped."""
        future: Future[T] = Future()

        def piece() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = work()
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)

        with self._changed:
            if self._stopped:
                raise Unavailable("the service is stopping: try again soon")
            (self._live if live else self._recordings).append(piece)
            self._changed.notify()
        return future

    @property
    def waiting(self) -> int:
        """Pieces that no thread has begun."""
        with self._changed:
            return len(self._live) + len(self._recordings)

    def stop(self) -> None:
        """Do what was handed in, and no more."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                taken = self._next()
                while taken is None:
                    if self._stopped and not self._recordings:
                        return
                    self._changed.wait()
                    taken = self._next()
                work, is_recording = taken
                self._busy_with_recordings += is_recording
            work()
            del work, taken  # what it holds, such as a model, is not to live until the next
            if is_recording:
                with self._changed:
                    self._busy_with_recordings -= 1
                    self._changed.notify_all()

    def _next(self) -> tuple[_Work, bool] | None:
        if self._live:
            return self._live.popleft(), False
        if self._recordings and self._busy_with_recordings < self._recordings_at_once:
            return self._recordings.popleft(), True
        return None
