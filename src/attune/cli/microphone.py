"""Sound as it comes in: from a microphone, or from a file played in real time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from attune.cli.console import note

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from attune.audio import InputDevice, Microphone, RawFormat

    Blocks = Iterator[npt.NDArray[np.float32]]

__all__ = ["input_devices", "microphone_blocks", "played_blocks"]

SAMPLE_RATE = 16_000
BLOCK_SECONDS = 0.08
READ_SECONDS = 1.0


def input_devices() -> list[InputDevice]:
    """The recording devices of this machine; InputError when the software for it is missing."""
    from attune import audio

    with _hint():
        return audio.input_devices()


@contextmanager
def microphone_blocks(device: str | None) -> Iterator[Blocks]:
    """Record while the block runs: 16 kHz float32 [sample] blocks without end.

    `device` is an index or a part of a name, None the system's default. Raises InputError when
    there is no such device, and AttuneError when it stops working.
    """
    from attune.audio import Microphone

    with _hint():
        microphone = Microphone(device)
    try:
        with microphone:
            note(f"listening to {microphone.device.name}; Ctrl-C ends")
            yield _received(microphone)
    finally:
        if microphone.lost_seconds:
            note(
                f"{microphone.lost_seconds:.1f} s of sound were lost: this machine is too slow or "
                "busy"
            )


def played_blocks(
    path: Path, *, channel: int | None = None, raw: RawFormat | None = None
) -> Blocks:
    """A recording in 16 kHz float32 [sample] blocks, each given when it would have been heard.

    Raises InputError for a recording that cannot be read.
    """
    from attune.audio import stream_audio

    begin = time.monotonic()
    samples = 0
    for block in stream_audio(path, channel=channel, raw=raw, block_seconds=BLOCK_SECONDS):
        samples += len(block)
        ahead = begin + samples / SAMPLE_RATE - time.monotonic()
        if ahead > 0:
            time.sleep(ahead)
        yield block


def _received(microphone: Microphone) -> Blocks:
    while True:
        block = microphone.read(READ_SECONDS)
        if len(block):
            yield block


@contextmanager
def _hint() -> Iterator[None]:
    """Say what serves in place of a microphone."""
    from attune.audio import NoMicrophone
    from attune.errors import InputError

    try:
        yield
    except NoMicrophone as error:
        raise InputError(f"{error}, or give a recording with --input FILE") from error
