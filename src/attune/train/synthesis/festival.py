"""Voices of Festival: two of diphones and one of a hidden Markov model (Black et al.)."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from attune.train.synthesis.programs import has_program, listing, run, wav_samples
from attune.train.synthesis.voice import Samples, Sex, ascii_text, at_sample_rate

__all__ = ["FestivalVoice", "festival_voices"]


@dataclass(frozen=True, slots=True)
class FestivalVoice:
    """A voice of Festival; a `Voice`. The voice of a hidden Markov model has no setting for pitch:
    there pitch moves the formants as well."""

    voice: str
    sex: Sex
    accent: str
    method: Literal["diphone", "hts"]

    @property
    def name(self) -> str:
        """``festival:`` and Festival's own name, such as ``festival:ked_diphone``."""
        return f"festival:{self.voice}"

    @property
    def engine(self) -> str:
        """``festival``."""
        return "festival"

    def speak(self, text: str, rate: float, pitch: float) -> Samples:
        """Speak `text`; characters outside ASCII lose their accents or are left out."""
        shift = 1.0 if self.method == "diphone" else pitch
        scheme = [f"(voice_{self.voice})", *self._settings(rate / shift, pitch)]
        options = [option for line in scheme for option in ("-eval", line)]
        with tempfile.TemporaryDirectory() as folder:
            wav = Path(folder) / "speech.wav"
            run(["text2wave", *options, "-o", str(wav)], ascii_text(text), self.name)
            content = wav.read_bytes() if wav.exists() else b""
        samples, sample_rate = wav_samples(content, self.name)
        return at_sample_rate(samples, sample_rate * shift)

    def _settings(self, rate: float, pitch: float) -> list[str]:
        if self.method == "hts":
            speed = f'(list "-r" {rate:.4f})'
            return [f"(set! hts_engine_params (append hts_engine_params (list {speed})))"]
        return [
            f"(Parameter.set 'Duration_Stretch {1 / rate:.4f})",
            f"(set! int_lr_params '((target_f0_mean {105 * pitch:.1f}) (target_f0_std 14) "
            "(model_f0_mean 170) (model_f0_std 34)))",
        ]


_VOICES = (
    FestivalVoice("ked_diphone", "male", "en-us", "diphone"),
    FestivalVoice("kal_diphone", "male", "en-us", "diphone"),
    FestivalVoice("cmu_us_slt_arctic_hts", "female", "en-us", "hts"),
)


def festival_voices() -> tuple[FestivalVoice, ...]:
    """The white-listed voices of the Festival that is installed, none when there is none."""
    if not (has_program("festival") and has_program("text2wave")):
        return ()
    installed = listing(["festival", "-b", "(print (voice.list))"])
    names = installed.replace("(", " ").replace(")", " ").split()
    return tuple(voice for voice in _VOICES if voice.voice in names)
