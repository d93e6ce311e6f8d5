"""A model whose keywords are clicks: a score of 0.01 to 0.99 is the height of a single sample.

"low" is a click below zero, "high" one above it: recordings can be written that hold exactly the
candidates of a case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from attune.audio import write_wav

RATE = 16_000
CASES = {"high": 1, "low": -1}


@dataclass(frozen=True)
class Click:
    keyword: str
    end: float
    score: float


class ClickStream:
    def __init__(self) -> None:
        self._heard = 0

    def accept(self, samples: Any) -> list[Click]:
        places = np.flatnonzero(np.abs(samples) > 0.005)
        first, self._heard = self._heard, self._heard + len(samples)
        return [
            Click(
                "high" if samples[place] > 0 else "low",
                (first + place) / RATE,
                round(abs(float(samples[place])), 2),
            )
            for place in places
        ]

    def finish(self) -> list[Click]:
        return []


class ClickModel:
    """Stands in for a `KeywordModel`; counts the streams that were opened."""

    def __init__(self, *phrases: str, thresholds: Sequence[float] = ()) -> None:
        self.phrases = tuple(SimpleNamespace(text=text) for text in phrases or ("high",))
        self.sensitivity = 0.5
        self.bundle = SimpleNamespace(hash="0" * 64, path=Path("clicks"))
        self.opened = 0
        self._thresholds = tuple(thresholds) or (0.5,) * len(self.phrases)

    def thresholds(self, sensitivity: float | None = None) -> tuple[float, ...]:
        return self._thresholds

    def candidates(self) -> Any:
        self.opened += 1
        stream, texts = ClickStream(), {phrase.text for phrase in self.phrases}

        def accept(samples: Any) -> list[Click]:
            return [click for click in stream.accept(samples) if click.keyword in texts]

        return SimpleNamespace(accept=accept, finish=stream.finish)


def write_clicks(
    path: Path, seconds: float, clicks: Sequence[tuple[float, float]], keyword: str = "high"
) -> Path:
    """A recording with (time, score) clicks of one keyword."""
    samples = np.zeros(round(seconds * RATE), np.float32)
    for time, score in clicks:
        samples[round(time * RATE)] = CASES[keyword] * score
    write_wav(path, samples, RATE)
    return path
