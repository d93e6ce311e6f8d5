"""Sound as it comes in: from a microphone, or from a file played in real time."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attune.cli.console import note
from attune.errors import AttuneError, InputError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from attune.audio import RawFormat

    Blocks = Iterator[npt.NDArray[np.float32]]

__all__ = ["InputDevice", "input_devices", "microphone_blocks", "played_blocks"]

SAMPLE_RATE = 16_000
BLOCK_SECONDS = 0.08
WAITING_BLOCKS = 125  # 10 s of sound may wait for a slow machine before some is lost.
SILENT_DEVICE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class InputDevice:
    """A device that sound can be recorded from; `index` or a part of `name` selects it."""

    index: int
    name: str
    channels: int
    sample_rate: float
    default: bool


def input_devices() -> list[InputDevice]:
    """The recording devices of this machine, maybe none.

    Raises InputError when sounddevice or the PortAudio library is not installed.
    """
    sounddevice = _sounddevice()
    default = sounddevice.default.device[0]
    return [
        InputDevice(
            index,
            str(device["name"]),
            int(device["max_input_channels"]),
            float(device["default_samplerate"]),
            index == default,
        )
        for index, device in enumerate(sounddevice.query_devices())
        if device["max_input_channels"] > 0
    ]


@contextmanager
def microphone_blocks(device: str | None) -> Iterator[Blocks]:
    """Record while the block runs: 16 kHz float32 [sample] blocks without end.

    `device` is an index or a part of a name, None the system's default. Raises InputError when
    there is no such device, and AttuneError when it stops working.
    """
    sounddevice = _sounddevice()
    devices = input_devices()
    if not devices:
        raise InputError(
            "this machine has no microphone that can be used: plug one in (and allow its use), or "
            "give a recording with --input FILE"
        )
    chosen = _choose(devices, device)
    blocks: queue.Queue[npt.NDArray[np.float32]] = queue.Queue(WAITING_BLOCKS)
    lost = 0

    def receive(samples: Any, frames: int, when: Any, status: Any) -> None:
        nonlocal lost
        try:
            blocks.put_nowait(samples[:, 0].copy())
        except queue.Full:
            lost += 1

    rate = _rate(sounddevice, chosen)
    try:
        with sounddevice.InputStream(
            device=chosen.index,
            channels=1,
            samplerate=rate,
            dtype="float32",
            blocksize=round(BLOCK_SECONDS * rate),
            callback=receive,
        ):
            note(f"listening to {chosen.name}; Ctrl-C ends")
            yield _received(blocks, rate)
    except sounddevice.PortAudioError as error:
        raise AttuneError(
            f"{chosen.name} cannot be recorded from ({error}): check that no other program uses "
            "it, or choose another --device (see --list-devices)"
        ) from error
    finally:
        if lost:
            note(
                f"{lost * BLOCK_SECONDS:.1f} s of sound were lost: this machine is too slow or busy"
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


def _received(blocks: queue.Queue[npt.NDArray[np.float32]], rate: int) -> Blocks:
    from attune.audio import Resampler

    resampler = Resampler(rate, SAMPLE_RATE)
    while True:
        try:
            block = resampler.accept(blocks.get(timeout=SILENT_DEVICE_SECONDS))
        except queue.Empty:
            raise AttuneError(
                f"the microphone has sent nothing for {SILENT_DEVICE_SECONDS:g} s: check that it "
                "is still plugged in"
            ) from None
        if len(block):
            yield block


def _choose(devices: list[InputDevice], wanted: str | None) -> InputDevice:
    if wanted is None:
        return next((device for device in devices if device.default), devices[0])
    for device in devices:
        if wanted == str(device.index):
            return device
    matches = [device for device in devices if wanted.lower() in device.name.lower()]
    if len(matches) == 1:
        return matches[0]
    known = "; ".join(f"{device.index}: {device.name}" for device in devices)
    problem = "more than one device is" if matches else "no device is"
    raise InputError(f"{problem} called {wanted!r}: choose one of {known}")


def _rate(sounddevice: Any, device: InputDevice) -> int:
    """16 kHz where the device records so, otherwise its own rate."""
    try:
        sounddevice.check_input_settings(
            device=device.index, channels=1, samplerate=SAMPLE_RATE, dtype="float32"
        )
    except sounddevice.PortAudioError:
        return round(device.sample_rate)
    return SAMPLE_RATE


def _sounddevice() -> Any:
    try:
        import sounddevice
    except ImportError as error:
        raise InputError(
            "the microphone needs the package sounddevice: pip install 'attune[mic]', or give a "
            "recording with --input FILE"
        ) from error
    except OSError as error:
        raise InputError(
            f"the microphone needs the PortAudio library ({error}): install it (Debian, Ubuntu: "
            "apt install libportaudio2), or give a recording with --input FILE"
        ) from error
    return sounddevice
