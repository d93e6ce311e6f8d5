"""Live sound from a microphone, by the package sounddevice (extra `mic`)."""

from __future__ import annotations

import queue
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attune.audio.resampling import Resampler
from attune.errors import AttuneError, InputError

__all__ = ["InputDevice", "Microphone", "NoMicrophone", "input_devices"]

Floats = NDArray[np.float32]

SAMPLE_RATE = 16_000
BLOCK_SECONDS = 0.08
WAITING_BLOCKS = 125  # 10 s of sound may wait for a slow machine before some is lost.
SILENT_DEVICE_SECONDS = 5.0


class NoMicrophone(InputError):
    """There is nothing on this machine that sound can be recorded with."""


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

    NoMicrophone when sounddevice or the PortAudio library is not installed.
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


class Microphone:
    """Records while its context lasts; one reader at a time.

    `device` is an index or a part of a name, None the system's default. InputError (NoMicrophone)
    when there is no such device, AttuneError for one that cannot be recorded from.
    """

    def __init__(self, device: str | int | None = None) -> None:
        self._sounddevice = _sounddevice()
        devices = input_devices()
        if not devices:
            raise NoMicrophone(
                "this machine has no microphone that can be used: plug one in (and allow its use)"
            )
        self.device = _choose(devices, None if device is None else str(device))
        self._rate = _rate(self._sounddevice, self.device)
        self._blocks: queue.Queue[Floats] = queue.Queue(WAITING_BLOCKS)
        self._resampler = Resampler(self._rate, SAMPLE_RATE)
        self._lost = 0
        self._stream: Any = None
        self._heard = 0.0

    @property
    def lost_seconds(self) -> float:
        """How much sound was lost because nobody read it in time."""
        return self._lost * BLOCK_SECONDS

    def read(self, timeout: float) -> Floats:
        """The next samples at 16 kHz: float32 [samples], none when nothing came in `timeout`
        seconds; AttuneError for a microphone that is silent for long."""
        try:
            block = self._blocks.get(timeout=min(timeout, SILENT_DEVICE_SECONDS))
        except queue.Empty:
            if time.monotonic() - self._heard < SILENT_DEVICE_SECONDS:
                return np.zeros(0, np.float32)
            raise AttuneError(
                f"the microphone has sent nothing for {SILENT_DEVICE_SECONDS:g} s: check that it "
                "is still plugged in"
            ) from None
        self._heard = time.monotonic()
        return self._resampler.accept(block)

    def __enter__(self) -> Microphone:
        try:
            self._stream = self._sounddevice.InputStream(
                device=self.device.index,
                channels=1,
                samplerate=self._rate,
                dtype="float32",
                blocksize=round(BLOCK_SECONDS * self._rate),
                callback=self._receive,
            )
            self._stream.__enter__()
        except self._sounddevice.PortAudioError as error:
            raise AttuneError(
                f"{self.device.name} cannot be recorded from ({error}): check that no other "
                "program uses it, or choose another device"
            ) from error
        self._heard = time.monotonic()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stream.__exit__(kind, error, trace)

    def _receive(self, samples: Any, frames: int, when: Any, status: Any) -> None:
        try:
            self._blocks.put_nowait(samples[:, 0].copy())
        except queue.Full:
            self._lost += 1


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
        raise NoMicrophone(
            "the microphone needs the package sounddevice: pip install 'attune[mic]'"
        ) from error
    except OSError as error:
        raise NoMicrophone(
            f"the microphone needs the PortAudio library ({error}): install it (Debian, Ubuntu: "
            "apt install libportaudio2)"
        ) from error
    return sounddevice
