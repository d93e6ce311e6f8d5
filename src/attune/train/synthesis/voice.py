"""The seam for synthesised speech: a voice speaks text as samples; where it comes from is its own.

Other engines join by offering objects with `Voice`'s attributes and method.
"""

from __future__ import annotations

import tempfile
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

import numpy as np
import soxr
from numpy.typing import NDArray

from attune.bundle.atomic import write_errors
from attune.errors import AttuneError, InputError
from attune.train.synthesis.word_phones import SpokenWord, checked_words

__all__ = [
    "SAMPLE_RATE",
    "PhoneVoice",
    "Sex",
    "SynthesisError",
    "Voice",
    "speakable",
    "synthesize",
    "synthesize_phones",
]

SAMPLE_RATE = 16_000
"""Samples a second of everything that voices return."""

Sex = Literal["female", "male", "child"]
Samples = NDArray[np.float32]

FACTOR_RANGE = (0.5, 2.0)
TEXT_LIMIT = 2_000
_QUIET = 10 ** (-60 / 20)


class SynthesisError(AttuneError):
    """A speech synthesiser failed: the message names the voice, the text and what it said."""


class Voice(Protocol):
    """One way of speaking: an engine, a speaker's timbre and an accent."""

    @property
    def name(self) -> str:
        """Unique and fit for a manifest's speaker column, such as ``flite:slt``."""

    @property
    def engine(self) -> str:
        """The synthesiser, such as ``flite``."""

    @property
    def accent(self) -> str:
        """The accent as a language tag, such as ``en-us``."""

    @property
    def sex(self) -> Sex:
        """How the voice sounds."""

    def speak(self, text: str, rate: float, pitch: float) -> Samples:
        """Speak `text`: float32 [samples] in [-1, 1] at 16 kHz.

        `rate` and `pitch` are factors on the voice's own tempo and fundamental frequency. Raises
        SynthesisError. Called with text that `synthesize` has checked.
        """


@runtime_checkable
class PhoneVoice(Voice, Protocol):
    """A voice that can be told how words are said, besides how they are written."""

    def speak_phones(self, words: Sequence[SpokenWord], rate: float, pitch: float) -> Samples:
        """Speak words given in phones: float32 [samples] in [-1, 1] at 16 kHz.

        Factors and errors as in `speak`. Called with phones that `synthesize_phones` has checked.
        """


def synthesize(text: str, voice: Voice, rate: float = 1.0, pitch: float = 1.0) -> Samples:
    """Speak `text` with `voice`: float32 [samples] in [-1, 1] at 16 kHz.

    `rate` 1.2 is a fifth faster than the voice's own tempo, `pitch` 1.2 a fifth higher; both from
    0.5 to 2. Raises InputError when text or factors cannot be used, SynthesisError when the engine
    fails or says nothing, AttuneError when the disk is full.
    """
    _check_factors(rate, pitch)
    spoken = speakable(text)
    # Engines pass audio through temporary files, which a full disk refuses.
    with write_errors(Path(tempfile.gettempdir())):
        samples = voice.speak(spoken, rate, pitch)
    return _heard(samples, voice, _short(text))


def synthesize_phones(
    words: Sequence[Sequence[str]], voice: Voice, rate: float = 1.0, pitch: float = 1.0
) -> Samples:
    """Speak words given in ARPAbet phones without stress, such as `[("HH", "EY"), ("AE", "T")]`.

    Samples, factors and errors as in `synthesize`; InputError as well for a voice that takes text
    only (one that is no `PhoneVoice`), and for what are no phones.
    """
    _check_factors(rate, pitch)
    spoken = checked_words(words)
    if not isinstance(voice, PhoneVoice):
        raise InputError(f"{voice.name} cannot speak phones: use another voice, or give it text")
    with write_errors(Path(tempfile.gettempdir())):
        samples = voice.speak_phones(spoken, rate, pitch)
    return _heard(samples, voice, " ".join(phone for word in spoken for phone in word))


def _check_factors(rate: float, pitch: float) -> None:
    for name, factor in (("rate", rate), ("pitch", pitch)):
        if not FACTOR_RANGE[0] <= factor <= FACTOR_RANGE[1]:
            raise InputError(f"{name} {factor} is out of range: use 0.5 to 2")


def _heard(samples: Samples, voice: Voice, what: str) -> Samples:
    """The samples, if there is sound in them; SynthesisError otherwise."""
    if samples.size == 0 or not np.isfinite(samples).all() or np.abs(samples).max() < _QUIET:
        raise SynthesisError(f"{voice.name} made no sound for {what}")
    return samples


def speakable(text: str) -> str:
    """`text` without control characters and mark-up that engines would act on.

    Raises InputError when it is longer than 2000 characters or has neither letter nor digit.
    """
    if len(text) > TEXT_LIMIT:
        raise InputError(f"{_short(text)} has {len(text)} characters: speak at most {TEXT_LIMIT}")
    straight = text.translate(_STRAIGHT)
    plain = "".join(" " if unicodedata.category(mark) in _UNSPOKEN else mark for mark in straight)
    if not any(mark.isalnum() for mark in plain):
        raise InputError(f"{_short(text)} holds nothing to say: give it words")
    return " ".join(plain.split())


_UNSPOKEN = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})
_STRAIGHT = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "[": " ", "]": " "})


def ascii_text(text: str) -> str:
    """`text` without accents and other characters that older engines cannot read."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")


def at_sample_rate(samples: Samples, sample_rate: float) -> Samples:
    """float32 [samples] at `sample_rate` as float32 [samples] in [-1, 1] at 16 kHz."""
    if sample_rate != SAMPLE_RATE:
        samples = soxr.resample(samples, sample_rate, SAMPLE_RATE).astype(np.float32, copy=False)
    return np.clip(samples, -1.0, 1.0)


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")
