"""What a synthesised corpus will be: who speaks which prompt, how, and into which file.

Everything follows from the seed and the prompt's number, never from what came before.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import soundfile

from attune.bundle.atomic import new_file, write_errors
from attune.errors import InputError
from attune.train.claimed_folder import claim_folder
from attune.train.synthesis.voice import SAMPLE_RATE, Samples, Voice

__all__ = ["AudioFormat", "Plan", "Utterer", "Variation"]

AudioFormat = Literal["flac", "opus", "wav"]

_ENCODINGS: Mapping[AudioFormat, tuple[str, str, str]] = {
    "flac": (".flac", "FLAC", "PCM_16"),
    "opus": (".ogg", "OGG", "OPUS"),
    "wav": (".wav", "WAV", "PCM_16"),
}
_PLAN_FILE = "synthesis.json"
_FILES_IN_A_FOLDER = 1_000


@dataclass(frozen=True, slots=True)
class Variation:
    """How far utterances differ: rate and pitch factors are drawn log-uniformly from the ranges.

    `engine_weights` are the odds of all of an engine's voices together (1 for engines not named),
    so that hundreds of espeak voices do not drown a few recorded speakers.
    """

    rate: tuple[float, float] = (0.8, 1.25)
    pitch: tuple[float, float] = (0.85, 1.2)
    engine_weights: Mapping[str, float] | None = None


@dataclass(frozen=True, slots=True)
class Utterer:
    """Who speaks one prompt, and how: factors on the voice's own tempo and pitch."""

    voice: Voice
    rate: float
    pitch: float


class Plan:
    """The settings of a corpus in `folder` and the choices that follow from them.

    Raises InputError for settings that cannot be used.
    """

    def __init__(
        self,
        folder: Path,
        voices: tuple[Voice, ...],
        seed: int,
        variation: Variation,
        audio_format: AudioFormat,
    ) -> None:
        if not voices:
            raise InputError("no voices to speak with: install espeak-ng, flite or festival")
        if seed < 0:
            raise InputError(f"seed {seed} must be 0 or more")
        if audio_format not in _ENCODINGS:
            raise InputError(f"audio format {audio_format!r}: use one of {', '.join(_ENCODINGS)}")
        for name, (low, high) in (("rate", variation.rate), ("pitch", variation.pitch)):
            if not 0.5 <= low <= high <= 2.0:
                raise InputError(f"{name} range {low} to {high}: use 0.5 to 2, the smaller first")
        self.folder = folder
        self._seed = seed
        self._variation = variation
        self._encoding = _ENCODINGS[audio_format]
        self._choirs: dict[str, list[Voice]] = {}
        for voice in voices:
            self._choirs.setdefault(voice.engine, []).append(voice)
        self._odds = self._engine_odds()

    def _engine_odds(self) -> list[float]:
        given = self._variation.engine_weights or {}
        weights = [float(given.get(engine, 1.0)) for engine in self._choirs]
        total = sum(weights)
        if not (math.isfinite(total) and total > 0 and min(weights) >= 0):
            raise InputError(f"engine weights {dict(given)}: use numbers, not all of them 0")
        return [weight / total for weight in weights]

    def utterer(self, number: int) -> Utterer:
        """The voice and manner of prompt `number`."""
        random = np.random.default_rng([self._seed, number])
        choir = list(self._choirs.values())[random.choice(len(self._odds), p=self._odds)]
        voice = choir[random.integers(len(choir))]
        rate, pitch = (
            math.exp(random.uniform(math.log(low), math.log(high)))
            for low, high in (self._variation.rate, self._variation.pitch)
        )
        return Utterer(voice, rate, pitch)

    def file(self, number: int) -> str:
        """The path of prompt `number`'s audio, relative to the corpus' folder."""
        return f"audio/{number // _FILES_IN_A_FOLDER:04d}/{number:07d}{self._encoding[0]}"

    def write_audio(self, number: int, samples: Samples) -> None:
        """Keep float32 [samples] at 16 kHz as prompt `number`'s audio, whole or not at all.

        Raises AttuneError when the disk is full, InputError when it cannot be written.
        """
        _, container, subtype = self._encoding
        encoded = io.BytesIO()
        soundfile.write(encoded, samples, SAMPLE_RATE, format=container, subtype=subtype)
        path = self.folder / self.file(number)
        with write_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with new_file(path) as temporary:
                temporary.write_bytes(encoded.getvalue())

    def claim_folder(self) -> None:
        """Note the settings in the folder; raises InputError when it holds a corpus of others."""
        settings = {
            "seed": self._seed,
            "voices": [voice.name for choir in self._choirs.values() for voice in choir],
            "variation": asdict(self._variation),
            "audio_format": self._encoding[1],
        }
        claim_folder(
            self.folder / _PLAN_FILE,
            settings,
            "a corpus",
            fresh="choose a new folder",
            changed="choose a new folder, or the settings in synthesis.json",
        )
