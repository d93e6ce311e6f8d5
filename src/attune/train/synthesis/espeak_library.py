"""espeak-ng inside this process, from the library that the PyPI package `espeakng-loader` carries.

The library keeps one voice and one text at a time, so calls take turns.
"""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
import threading
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from attune.train.synthesis.voice import Samples, SynthesisError

__all__ = ["accent_files", "installed", "speak", "variants"]

# From espeak-ng/speak_lib.h.
_SYNCHRONOUS = 2
_RATE, _PITCH = 1, 3
_UTF8 = 1
_CHARACTERS = 1
_PHONEMES = 0x100  # what stands in [[ ]] is phonemes, as the program takes it
_NO_OPTIONS = 0

_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)
# The accents that the library calls otherwise than the program does.
_NAMES = {"en-gb": "en"}


def installed() -> bool:
    """Whether `espeakng-loader` is installed."""
    return importlib.util.find_spec("espeakng_loader") is not None


def accent_files() -> set[str]:
    """The names of the English voices in the library's data."""
    return {path.name for path in (_data() / "lang" / "gmw").iterdir()}


def variants() -> set[str]:
    """The names of the variants in the library's data."""
    return {path.name for path in (_data() / "voices" / "!v").iterdir()}


def speak(voice: str, text: str, speed: int, pitch: int) -> tuple[Samples, int]:
    """Speak with the library; float32 [samples] and their sample rate.

    `speed` is in words a minute, `pitch` from 0 to 99. Raises SynthesisError.
    """
    accent, _, variant = voice.partition("+")
    return _library().speak(f"{_NAMES.get(accent, accent)}+{variant}", text, speed, pitch)


def _data() -> Path:
    return Path(importlib.import_module("espeakng_loader").get_data_path())


class _Library:
    """The loaded library and its only caller's turn."""

    def __init__(self, handle: Any, sample_rate: int) -> None:
        self._handle = handle
        self._sample_rate = sample_rate
        self._turn = threading.Lock()
        self._pcm = bytearray()
        # Kept as long as the library: C holds no reference to it.
        self._callback = _CALLBACK(self._take)
        handle.espeak_SetSynthCallback(self._callback)

    def _take(self, samples: Any, count: int, events: int | None) -> int:
        if samples and count > 0:
            self._pcm += ctypes.string_at(samples, 2 * count)
        return 0

    def speak(self, voice: str, text: str, speed: int, pitch: int) -> tuple[Samples, int]:
        encoded = text.encode("utf-8") + b"\0"
        with self._turn:
            self._pcm.clear()
            self._check(self._handle.espeak_SetVoiceByName(voice.encode("ascii")), voice)
            self._check(self._handle.espeak_SetParameter(_RATE, speed, 0), voice)
            self._check(self._handle.espeak_SetParameter(_PITCH, pitch, 0), voice)
            code = self._handle.espeak_Synth(
                encoded,
                ctypes.c_size_t(len(encoded)),
                0,
                _CHARACTERS,
                0,
                _UTF8 | _PHONEMES,
                None,
                None,
            )
            self._check(code, voice)
            samples = np.frombuffer(bytes(self._pcm), np.int16)
        return samples.astype(np.float32) / np.float32(32768), self._sample_rate

    @staticmethod
    def _check(code: int, voice: str) -> None:
        if code != 0:
            raise SynthesisError(f"espeak:{voice}: the espeak-ng library failed (code {code})")


@cache
def _library() -> _Library:
    loader = importlib.import_module("espeakng_loader")
    try:
        handle = ctypes.CDLL(loader.get_library_path())
        rate = handle.espeak_Initialize(_SYNCHRONOUS, 0, str(_data()).encode("utf-8"), _NO_OPTIONS)
    except (OSError, AttributeError) as error:
        raise SynthesisError(f"the espeak-ng library does not load: {error}") from error
    if rate <= 0:
        raise SynthesisError(f"the espeak-ng library does not start (code {rate})")
    return _Library(handle, rate)
