"""PocketSphinx's keyphrase search as a model that can be measured like Attune's own.

It searches once with a threshold so low that all others are in it: a detection's `prob` is the
ratio that `kws_threshold` is compared with (kws_search.c), and the search itself does not depend on
the threshold, so that detections at a higher one are those of this pass that reach it.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

THRESHOLD = "1e-100"
ADDED = {"chatterbox": "CH AE T ER B AA K S"}
"""Words that its dictionary lacks."""

USUAL_THRESHOLD = math.log(1e-20)
"""There is no default for a phrase; the manual starts tuning here."""

_RATE = 16_000
_FRAME_SECONDS = 0.01


@dataclass(frozen=True)
class Found:
    """A detection: natural log of the ratio, and its end in seconds."""

    keyword: str
    score: float
    end: float


class PocketSphinxStream:
    """One recording; what is found is told at its end."""

    def __init__(self, decoder: Any) -> None:
        self._decoder = decoder
        decoder.start_utt()

    def accept(self, samples: NDArray[np.float32]) -> list[Found]:
        pcm = (samples * 32767).astype(np.int16)
        self._decoder.process_raw(pcm.tobytes(), full_utt=False)
        return []

    def finish(self) -> list[Found]:
        self._decoder.end_utt()
        found = [
            Found(
                segment.word.strip(),
                math.log(max(segment.prob, 1e-300)),
                segment.end_frame * _FRAME_SECONDS,
            )
            for segment in self._decoder.seg() or ()
        ]
        return sorted(found, key=lambda one: one.end)


class PocketSphinxModel:
    """Phrases, each with the pronunciations of PocketSphinx's own dictionary."""

    def __init__(self, phrases: Sequence[str]) -> None:
        from pocketsphinx import Decoder

        self.phrases = tuple(SimpleNamespace(text=text) for text in phrases)
        self.sensitivity = 0.5
        self.bundle = SimpleNamespace(hash=f"pocketsphinx {THRESHOLD}", path=Path())
        self._decoder = Decoder(samprate=_RATE, loglevel="FATAL", lm=None)
        for word, phones in ADDED.items():
            self._decoder.add_word(word, phones, True)
        with tempfile.TemporaryDirectory() as folder:
            listed = Path(folder) / "phrases"
            listed.write_text("".join(f"{text} /{THRESHOLD}/\n" for text in phrases), "utf-8")
            self._decoder.add_kws("phrases", str(listed))
        self._decoder.activate_search("phrases")

    def thresholds(self, sensitivity: float | None = None) -> tuple[float, ...]:
        return (USUAL_THRESHOLD,) * len(self.phrases)

    def candidates(self) -> PocketSphinxStream:
        return PocketSphinxStream(self._decoder)


def shipped_words(package: str) -> list[str] | None:
    """The words of a package of ready models (pymicro_wakeword, pyopen_wakeword), None when it is
    not installed."""
    found = find_spec(package)
    if found is None or found.origin is None:
        return None
    models = Path(found.origin).parent / "models"
    names = {path.stem.replace("_", " ") for path in models.glob("*.tflite")}
    return sorted(names - {"embedding model", "melspectrogram"})
