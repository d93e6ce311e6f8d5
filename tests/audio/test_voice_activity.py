"""Speech is found where it is, in quiet and in noise, however the stream is cut."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from speechlike import noise, silence, speech_like

from attune.audio import SpeechSpan, VoiceActivity, VoiceOptions, find_speech, read_audio
from attune.audio.pcm import Float32
from attune.errors import InputError

CORPUS = Path(os.environ.get("ATTUNE_CORPUS", "../shared/corpus"))


def spans(*parts: Float32) -> list[SpeechSpan]:
    return list(find_speech([np.concatenate(parts)]))


def covered(found: list[SpeechSpan], start: float, end: float) -> float:
    """The part of `start` to `end` that lies in `found`."""
    inside = sum(max(0.0, min(s.end, end) - max(s.start, start)) for s in found)
    return inside / (end - start)


@pytest.mark.parametrize("background", [-90, -50, -35])
@pytest.mark.parametrize("seed", range(5))
def test_speech_from_the_first_sample_to_the_last(seed: int, background: float) -> None:
    found = spans(speech_like(4, seed=seed) + noise(4, background))
    assert found[0].start == 0.0
    assert found[-1].end == pytest.approx(4.0)
    assert covered(found, 0, 4) > 0.97


@pytest.mark.parametrize("seconds", [0.2, 0.4, 0.9])
def test_a_word_that_fills_the_recording(seconds: float) -> None:
    found = spans(speech_like(seconds))
    assert covered(found, 0, seconds) > 0.85
    assert found[0].start == 0.0


@pytest.mark.parametrize("background", [-80, -60, -45])
@pytest.mark.parametrize("peak", [0.9, 0.1])
def test_pauses_are_found(background: float, peak: float) -> None:
    words = speech_like(2, peak=peak), speech_like(3, seed=1, peak=peak)
    sound = np.concatenate([silence(1), words[0], silence(1.5), words[1], silence(1)])
    found = spans(sound + noise(8.5, background))
    assert covered(found, 1, 3) > 0.97
    assert covered(found, 4.5, 7.5) > 0.97
    assert covered(found, 0, 0.7) == 0
    assert covered(found, 3.35, 4.2) == 0
    assert covered(found, 7.85, 8.5) == 0


def test_quiet_speech() -> None:
    sound = np.concatenate([silence(1), speech_like(3, peak=0.01), silence(1)]) + noise(5, -85)
    assert covered(spans(sound), 1, 4) > 0.95


def test_speech_in_loud_noise() -> None:
    speech = np.concatenate([silence(4), speech_like(3), silence(4)])
    found = spans(speech + noise(11, -26))  # 3 dB below the speech.
    assert covered(found, 4, 7) > 0.9
    assert covered(found, 0, 3.8) == 0
    assert covered(found, 7.5, 11) < 0.2


@pytest.mark.parametrize("decibels", [-90, -60, -30, -10])
def test_steady_noise_is_not_speech(decibels: float) -> None:
    assert spans(noise(60, decibels)) == []


def test_hum_and_offset_are_not_speech() -> None:
    time = np.arange(16_000 * 20) / 16_000
    hum = 0.2 * np.sin(2 * np.pi * 50 * time) + 0.1 * np.sin(2 * np.pi * 150 * time) + 0.3
    assert spans(hum.astype(np.float32) + noise(20, -60)) == []


def test_a_tone_is_not_speech() -> None:
    time = np.arange(16_000 * 2) / 16_000
    tone = 0.3 * np.sin(2 * np.pi * 1000 * time) * np.hanning(len(time))
    sound = np.concatenate([silence(4), tone.astype(np.float32), silence(4)])
    assert spans(sound + noise(10, -60)) == []


def test_faint_noise_after_digital_silence_is_not_speech() -> None:
    assert spans(silence(4), noise(4, -80), silence(4)) == []


def test_noise_that_begins_becomes_the_floor() -> None:
    found = spans(noise(5, -70), noise(20, -30))
    assert found[0].start == pytest.approx(5, abs=0.15)
    assert found[-1].end < 8.5


@pytest.mark.parametrize("sound", [silence(10), silence(0), silence(0.01), noise(0.01, -20)])
def test_nothing_to_find(sound: Float32) -> None:
    assert spans(sound) == []


def test_digital_silence_around_speech() -> None:
    found = spans(silence(3), speech_like(2), silence(3))
    assert found[0].start == pytest.approx(3, abs=0.15)
    assert found[-1].end == pytest.approx(5, abs=0.25)


def test_events_come_in_time() -> None:
    activity = VoiceActivity()
    sound = np.concatenate([silence(1), speech_like(2), silence(1)]) + noise(4, -60)
    heard: dict[str, float] = {}
    for block in np.split(sound, 400):
        for event in activity.accept(block):
            heard.setdefault(event.kind, activity.seconds)
            assert event.seconds <= activity.seconds
    assert heard["speech_start"] < 1.2
    assert 3.1 < heard["speech_end"] < 3.5
    assert not activity.speaking
    assert activity.silence_seconds == pytest.approx(1, abs=0.15)
    assert activity.finish() == []


def test_silence_counts_from_the_beginning_where_nothing_was_said() -> None:
    activity = VoiceActivity()
    activity.accept(noise(2.5, -60))
    assert activity.silence_seconds == activity.seconds == 2.5


STREAM = np.concatenate(
    [speech_like(1.2), silence(0.8), speech_like(1, seed=2), silence(1), speech_like(0.7, seed=3)]
) + noise(4.7, -50)
EVENTS = [event for part in (VoiceActivity(),) for event in part.accept(STREAM) + part.finish()]


@settings(max_examples=60, deadline=None)
@given(cuts=st.lists(st.integers(0, len(STREAM)), max_size=60))
def test_blocks_do_not_matter(cuts: list[int]) -> None:
    activity = VoiceActivity()
    events = [e for block in np.split(STREAM, sorted(cuts)) for e in activity.accept(block)]
    assert events + activity.finish() == EVENTS
    assert len(EVENTS) == 6


@settings(max_examples=30, deadline=None)
@given(
    levels=st.lists(st.floats(-100, 0), min_size=1, max_size=60),
    options=st.builds(
        VoiceOptions,
        threshold=st.floats(0.7, 8),
        onset_seconds=st.floats(0, 0.3),
        hangover_seconds=st.floats(0.1, 0.5),
    ),
)
def test_events_are_in_order(levels: list[float], options: VoiceOptions) -> None:
    sound = np.concatenate([noise(0.1, level, seed=i) for i, level in enumerate(levels)])
    times = [0.0]
    for span in find_speech([sound], options):
        assert span.start < span.end
        assert span.start >= times[-1]
        times += [span.start, span.end]
    assert times[-1] <= len(sound) / 16_000


def test_padding_beyond_the_pause_is_refused() -> None:
    with pytest.raises(InputError, match="padding must be between 0 and the hangover"):
        VoiceOptions(hangover_seconds=0.05)


def loud_frames(samples: Float32) -> npt.NDArray[np.bool_]:
    """Frames [frame] of 10 ms of a clean recording that are surely speech.

    Those within 25 dB of the loudest and 10 dB above the faintest, of the difference of samples,
    for hum and handling are loud as well.
    """
    change = np.diff(samples, prepend=0)[: len(samples) // 160 * 160]
    power = np.square(change.reshape(-1, 160)).mean(axis=1)
    level = 10 * np.log10(power + 1e-10)
    faint, loud = np.percentile(level, [10, 95])
    return np.asarray(level > max(loud - 25, faint + 10))


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason="the optional corpus is not there")
@pytest.mark.parametrize(
    ("table", "signal_to_noise", "most_lost"),
    [
        ("dev-librispeech", None, 0.005),
        ("dev-librispeech", 10, 0.02),
        ("dev-commonvoice1", None, 0.005),
        ("dev-an4", None, 0.005),
        ("dev-speechocean", None, 0.005),
    ],
)
def test_real_speech_is_kept(table: str, signal_to_noise: float | None, most_lost: float) -> None:
    with (CORPUS / f"{table}.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    lost = total = 0
    for row in rows[:: len(rows) // 25]:
        samples = read_audio(CORPUS / row["path"])
        speech = loud_frames(samples)
        if signal_to_noise is not None:
            level = 10 * np.log10(np.square(samples).mean()) - signal_to_noise
            samples = samples + noise(len(samples) / 16_000, level)
        kept = np.zeros(len(speech), bool)
        for span in find_speech([samples]):
            kept[round(span.start * 100) : round(span.end * 100)] = True
        lost += int((speech & ~kept).sum())
        total += int(speech.sum())
    assert lost / total <= most_lost
