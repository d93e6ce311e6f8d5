"""Keyword and command in speech, by the recogniser that comes with the package."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tone_keywords import silence

from attune.audio import read_audio
from attune.data import Utterance
from attune.keyword import (
    Accepted,
    BaseEncoder,
    Detection,
    KeywordListener,
    KeywordPhrase,
    Recognized,
    RecognizerVerifier,
    Rejected,
)
from attune.recognize import Model, load
from attune.train.synthesis import available_voices, find_voice, synthesize

ATLAS = KeywordPhrase("hey atlas", (("HH", "EY", "AE", "T", "L", "AH", "S"),))
RATE = 16_000


@cache
def recogniser() -> Model:
    return load()


def speak(text: str) -> NDArray[np.float32]:
    """Speech of a synthesiser that is installed."""
    names = {voice.name for voice in available_voices()}
    name = next((n for n in ("flite:slt", "flite:rms", "espeak:en-us+m3") if n in names), None)
    if name is None:
        pytest.skip("no speech synthesiser: install flite or espeak-ng")
    return synthesize(text, find_voice(name))


def heard(samples: NDArray[np.float32], hit: float, keyword: NDArray[np.float32]) -> list[Any]:
    """What a listener tells whose spotter fires `hit` seconds into the stream, whatever is said."""
    told = hit + 0.2
    audio = samples[: round(told * RATE)]
    detection = Detection(ATLAS.text, hit - len(keyword) / RATE, hit, 0.0, told, audio)
    spots = [[detection], []]
    spotter = SimpleNamespace(
        seconds=told, accept=lambda block: spots.pop(0) if len(spots) > 1 else [], finish=list
    )
    ear = BaseEncoder.shipped("en-US")
    assert ear is not None
    keywords = SimpleNamespace(
        phrases=(ATLAS,),
        spotter=lambda **how: spotter,
        sensitivity=0.5,
        row_seconds=ear.row_seconds,
        posteriors=ear.posteriors,
    )
    stream = KeywordListener(keywords, recogniser()).stream()  # type: ignore[arg-type]
    rest = samples[len(audio) :]
    events = [e for i in range(0, len(rest), 1280) for e in stream.accept(rest[i : i + 1280])]
    return events + stream.finish()


@pytest.mark.parametrize("pause", [0.1, 1.5, 4.0])
def test_command_after_a_spoken_keyword(pause: float) -> None:
    keyword, command = speak("Hey Atlas."), speak("Turn on the light in the kitchen.")
    samples = np.concatenate([silence(0.5), keyword, silence(pause), command, silence(2.0)])
    events = heard(samples, 0.5 + len(keyword) / RATE, keyword)
    found = next(e for e in events if isinstance(e, Recognized))
    assert any(isinstance(e, Accepted) for e in events)
    assert found.text == "Hey Atlas, turn on the light in the kitchen."
    assert found.verdict is not None
    assert found.verdict.accepted


@pytest.mark.parametrize("text", ["He had lots of time.", "Close the front door.", "Atlanta."])
def test_hit_in_other_speech_is_rejected(text: str) -> None:
    other = speak(text)
    samples = np.concatenate([silence(0.5), other, silence(2.0)])
    events = heard(samples, 0.5 + len(other) / RATE, other)
    assert any(isinstance(e, Rejected) for e in events)
    assert not any(isinstance(e, Recognized) for e in events)


@pytest.mark.parametrize(
    "ear", [None, BaseEncoder.shipped("en-US")], ids=["alone", "with the keywords' network"]
)
@pytest.mark.parametrize(
    ("sample", "text", "end", "status"),
    [
        ("flite:rms", "front door", 4.4, "Accepted"),
        ("flite:rms", "chatterbox", 4.4, "Rejected"),
        ("espeak:en-us+m3", "afternoon", 2.25, "Accepted"),
        ("espeak:en-us+m3", "athena", 2.25, "Rejected"),
    ],
)
def test_second_look_at_recordings(
    samples: tuple[Utterance, ...],
    sample: str,
    text: str,
    end: float,
    status: str,
    ear: BaseEncoder | None,
) -> None:
    last = [u for u in samples if u.speaker == sample]
    recording = next(u for u in last if abs(u.seconds - end) < 0.2)
    audio = read_audio(recording.path)[: round(end * RATE)]
    ways = [recogniser().pronunciations(word) for word in text.split()]
    if not all(ways):
        ways = [(("AH", "TH", "IY", "N", "AH"),)]
    phrase = KeywordPhrase(text, (tuple(phone for way in ways for phone in way[0]),))
    verifier = RecognizerVerifier(recogniser(), [phrase], keywords=ear)
    verdict = verifier.verify(Detection(text, end - 0.8, end, 0.0, end, audio))
    assert verdict.status == status
