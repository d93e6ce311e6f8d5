"""Voices that speak phones: the same words in letters and in phones sound alike."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from attune.errors import InputError
from attune.lexicon import PHONES, VOWELS
from attune.train.synthesis import (
    SAMPLE_RATE,
    PhoneVoice,
    Sex,
    SynthesisError,
    available_voices,
    find_voice,
    synthesize,
    synthesize_phones,
)
from attune.train.synthesis.espeak import _mnemonics
from attune.train.synthesis.word_phones import stand_in, strong_vowel, syllables

NAMES = [
    *("flite:slt", "flite:rms", "flite:awb", "flite:kal16"),
    *("festival:kal_diphone", "festival:cmu_us_slt_arctic_hts"),
    *("espeak:en-us+f3", "espeak:en-gb+m3"),
]
SENTENCE = "turn the computer on"
SPOKEN = ["T ER N", "DH AH", "K AH M P Y UW T ER", "AA N"]


@pytest.fixture(params=NAMES)
def voice_name(request: pytest.FixtureRequest) -> str:
    name = str(request.param)
    if name not in {voice.name for voice in available_voices()}:
        pytest.skip(f"{name} is not installed")
    return name


def words(*spoken: str) -> list[list[str]]:
    return [word.split() for word in spoken]


def test_phones_take_as_long_as_the_words_that_they_are(voice_name: str) -> None:
    voice = find_voice(voice_name)
    written = synthesize(SENTENCE, voice)
    spoken = synthesize_phones(words(*SPOKEN), voice)
    assert spoken.dtype == np.float32 and np.abs(spoken).max() <= 1
    assert spoken.size == pytest.approx(written.size, rel=0.15)


def test_every_phone_is_spoken(voice_name: str) -> None:
    """An unknown phone makes an engine fail, fall silent or spell."""
    voice = find_voice(voice_name)
    every = [[phone, "AA"] if phone not in VOWELS else ["B", phone, "T"] for phone in PHONES]
    samples = synthesize_phones(every, voice)
    assert 0.15 * len(every) < samples.size / SAMPLE_RATE < 0.75 * len(every)


def test_other_phones_sound_otherwise(voice_name: str) -> None:
    voice = find_voice(voice_name)
    one, other = (synthesize_phones(words(said), voice) for said in ("L AY V", "L IH V"))
    assert one.tobytes() != other.tobytes()


def test_rate_and_pitch_are_obeyed(voice_name: str) -> None:
    voice = find_voice(voice_name)
    natural, fast = (synthesize_phones(words(*SPOKEN), voice, rate) for rate in (1, 1.3))
    assert natural.size / fast.size == pytest.approx(1.3, rel=0.1)


STRONG = [
    ("AE T L AH S", "AE"),
    ("K AH M P Y UW T ER", "UW"),
    ("AH TH IY N AH", "IY"),
    ("HH AH L OW", "OW"),
    ("W IH N D OW", "IH"),
    ("S IH T IY", "IH"),
    ("IH N T EH N SH AH N", "EH"),
    ("M AH DH ER", "AH"),
    ("B ER D", "ER"),
]


@pytest.mark.parametrize(("word", "vowel"), STRONG)
def test_the_strong_vowel(word: str, vowel: str) -> None:
    phones = tuple(word.split())
    place = strong_vowel(phones)
    assert place is not None and phones[place] == vowel


def test_a_word_without_vowel_has_no_strong_one() -> None:
    assert strong_vowel(("SH",)) is None
    assert syllables(("SH",)) == [("SH",)]


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("AE T L AH S", "AE T.L AH S"),
        ("K AH M P Y UW T ER", "K AH M.P Y UW.T ER"),
        ("S IH NG ER", "S IH NG.ER"),
        ("EH K S T R AH", "EH K.S T R AH"),
        ("G OW", "G OW"),
        ("IY OW", "IY.OW"),
    ],
)
def test_syllables(word: str, parts: str) -> None:
    assert ".".join(" ".join(part) for part in syllables(tuple(word.split()))) == parts


def test_mnemonics_of_espeak() -> None:
    assert _mnemonics(("K", "AH", "M", "P", "Y", "UW", "T", "ER")) == "k|@|m|p|j|'u:|t|3"
    assert _mnemonics(("B", "ER", "D", "IY")) == "b|3|d|'i:"


def test_stand_ins_are_all_different_words() -> None:
    names = [stand_in(number) for number in range(200)]
    assert len(set(names)) == 200 and all(name.isalpha() for name in names)


@dataclass
class Written:
    """A voice that takes text only."""

    samples: NDArray[np.float32] = field(default_factory=lambda: np.full(100, 0.5, np.float32))
    name: str = "written:one"
    engine: str = "written"
    accent: str = "en-us"
    sex: Sex = "female"

    def speak(self, text: str, rate: float, pitch: float) -> NDArray[np.float32]:
        return self.samples


class Spoken(Written):
    """A voice that takes phones, and says nothing."""

    def speak_phones(self, words: object, rate: float, pitch: float) -> NDArray[np.float32]:
        return np.zeros(100, np.float32)


def test_voices_say_whether_they_take_phones() -> None:
    assert all(isinstance(voice, PhoneVoice) for voice in available_voices())
    assert not isinstance(Written(), PhoneVoice)
    with pytest.raises(InputError, match="written:one cannot speak phones: use another voice"):
        synthesize_phones(words("HH EY"), Written())


def test_silence_is_a_failure_here_too() -> None:
    with pytest.raises(SynthesisError, match="written:one made no sound for HH EY AE T"):
        synthesize_phones(words("HH EY", "AE T"), Spoken())


@pytest.mark.parametrize(
    ("spoken", "message"),
    [
        ([], "no phones to say"),
        (["HH EY", ""], "no phones to say"),
        (["HH QQ"], "'QQ' is not a phone: use the ARPAbet phones AA"),
        (["HH EY1"], "'EY1' is not a phone"),
        (["AA " * 201], "more than 200 phones"),
    ],
)
def test_what_cannot_be_spoken(spoken: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        synthesize_phones(words(*spoken), Spoken())
