"""The audio of Wyoming's events as the samples that recognisers hear."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from wyoming.event import Event

from attune.audio import RawFormat, Resampler
from attune.errors import InputError

__all__ = ["AudioInput", "audio_format", "timestamp_of"]

_ENCODINGS = {1: "u8", 2: "s16le", 3: "s24le", 4: "s32le"}
_MOST_CHANNELS = 32

Samples = NDArray[np.float32]


def audio_format(event: Event) -> RawFormat:
    """The rate (Hz), width (bytes of a sample) and channels that an event states; InputError."""
    rate, width, channels = (event.data.get(name) for name in ("rate", "width", "channels"))
    if not isinstance(rate, int) or not isinstance(channels, int):
        raise InputError(f"{event.type}: give rate and channels as whole numbers")
    if not isinstance(width, int) or width not in _ENCODINGS:
        raise InputError(f"{event.type}: a width of {width!r} bytes: use 1, 2, 3 or 4")
    if not 1 <= channels <= _MOST_CHANNELS:
        raise InputError(f"{event.type}: {channels} channels: use 1 to {_MOST_CHANNELS}")
    return RawFormat(rate, channels, _ENCODINGS[width])


def timestamp_of(event: Event) -> int | None:
    """The client's own time of an audio chunk in milliseconds, where it has one."""
    timestamp = event.data.get("timestamp")
    return timestamp if isinstance(timestamp, int) else None


class AudioInput:
    """PCM of any rate, width and number of channels on its way to 16 kHz mono."""

    def __init__(self, form: RawFormat) -> None:
        self._form = form
        self._resampler = Resampler(form.sample_rate)
        self._partial = b""

    def accept(self, event: Event) -> Samples:
        """The samples of a chunk, float32 [samples]; each may say its own format. InputError."""
        form = audio_format(event)
        before = np.zeros(0, np.float32)
        if form != self._form:
            before = self.finish()
            self._form, self._resampler = form, Resampler(form.sample_rate)
        data = self._partial + (event.payload or b"")
        whole = len(data) - len(data) % form.frame_bytes
        self._partial = data[whole:]
        samples = form.decode(data[:whole]).mean(axis=1, dtype=np.float32)
        return np.concatenate([before, np.clip(self._resampler.accept(samples), -1, 1)])

    def finish(self) -> Samples:
        """What is still on its way at the end; half a sample is left out."""
        self._partial = b""
        return np.clip(self._resampler.finish(), -1, 1)
