"""Voices of espeak-ng: one formant synthesiser in many accents and timbres.

The system's `espeak-ng` program is used when installed, else the library that the PyPI package
`espeakng-loader` carries. Both take unknown variants for granted and speak with another voice, so
names come from the lists below, less what is not installed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from attune.train.synthesis import espeak_library
from attune.train.synthesis.programs import has_program, listing, run
from attune.train.synthesis.voice import Samples, Sex, SynthesisError, at_sample_rate
from attune.train.synthesis.word_phones import SpokenWord, strong_vowel

__all__ = ["EspeakVoice", "espeak_voices"]

ACCENTS: Mapping[str, str] = {
    "en-us": "en-US",
    "en-us-nyc": "en-US-nyc",
    "en-gb": "en",
    "en-gb-x-rp": "en-GB-x-rp",
    "en-gb-scotland": "en-GB-scotland",
    "en-gb-x-gbclan": "en-GB-x-gbclan",
    "en-gb-x-gbcwmd": "en-GB-x-gbcwmd",
    "en-029": "en-029",
}
"""Accent -> its file in espeak-ng's data."""

FEMALE_VARIANTS = (
    *("f1", "f2", "f3", "f4", "f5", "Alicia", "Andrea", "Annie", "anika", "aunty", "belinda"),
    *("grandma", "linda", "steph", "steph2"),
)
MALE_VARIANTS = (
    *("m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "Alex", "Andy", "Denis", "Diogo", "Gene"),
    *("Gene2", "Henrique", "Jacky", "Lee", "Marco", "Mario", "Michael", "Mike", "Nguyen", "adam"),
    *("antonio", "benjamin", "boris", "david", "ed", "edward", "grandpa", "gustave", "iven"),
    *("john", "klatt", "klatt2", "klatt4", "marcelo", "max", "michel", "miguel", "norbert"),
    *("pablo", "paul", "pedro", "quincy", "rob", "robert", "sandro", "travis", "victor"),
)
CHILD_VARIANTS = ("zac",)
"""Variants that sound like somebody: no whisper, robot, echo or effect."""

_SEXES: Mapping[str, Sex] = {
    **dict.fromkeys(FEMALE_VARIANTS, "female"),
    **dict.fromkeys(MALE_VARIANTS, "male"),
    **dict.fromkeys(CHILD_VARIANTS, "child"),
}

# espeak-ng's names of the phones (docs/phonemes.md there), with and without stress.
_WEAK = {"AH": "@", "ER": "3", "IY": "i"}
_NAMES = (
    "AA A: AE a AH V AO O: AW aU AY aI B b CH tS D d DH D EH E ER 3: EY eI F f G g HH h IH I IY i: "
    "JH dZ K k L l M m N n NG N OW oU OY OI P p R r S s SH S T t TH T UH U UW u: V v W w Y j Z z "
    "ZH Z"
)
_MNEMONICS = dict(zip(_NAMES.split()[::2], _NAMES.split()[1::2], strict=True))

_WORDS_A_MINUTE = 175
# Measured on 1.51: the pitch setting (0-99) and the factor on the fundamental frequency.
_PITCH_SETTINGS = (0, 25, 50, 75, 99)
_PITCH_FACTORS = (0.72, 0.82, 1.0, 1.29, 1.68)


class Espeak(Protocol):
    """Where espeak-ng's samples come from: the program or the library."""

    def __call__(self, voice: str, text: str, speed: int, pitch: int) -> tuple[Samples, int]:
        """Speak; float32 [samples] and their sample rate. Raises SynthesisError."""


@dataclass(frozen=True, slots=True)
class EspeakVoice:
    """An accent spoken in a timbre of espeak-ng; a `Voice`."""

    accent: str
    variant: str
    espeak: Espeak

    @property
    def name(self) -> str:
        """``espeak:`` and espeak-ng's own name, such as ``espeak:en-us+f3``."""
        return f"espeak:{self.accent}+{self.variant}"

    @property
    def engine(self) -> str:
        """``espeak``."""
        return "espeak"

    @property
    def sex(self) -> Sex:
        """How the variant sounds."""
        return _SEXES[self.variant]

    def speak(self, text: str, rate: float, pitch: float) -> Samples:
        """Speak `text`; pitches outside espeak-ng's own range move the formants as well."""
        setting, shift = _pitch_setting(pitch)
        speed = round(_WORDS_A_MINUTE * rate / shift)
        samples, sample_rate = self.espeak(f"{self.accent}+{self.variant}", text, speed, setting)
        return at_sample_rate(samples, sample_rate * shift)

    def speak_phones(self, words: Sequence[SpokenWord], rate: float, pitch: float) -> Samples:
        """Speak words given in phones, in the accent's own shades of them; pitch as in `speak`."""
        return self.speak(f"[[{' '.join(map(_mnemonics, words))}]]", rate, pitch)


def _mnemonics(word: SpokenWord) -> str:
    """A word in espeak-ng's names of phones, a bar between them so that no two make another."""
    strong = strong_vowel(word)
    return "|".join(
        "'" + _MNEMONICS[phone] if place == strong else _WEAK.get(phone, _MNEMONICS[phone])
        for place, phone in enumerate(word)
    )


def _pitch_setting(pitch: float) -> tuple[int, float]:
    """espeak-ng's setting for a pitch factor, and the factor that is left to resampling."""
    reached = min(max(pitch, _PITCH_FACTORS[0]), _PITCH_FACTORS[-1])
    setting = np.interp(np.log(reached), np.log(_PITCH_FACTORS), _PITCH_SETTINGS)
    return round(float(setting)), pitch / reached


def _from_program(voice: str, text: str, speed: int, pitch: int) -> tuple[Samples, int]:
    """Speak with the `espeak-ng` program."""
    command = ["espeak-ng", "-v", voice, "-s", str(speed), "-p", str(pitch), "-b", "1", "-z"]
    content = run([*command, "--stdin", "--stdout"], text, f"espeak:{voice}")
    # The header of a WAV on a pipe states no true length, which WAV readers refuse.
    header, pcm = content[:44], content[44:]
    if header[:4] != b"RIFF" or header[20:24] != b"\x01\x00\x01\x00" or header[36:40] != b"data":
        raise SynthesisError(f"espeak:{voice}: espeak-ng wrote no mono 16-bit WAV")
    samples = np.frombuffer(pcm[: len(pcm) & ~1], "<i2").astype(np.float32) / np.float32(32768)
    return samples, int.from_bytes(header[24:28], "little")


def espeak_voices() -> tuple[EspeakVoice, ...]:
    """The white-listed voices of the espeak-ng that is installed, none when there is none."""
    if has_program("espeak-ng"):
        espeak: Espeak = _from_program
        files = _column(listing(["espeak-ng", "--voices=en"]), "gmw/")
        variants = _column(listing(["espeak-ng", "--voices=variant"]), "!v/")
    elif espeak_library.installed():
        espeak = espeak_library.speak
        files, variants = espeak_library.accent_files(), espeak_library.variants()
    else:
        return ()
    # The program lists British English, its default, under "en" or "en-GB" by version.
    files |= {"en"} if files & {"en-GB"} else set()
    return tuple(
        EspeakVoice(accent, variant, espeak)
        for accent, file in ACCENTS.items()
        if file in files
        for variant in _SEXES
        if variant in variants
    )


def _column(listed: str, folder: str) -> set[str]:
    """The names of the files that a listing of voices mentions in one folder."""
    words = (word for line in listed.splitlines() for word in line.split())
    return {word.removeprefix(folder) for word in words if word.startswith(folder)}
