"""Ctrl-C as a way to end listening rather than to break it off."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from attune.cli.console import note

if TYPE_CHECKING:
    from attune.cli.microphone import Blocks

__all__ = ["interrupt_ends", "until"]


@contextmanager
def interrupt_ends() -> Iterator[threading.Event]:
    """Within the block the first Ctrl-C sets the event, the second interrupts."""
    ended = threading.Event()

    def end(*_: object) -> None:
        ended.set()
        signal.signal(signal.SIGINT, previous)

    previous = signal.signal(signal.SIGINT, end)
    try:
        yield ended
    finally:
        signal.signal(signal.SIGINT, previous)


def until(ended: threading.Event, blocks: Blocks) -> Blocks:
    """The blocks that come before the event is set."""
    for block in blocks:
        if ended.is_set():
            note("stopped listening")
            return
        yield block
