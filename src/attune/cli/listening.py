"""What commands that listen share: a microphone or a recording, and Ctrl-C as a way to end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from attune.cli.console import note
from attune.errors import InputError

if TYPE_CHECKING:
    from attune.cli.microphone import Blocks

__all__ = ["check_source", "interrupt_ends", "until"]


def check_source(
    input: str | Path | None, device: str | None, channel: int | None, raw_format: str | None
) -> None:
    """InputError for options of a recording without one, and for a microphone beside one."""
    if input is None and (channel is not None or raw_format is not None):
        raise InputError("--channel and --raw-format are about recordings: give --input too")
    if input is not None and device is not None:
        raise InputError("--device and --input exclude each other: give one")


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
