"""Long recordings come apart at pauses and lose nothing."""

from __future__ import annotations

import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from speechlike import noise, silence, speech_like

from attune.audio import speech_segments
from attune.audio.pcm import Float32
from attune.errors import InputError


def talk(sentences: list[float], pause: float) -> Float32:
    parts = [[speech_like(s, seed=i), silence(pause)] for i, s in enumerate(sentences)]
    sound = np.concatenate([part for pair in parts for part in pair])
    return sound + noise(len(sound) / 16_000, -55)


def test_cuts_are_in_the_longest_pauses() -> None:
    parts = [speech_like(9), silence(0.3), speech_like(8, seed=1), silence(0.8)]
    sound = np.concatenate([*parts, speech_like(7, seed=2), silence(0.3), speech_like(9, seed=3)])
    segments = list(speech_segments([sound + noise(len(sound) / 16_000, -55)]))
    assert len(segments) == 2
    assert segments[1].start == pytest.approx(17.7, abs=0.1)


def test_speech_without_a_pause_is_cut_where_it_is_faint() -> None:
    sound = speech_like(40) + noise(40, -50)
    segments = list(speech_segments([sound]))
    assert len(segments) >= 2
    cut = round(segments[1].start * 16_000)
    around = np.square(sound[cut - 800 : cut + 800]).mean()
    assert around < np.square(sound).mean()


def test_silence_is_kept_and_marked() -> None:
    sound = np.concatenate([speech_like(3), silence(90), speech_like(3), silence(1)])
    segments = list(speech_segments([sound + noise(97, -60)]))
    assert segments[0].speech
    assert [s.speech for s in segments if s.start > 5 and s.start + len(s.samples) / 16_000 < 92]
    for segment in segments:
        end = segment.start + len(segment.samples) / 16_000
        assert segment.speech == (segment.start < 3.3 or end > 92.7)


SOUND = talk([2.5, 1.2, 3.1, 0.8, 2.2, 4.9], 0.4)


@settings(max_examples=40, deadline=None)
@given(
    cuts=st.lists(st.integers(0, len(SOUND)), max_size=40),
    length=st.integers(0, len(SOUND)),
    max_seconds=st.floats(2, 10),
)
def test_segments_are_the_recording(cuts: list[int], length: int, max_seconds: float) -> None:
    sound = SOUND[:length]
    segments = list(speech_segments(np.split(sound, sorted(cuts)), max_seconds=max_seconds))
    assert np.array_equal(np.concatenate([[], *(s.samples for s in segments)]), sound)
    passed = 0
    for segment in segments:
        assert segment.start == passed / 16_000
        assert 0 < len(segment.samples) <= max_seconds * 16_000 + 320
        passed += len(segment.samples)
    for segment in segments[:-1]:
        assert len(segment.samples) >= max_seconds * 16_000 / 3 - 640
    once = list(speech_segments([sound], max_seconds=max_seconds))
    assert [(s.start, s.speech) for s in segments] == [(s.start, s.speech) for s in once]


def test_too_short_segments_are_refused() -> None:
    with pytest.raises(InputError, match=r"segments of 1 s: give at least 2"):
        next(speech_segments([SOUND], max_seconds=1))


MEASURE = """
import re, sys
from attune.audio import speech_segments, stream_audio
seconds = sum(len(s.samples) for s in speech_segments(stream_audio(sys.argv[1]))) / 16000
# Not getrusage: its peak begins with that of the process that started this one.
print(seconds, re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
"""


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_three_hours_in_constant_memory(tmp_path: Path) -> None:
    """Peak memory of a whole process, in kilobytes, for three minutes and for three hours."""
    used = {}
    minute = (talk([4.0, 5.0, 3.5, 6.0, 7.5], 0.7) * 32767).astype("<i2")
    for minutes in (3, 180):
        path = tmp_path / f"{minutes}.wav"
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, 16_000, 0, "NONE", ""))
            for _ in range(minutes * 60 * 16_000 // len(minute)):
                file.writeframes(minute.tobytes())
        command = [sys.executable, "-c", MEASURE, str(path)]
        printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        seconds, kilobytes = printed.split()
        assert float(seconds) == minutes * 60 * 16_000 // len(minute) * len(minute) / 16_000
        used[minutes] = int(kilobytes)
        path.unlink()
    assert used[180] < used[3] + 10_000
    assert used[180] < 200_000
