"""Voices: those of the installed engines speak, obey rate and pitch, and fail loudly."""

from __future__ import annotations

import importlib.util
import subprocess
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from attune.errors import InputError
from attune.train.synthesis import (
    SAMPLE_RATE,
    Sex,
    SynthesisError,
    available_voices,
    espeak,
    espeak_library,
    find_voice,
    synthesize,
)
from attune.train.synthesis.espeak import ACCENTS, EspeakVoice
from attune.train.synthesis.festival import FestivalVoice
from attune.train.synthesis.flite import FliteVoice
from attune.train.synthesis.programs import has_program

SENTENCE = "We were away a year ago in the early morning"
NAMES = [
    "flite:slt",
    "flite:rms",
    "flite:awb",
    "flite:kal16",
    "festival:ked_diphone",
    "festival:kal_diphone",
    "festival:cmu_us_slt_arctic_hts",
    "espeak:en-us+m3",
    "espeak:en-gb+f2",
    "espeak:en-029+zac",
]
needs_espeak = pytest.mark.skipif(not has_program("espeak-ng"), reason="espeak-ng not installed")


@pytest.fixture(params=NAMES)
def voice_name(request: pytest.FixtureRequest) -> str:
    name = str(request.param)
    if name not in {voice.name for voice in available_voices()}:
        pytest.skip(f"{name} is not installed")
    return name


def fundamental(samples: NDArray[np.float32]) -> float:
    """Median fundamental frequency in Hz of the voiced frames, by autocorrelation."""
    found = []
    for start in range(0, samples.size - 640, 320):
        frame = samples[start : start + 640] - samples[start : start + 640].mean()
        if np.square(frame).mean() < 1e-4:
            continue
        correlation = np.correlate(frame, frame, "full")[639:]
        lag = 40 + int(correlation[40:270].argmax())
        if correlation[lag] > 0.5 * correlation[0]:
            found.append(SAMPLE_RATE / lag)
    return float(np.median(found))


def test_speech_is_a_second_or_more_of_finite_sound(voice_name: str) -> None:
    samples = synthesize(SENTENCE, find_voice(voice_name))
    assert samples.dtype == np.float32 and samples.ndim == 1
    assert 1.2 < samples.size / SAMPLE_RATE < 6
    assert 0.05 < np.abs(samples).max() <= 1.0


def test_rate_shortens_and_pitch_keeps_the_length(voice_name: str) -> None:
    voice = find_voice(voice_name)
    natural, fast, high = (
        synthesize(SENTENCE, voice, rate, pitch) for rate, pitch in ((1, 1), (1.3, 1), (1, 1.25))
    )
    assert natural.size / fast.size == pytest.approx(1.3, rel=0.08)
    assert natural.size / high.size == pytest.approx(1.0, rel=0.08)


@pytest.mark.parametrize("name", ["flite:slt", "flite:rms", "espeak:en-us+m3"])
@pytest.mark.parametrize("pitch", [0.8, 1.3, 1.9])
def test_pitch_moves_the_fundamental(name: str, pitch: float) -> None:
    if name not in {voice.name for voice in available_voices()}:
        pytest.skip(f"{name} is not installed")
    natural, moved = (fundamental(synthesize(SENTENCE, find_voice(name), 1, p)) for p in (1, pitch))
    assert moved / natural == pytest.approx(pitch, rel=0.12)


def test_names_are_unique_and_white_listed() -> None:
    names = [voice.name for voice in available_voices()]
    assert len(names) == len(set(names))
    assert not [name for name in names if "whisper" in name or "robo" in name]


@needs_espeak
def test_espeak_offers_every_accent_with_many_timbres() -> None:
    voices = [voice for voice in available_voices() if voice.engine == "espeak"]
    assert {voice.accent for voice in voices} == set(ACCENTS)
    assert len(voices) >= 8 * 60
    assert {voice.sex for voice in voices} == {"female", "male", "child"}


@needs_espeak
def test_espeak_accents_differ() -> None:
    spoken = [synthesize("the bath water", find_voice(f"espeak:{name}+m3")) for name in ACCENTS]
    assert len({samples.tobytes() for samples in spoken}) == len(ACCENTS)


def test_unknown_voice_is_refused() -> None:
    with pytest.raises(InputError, match=r"no voice 'espeak:en-us\+unknown'|no speech synthesiser"):
        find_voice("espeak:en-us+unknown")


def test_no_engine_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("attune.train.synthesis.catalogue.available_voices", lambda: ())
    with pytest.raises(InputError, match="apt install espeak-ng flite festival"):
        find_voice("flite:slt")


