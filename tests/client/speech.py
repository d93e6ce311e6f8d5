"""Speech of known words: the sample recordings, one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attune.audio import read_audio
from attune.recognize import Final

SAMPLES = Path(__file__).parents[2] / "samples"
RATE = 16_000
BLOCK = 1280


def silence(seconds: float) -> NDArray[np.float32]:
    """Quiet noise, as rooms have it."""
    noise = np.random.default_rng(1).standard_normal(round(seconds * RATE))
    return (noise * 1e-4).astype(np.float32)


@cache
def dialogue() -> NDArray[np.float32]:
    """Four recordings with pauses in between, about 20 s."""
    parts = []
    for name in ("weather.wav", "dictation.wav", "command.flac", "question.ogg"):
        parts += [read_audio(SAMPLES / name), silence(1.3)]
    return np.concatenate(parts)


def blocks(samples: NDArray[np.float32]) -> Iterable[NDArray[np.float32]]:
    """The samples as a microphone gives them."""
    return (samples[i : i + BLOCK] for i in range(0, len(samples), BLOCK))


def finals(events: Sequence[Any]) -> list[Final]:
    """The results among events."""
    return [event for event in events if isinstance(event, Final)]


def texts(events: Sequence[Any]) -> list[str]:
    """What was said, utterance by utterance."""
    return [final.result.text for final in finals(events)]
