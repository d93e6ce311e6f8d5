"""Voices of flite: small voices made from recordings of real speakers (Black & Lenzo 2001)."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from attune.train.synthesis.programs import has_program, listing, run, wav_samples
from attune.train.synthesis.voice import Samples, Sex, ascii_text, at_sample_rate

__all__ = ["FliteVoice", "flite_voices"]


@dataclass(frozen=True, slots=True)
class FliteVoice:
    """A voice of flite; a `Voice`.

    `has_pitch` says whether it obeys flite's setting; otherwise pitch moves the formants as well.
    """

    voice: str
    sex: Sex
    accent: str
    has_pitch: bool

    @property
    def name(self) -> str:
        """``flite:`` and flite's own name, such as ``flite:slt``."""
        return f"flite:{self.voice}"

    @property
    def engine(self) -> str:
        """``flite``."""
        return "flite"

    def speak(self, text: str, rate: float, pitch: float) -> Samples:
        """Speak `text`; characters outside ASCII lose their accents or are left out."""
        shift = 1.0 if self.has_pitch else pitch
        settings = {"duration_stretch": shift / rate, "f0_shift": pitch / shift}
        options = [f"{name}={value:.4f}" for name, value in settings.items()]
        with tempfile.TemporaryDirectory() as folder:
            wav = Path(folder) / "speech.wav"
            command = ["flite", "-voice", self.voice, "--setf", options[0], "--setf", options[1]]
            run([*command, "-t", ascii_text(text), "-o", str(wav)], "", self.name)
            samples, sample_rate = wav_samples(wav.read_bytes(), self.name)
        return at_sample_rate(samples, sample_rate * shift)


_VOICES: Mapping[str, FliteVoice] = {
    voice.voice: voice
    for voice in (
        FliteVoice("slt", "female", "en-us", True),
        FliteVoice("rms", "male", "en-us", False),
        FliteVoice("awb", "male", "en-gb-scotland", True),
        FliteVoice("kal16", "male", "en-us", True),
    )
}


def flite_voices() -> tuple[FliteVoice, ...]:
    """The white-listed voices of the flite that is installed, none when there is none."""
    installed = listing(["flite", "-lv"]).split() if has_program("flite") else []
    return tuple(voice for name, voice in _VOICES.items() if name in installed)