@dataclass
class Told:
    """A voice that notes what it was asked to say and returns what it was made with."""

    samples: NDArray[np.float32]
    text: str = ""
    name: str = "told:one"
    engine: str = "told"
    accent: str = "en-us"
    sex: Sex = "female"

    def speak(self, text: str, rate: float, pitch: float) -> NDArray[np.float32]:
        self.text = text
        return self.samples


SOUND = np.full(100, 0.5, np.float32)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hello\tthere\n", "hello there"),
        ("I\u2019m \u201chere\u201d", 'I\'m "here"'),
        ("a\0b\x1bc", "a b c"),
        ("say [[h@l'oU]] now", "say h@l'oU now"),
        ("zero\u200bwidth", "zero width"),
        ("-w out.wav", "-w out.wav"),
    ],
)
def test_text_reaches_engines_without_what_they_would_act_on(text: str, said: str) -> None:
    voice = Told(SOUND)
    synthesize(text, voice)
    assert voice.text == said


@needs_espeak
def test_options_in_text_are_spoken(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(str(tmp_path))
    assert synthesize("--version", find_voice("espeak:en-us+m3")).size > SAMPLE_RATE / 4


@pytest.mark.parametrize("text", ["", "  ", "...", "\n", "[[]]", "!?", "\ud800"])
def test_nothing_to_say(text: str) -> None:
    with pytest.raises(InputError, match="nothing to say"):
        synthesize(text, Told(SOUND))


@pytest.mark.parametrize(("rate", "pitch"), [(0.4, 1), (1, 2.1), (float("nan"), 1), (-1, 1)])
def test_factors_out_of_range(rate: float, pitch: float) -> None:
    with pytest.raises(InputError, match=r"out of range: use 0\.5 to 2"):
        synthesize("hello", Told(SOUND), rate, pitch)


def test_very_long_text() -> None:
    with pytest.raises(InputError, match="speak at most 2000"):
        synthesize("word " * 500, Told(SOUND))


@pytest.mark.parametrize(
    "samples",
    [np.zeros(0, np.float32), np.zeros(100, np.float32), np.full(100, np.nan, np.float32)],
)
def test_silence_is_a_failure(samples: NDArray[np.float32]) -> None:
    with pytest.raises(SynthesisError, match="told:one made no sound for 'hello'"):
        synthesize("hello", Told(samples))


@needs_espeak
def test_failing_program_is_named_with_its_message() -> None:
    stranger = EspeakVoice("xx-none", "f2", espeak._from_program)
    with pytest.raises(SynthesisError, match=r"espeak:xx-none\+f2: espeak-ng failed \(code 1\)"):
        stranger.speak("hello", 1, 1)


@pytest.mark.skipif(not has_program("text2wave"), reason="festival not installed")
def test_festival_errors_are_found_although_it_returns_0() -> None:
    stranger = FestivalVoice("nosuch", "male", "en-us", "diphone")
    with pytest.raises(SynthesisError, match="unbound variable"):
        stranger.speak("hello", 1, 1)


@pytest.mark.skipif(not has_program("flite"), reason="flite not installed")
def test_text_of_accents_and_quotes_is_spoken_by_flite() -> None:
    assert synthesize("A café's “naïve” visitor", find_voice("flite:slt")).size > SAMPLE_RATE


def test_program_that_hangs_or_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def hangs(*args: object, **options: object) -> None:
        raise subprocess.TimeoutExpired("flite", 60)

    monkeypatch.setattr(subprocess, "run", hangs)
    with pytest.raises(SynthesisError, match="flite:slt: flite did not run"):
        FliteVoice("slt", "female", "en-us", True).speak("hello", 1, 1)


@pytest.mark.skipif(
    importlib.util.find_spec("espeakng_loader") is None, reason="espeakng-loader not installed"
)
def test_library_speaks_like_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(espeak, "has_program", lambda name: False)
    voices = {voice.name: voice for voice in espeak.espeak_voices()}
    assert {voice.accent for voice in voices.values()} == set(ACCENTS)
    first, second = (synthesize(SENTENCE, voices[f"espeak:en-gb+{v}"]) for v in ("f2", "m3"))
    assert 1.2 < first.size / SAMPLE_RATE < 6
    assert fundamental(first) > 1.3 * fundamental(second)
    with pytest.raises(SynthesisError, match="the espeak-ng library failed"):
        espeak_library.speak("xx-none+f2", "hello", 175, 50)
