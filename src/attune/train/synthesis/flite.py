"""Voices of flite: small voices made from recordings of real speakers (Black & Lenzo 2001)."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from attune.lexicon import VOWELS
from attune.train.synthesis.programs import has_program, listing, run, wav_samples
from attune.train.synthesis.voice import Samples, Sex, ascii_text, at_sample_rate
from attune.train.synthesis.word_phones import SpokenWord, stand_in, strong_vowel

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
        return self._speak(ascii_text(text), rate, pitch, "")

    def speak_phones(self, words: Sequence[SpokenWord], rate: float, pitch: float) -> Samples:
        """Speak words given in phones; the voice's own way of saying the phones stays."""
        return self._speak(" ".join(map(stand_in, range(len(words)))), rate, pitch, _lexicon(words))

    def _speak(self, text: str, rate: float, pitch: float, lexicon: str) -> Samples:
        shift = 1.0 if self.has_pitch else pitch
        settings = {"duration_stretch": shift / rate, "f0_shift": pitch / shift}
        options = [f"{name}={value:.4f}" for name, value in settings.items()]
        with tempfile.TemporaryDirectory() as folder:
            wav = Path(folder) / "speech.wav"
            command = ["flite", "-voice", self.voice, "--setf", options[0], "--setf", options[1]]
            if lexicon:
                words = Path(folder) / "words"
                words.write_text(lexicon, "ascii")
                command += ["-add_lex", str(words)]
            run([*command, "-t", text, "-o", str(wav)], "", self.name)
            samples, sample_rate = wav_samples(wav.read_bytes(), self.name)
        return at_sample_rate(samples, sample_rate * shift)


def _lexicon(words: Sequence[SpokenWord]) -> str:
    """Entries of flite's addenda: spelling, part of speech, phones with stress on the vowels."""
    lines = []
    for number, word in enumerate(words):
        strong = strong_vowel(word)
        phones = [
            _phone(phone, place == strong) if phone in VOWELS else phone.lower()
            for place, phone in enumerate(word)
        ]
        lines.append(f"{stand_in(number)} nil : {' '.join(phones)}\n")
    return "".join(lines)


def _phone(vowel: str, strong: bool) -> str:
    if strong:
        return f"{vowel.lower()}1"
    return "ax0" if vowel == "AH" else f"{vowel.lower()}0"


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
