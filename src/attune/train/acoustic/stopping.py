"""Signals that ask a training run to stop, and those that must not disturb its last checkpoint."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["asked_to_stop", "undisturbed"]


@contextmanager
def asked_to_stop(ask: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Ctrl-C and SIGTERM call `ask`, which sets a flag: an exception out of a signal can vanish
    where Python is starting a process."""
    asked = (signal.SIGINT, signal.SIGTERM)
    previous = [signal.signal(number, ask) for number in asked]
    try:
        yield
    finally:
        for number, handler in zip(asked, previous, strict=True):
            signal.signal(number, handler)


@contextmanager
def undisturbed() -> Iterator[None]:
    """The batch loader's processes may end: PyTorch's handler would raise wherever the run is."""
    previous = signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGCHLD, previous)
