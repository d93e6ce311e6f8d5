"""Which recordings can be used, and what is said about the others."""

from __future__ import annotations

import pytest

from attune.audio import AudioInfo, AudioMeasure
from attune.data import Purpose, Reason
from attune.data.recordings import RecordingCheck, describe_format, read_purpose
from attune.errors import InputError


def measure(
    seconds: float = 5.0,
    *,
    rate: int = 16_000,
    channels: int = 1,
    peak: float = 0.5,
    loudest: float = -20.0,
    clipped: float = 0.0,
    digest: bytes = b"x",
) -> AudioMeasure:
    info = AudioInfo("a.wav", "wav", "s16le", rate, channels, seconds)
    return AudioMeasure(info, peak, loudest, clipped, digest)


def reasons(audio: AudioMeasure, words: int = 5, purpose: Purpose | None = None) -> list[Reason]:
    problems = RecordingCheck(purpose)(audio, "trans.txt:1", words)
    assert all(problem.where == "trans.txt:1" for problem in problems)
    return [problem.reason for problem in problems]


# seconds -> what is wrong without a purpose, for training, for testing
LENGTHS = [
    (0.1, Reason.TOO_SHORT, Reason.TOO_SHORT, Reason.TOO_SHORT),
    (0.11, None, None, None),
    (60.0, None, None, None),
    (60.1, None, Reason.TOO_LONG, None),
    (7200.0, None, Reason.TOO_LONG, None),
    (7200.1, None, Reason.TOO_LONG, Reason.TOO_LONG),
]


@pytest.mark.parametrize(("seconds", "any_length", "training", "testing"), LENGTHS)
def test_lengths(
    seconds: float, any_length: Reason | None, training: Reason | None, testing: Reason | None
) -> None:
    audio = measure(seconds)
    for purpose, reason in (
        (None, any_length),
        (Purpose.TRAINING, training),
        (Purpose.TESTING, testing),
    ):
        assert reasons(audio, words=1, purpose=purpose) == ([] if reason is None else [reason])


SOUNDS = [
    (measure(), []),
    (measure(loudest=-float("inf"), peak=0.0), [Reason.SILENT]),
    (measure(loudest=-66.0, peak=0.001), [Reason.SILENT]),
    (measure(loudest=-64.0), [Reason.QUIET]),
    (measure(loudest=-39.0), []),
    (measure(clipped=0.0009), []),
    (measure(clipped=0.001), [Reason.CLIPPED]),
    (measure(clipped=0.1), [Reason.OVERDRIVEN]),
    (measure(rate=7_999), [Reason.TOO_NARROW]),
    (measure(rate=8_000), [Reason.NARROW]),
    (measure(rate=44_100), [Reason.RESAMPLED]),
    (measure(channels=2), [Reason.MIXED]),
    (
        measure(rate=48_000, channels=6, clipped=0.05, loudest=-45.0),
        [Reason.CLIPPED, Reason.QUIET, Reason.RESAMPLED, Reason.MIXED],
    ),
]


@pytest.mark.parametrize(("audio", "expected"), SOUNDS)
def test_sounds(audio: AudioMeasure, expected: list[Reason]) -> None:
    assert reasons(audio) == expected


# words in so many seconds -> whether anyone can say them
WORDS = [(10, 1.0, True), (11, 1.0, False), (42, 5.0, True), (43, 5.0, False), (3, 0.2, True)]


@pytest.mark.parametrize(("words", "seconds", "possible"), WORDS)
def test_words_a_second(words: int, seconds: float, possible: bool) -> None:
    assert reasons(measure(seconds), words) == ([] if possible else [Reason.TOO_MANY_WORDS])


DETAILS = [
    (measure(0.05), "0.05 s; more than 0.1 s is needed"),
    (measure(90.0), "90.0 s; at most 60 s for training, 7200 s for testing"),
    (measure(9000.0), "9000.0 s; at most 60 s for training"),
    (measure(loudest=-float("inf"), peak=0.0), "no sound at all"),
    (measure(loudest=-90.3, peak=0.0001), "nowhere above -90 dB"),
    (measure(loudest=-200.0, channels=2), "its 2 channels cancel each other out: keep one of them"),
    (measure(clipped=0.25), "25.0% of it is at full scale"),
    (measure(rate=6_000), "6000 Hz; at least 8000 Hz is needed"),
    (measure(0.5), "50 words in 0.50 s"),
]


@pytest.mark.parametrize(("audio", "detail"), DETAILS)
def test_details(audio: AudioMeasure, detail: str) -> None:
    (problem,) = RecordingCheck(Purpose.TRAINING)(audio, "trans.txt:1", 50)
    assert (problem.detail, problem.reason.advisory) == (detail, False)


def test_the_same_audio_twice() -> None:
    check = RecordingCheck(None)
    assert check(measure(1.0, digest=b"a"), "t:1", 100)[0].reason is Reason.TOO_MANY_WORDS
    assert check(measure(1.0, digest=b"a"), "t:2", 1) == ()
    assert check(measure(1.0, digest=b"b"), "t:3", 1) == ()
    (problem,) = check(measure(1.0, digest=b"a"), "t:4", 1)
    assert (problem.reason, problem.detail) == (Reason.SAME_AUDIO, "a.wav sounds as that of t:2")


FORMATS = [
    (("wav", "s16le", 16_000, 1), "wav s16le, 16000 Hz, mono"),
    (("mp3", "mp3", 44_100, 2), "mp3, 44100 Hz, stereo"),
    (("ogg", "opus", 48_000, 4), "ogg opus, 48000 Hz, 4 channels"),
]


@pytest.mark.parametrize(("parts", "text"), FORMATS)
def test_formats(parts: tuple[str, str, int, int], text: str) -> None:
    assert describe_format(AudioInfo("a", *parts, seconds=1.0)) == text


def test_purposes_have_names() -> None:
    assert [read_purpose(name) for name in ("training", "testing")] == list(Purpose)
    with pytest.raises(InputError, match="'fun' is not a purpose of recordings: use training or t"):
        read_purpose("fun")
