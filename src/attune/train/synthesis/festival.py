"""Voices of Festival: two of diphones and one of a hidden Markov model (Black et al.)."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from attune.train.synthesis.programs import has_program, listing, run, wav_samples
from attune.train.synthesis.voice import Samples, Sex, ascii_text, at_sample_rate
from attune.train.synthesis.word_phones import SpokenWord, stand_in, strong_vowel, syllables

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
        return self._speak(ascii_text(text), rate, pitch, [])

    def speak_phones(self, words: Sequence[SpokenWord], rate: float, pitch: float) -> Samples:
        """Speak words given in phones; the voice's own way of saying the phones stays."""
        names = [stand_in(number) for number in range(len(words))]
        entries = [
            f'(lex.add.entry \'("{name}" nil {_syllables(word)}))'
            for name, word in zip(names, words, strict=True)
        ]
        return self._speak(" ".join(names), rate, pitch, entries)

    def _speak(self, text: str, rate: float, pitch: float, entries: list[str]) -> Samples:
        shift = 1.0 if self.method == "diphone" else pitch
        scheme = [f"(voice_{self.voice})", *self._settings(rate / shift, pitch), *entries]
        options = [option for line in scheme for option in ("-eval", line)]
        with tempfile.TemporaryDirectory() as folder:
            wav = Path(folder) / "speech.wav"
            run(["text2wave", *options, "-o", str(wav)], text, self.name)
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


def _syllables(word: SpokenWord) -> str:
    """The pronunciation of a lexicon's entry: syllables of phones, each with its stress."""
    strong, place, parts = strong_vowel(word), 0, []
    for syllable in syllables(word):
        stress = int(strong is not None and place <= strong < place + len(syllable))
        phones = ["ax" if phone == "AH" and not stress else phone.lower() for phone in syllable]
        parts.append(f"(({' '.join(phones)}) {stress})")
        place += len(syllable)
    return f"({' '.join(parts)})"


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
