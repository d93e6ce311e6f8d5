"""A keyword and its command: chained, staged, rejected, with and without a recogniser."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tone_keywords import silence
from tones import whistle
from whistled_commands import KEYWORD, keywords, recogniser, spoken

from attune.errors import InputError
from attune.keyword import (
    Accepted,
    Detection,
    EncoderVerifier,
    KeywordEvent,
    KeywordListener,
    KeywordPhrase,
    Recognized,
    Recognizing,
    Rejected,
)
from attune.keyword.opening import shown_keyword
from attune.recognize import Partial


def listener(**changes: object) -> KeywordListener:
    return KeywordListener(keywords(), recogniser(), **changes)  # type: ignore[arg-type]


def doubting() -> EncoderVerifier:
    """A second stage that believes nothing."""
    return EncoderVerifier(recogniser(), [KEYWORD], threshold=math.inf)


def hear(
    heard_by: KeywordListener, samples: NDArray[np.float32], block: int = 1600
) -> list[KeywordEvent]:
    stream = heard_by.stream()
    blocks = range(0, len(samples), block)
    events = [e for i in blocks for e in stream.accept(samples[i : i + block])]
    return events + stream.finish()


def results(events: Iterable[KeywordEvent]) -> list[Recognized]:
    return [e for e in events if isinstance(e, Recognized)]


@pytest.mark.parametrize("pause", [0.12, 0.5, 1.0, 2.5, 4.9])
def test_command_may_follow_at_once_or_within_five_seconds(pause: float) -> None:
    (found,) = results(hear(listener(), spoken("one key", pause=pause)))
    assert found.text == "See Team, one key."
    assert found.result is not None
    assert found.result.lexical == "see team one key"
    assert found.verdict is not None
    assert found.verdict.accepted
    assert found.reason == "silence"
    # Times are those of the stream: half a second of silence, the keyword, the pause.
    begin = 0.5 + 5 * 0.16 + 0.12 + pause
    assert found.result.words[2].start == pytest.approx(begin, abs=0.1)
    assert found.result.words[0].start == pytest.approx(0.5, abs=0.1)
    assert found.detection.keyword == KEYWORD.text


def test_nothing_but_the_keyword_ends_after_the_pause() -> None:
    stream = listener().stream()
    ended = None
    for second in range(12):
        for event in stream.accept(spoken(after=12.0)[second * 16000 : (second + 1) * 16000]):
            if isinstance(event, Recognized):
                ended = event
                assert 6.0 <= stream.seconds <= 8.5
    assert ended is not None
    assert (ended.text, ended.reason) == ("See Team.", "quiet")
    assert not stream.busy


def test_pause_can_be_shorter() -> None:
    events = hear(listener(pause=1.0), spoken("one key", pause=3.0))
    assert [e.text for e in results(events)] == ["See Team."]


def test_what_is_told_in_which_order() -> None:
    events = hear(listener(), spoken("one key"))
    first, second, *between, last = events
    assert isinstance(first, Recognizing)
    assert (first.text, first.words) == (KEYWORD.text, ())
    assert isinstance(second, Accepted)
    assert second.verdict.seconds < 5.0
    assert all(isinstance(e, Recognizing) and e.text.startswith("see team") for e in between)
    assert isinstance(last, Recognized)
    assert last.verdict == second.verdict


def test_words_come_no_later_than_without_a_keyword() -> None:
    samples = spoken("one key one boat see two")
    heard_by = listener()
    stream = heard_by.stream()
    origin = None
    with_keyword: dict[int, float] = {}
    for i in range(0, len(samples), 640):
        for event in stream.accept(samples[i : i + 640]):
            origin = event.detection.time - len(event.detection.audio) / 16000
            if isinstance(event, Recognizing):
                with_keyword.setdefault(len(event.words), stream.seconds)
    assert origin is not None
    plain = recogniser().stream()
    without: dict[int, float] = {}
    behind = samples[round(origin * 16000) :]
    for i in range(0, len(behind), 640):
        for event in plain.accept(behind[i : i + 640]):
            if isinstance(event, Partial):
                without.setdefault(len(event.words), origin + plain.seconds)
    for count in (3, 4, 5, 6):
        soonest = min(at for words, at in with_keyword.items() if words >= count)
        usual = min(at for words, at in without.items() if words >= count)
        assert soonest <= usual + 0.33  # a chunk, by which the two may be out of step


def test_rejection_ends_recognition() -> None:
    events = hear(listener(verifier=doubting()), spoken("one key"))
    assert [type(e) for e in events if not isinstance(e, Recognizing)] == [Rejected]
    assert isinstance(events[-1], Rejected)
    assert not events[-1].verdict.accepted


def test_rejection_comes_within_a_second_of_the_hit() -> None:
    stream = listener(verifier=doubting()).stream()
    samples = spoken("one key one boat")
    told: dict[type, float] = {}
    for i in range(0, len(samples), 640):
        for event in stream.accept(samples[i : i + 640]):
            told.setdefault(type(event), stream.seconds)
    assert told[Rejected] - told[Recognizing] < 1.0


def test_listening_goes_on_after_a_rejection_and_after_a_result() -> None:
    twice = np.concatenate([spoken("one key"), spoken("two tea")])
    rejected = [e for e in hear(listener(verifier=doubting()), twice) if isinstance(e, Rejected)]
    assert len(rejected) == 2
    found = results(hear(listener(), twice))
    assert [e.text for e in found] == ["See Team, one key.", "See Team, two tea."]
    assert found[1].start > found[0].start


def test_keyword_said_again_before_a_command_begins_anew() -> None:
    again = np.concatenate([spoken(after=1.5), spoken("one key")])
    (found,) = results(hear(listener(), again))
    assert found.text == "See Team, one key."
    assert found.detection.start > 2.0


def test_keyword_within_a_command_is_part_of_it() -> None:
    (found,) = results(hear(listener(), spoken("one key see team")))
    assert found.result is not None
    assert found.result.lexical == "see team one key see team"


@settings(max_examples=10)
@given(block=st.integers(100, 60_000))
def test_results_do_not_depend_on_the_blocks(block: int) -> None:
    (found,) = results(hear(listener(), spoken("one key"), block))
    assert found.text == "See Team, one key."


def test_integers_are_heard_as_well() -> None:
    samples = np.rint(spoken("one key") * 32767).astype(np.int16)
    (found,) = results(hear(listener(), samples))
    assert found.text == "See Team, one key."


@pytest.mark.parametrize("end", [1.3, 1.45, 1.6, 2.0, 2.4])
def test_stream_that_stops_ends_what_it_began(end: float) -> None:
    events = hear(listener(), spoken("one key")[: int(end * 16000)])
    # Whatever was spotted is settled: by a verdict, and by a result where it was accepted.
    assert isinstance(events[-1], Recognized | Rejected)
    (found,) = results(events)
    assert found.text.startswith("See Team")
    assert found.reason == "end of audio"


def test_audio_of_the_result_goes_from_before_the_keyword_to_the_end() -> None:
    (found,) = results(hear(listener(pre_roll=0.3), spoken("one key")))
    assert found.start == pytest.approx(0.2, abs=0.1)
    assert found.result is not None
    assert len(found.audio) / 16000 >= found.result.words[-1].end - found.start
    heard = recogniser().transcribe(found.audio)
    assert heard.lexical == "see team one key"


def test_without_a_recogniser_the_hit_is_the_result() -> None:
    offline = KeywordListener(keywords())
    told, found = hear(offline, spoken("one key"))
    assert isinstance(told, Recognizing)
    assert isinstance(found, Recognized)
    assert (found.text, found.reason) == (KEYWORD.text, "keyword")
    assert found.result is None
    assert found.verdict is None
    np.testing.assert_array_equal(found.audio, found.detection.audio)


@pytest.mark.parametrize(
    ("threshold", "kinds"),
    [(-0.5, [Recognizing, Accepted, Recognized]), (math.inf, [Recognizing, Rejected])],
)
def test_second_stage_on_the_device(threshold: float, kinds: list[type]) -> None:
    verifier = EncoderVerifier(keywords(), [KEYWORD], threshold)
    events = hear(KeywordListener(keywords(), verifier=verifier), spoken("one key"))
    assert [type(e) for e in events] == kinds


def test_recogniser_rejects_what_its_own_posteriors_do_not_hold() -> None:
    # The spotter is made to fire at "see two": a hit that the recogniser's own look finds wrong.
    audio = whistle("see two one key", before=0.5, after=1.5)
    hit = Detection(KEYWORD.text, 0.5, 1.2, 0.0, 1.4, audio[: int(1.4 * 16000)])
    command = listener().command(hit)
    assert command is not None
    events = command.accept(hit.audio) + command.accept(audio[len(hit.audio) :])
    assert [type(e) for e in events] == [Rejected]


@pytest.mark.parametrize("samples", [silence(20.0), silence(0.0)])
def test_silence_brings_nothing(samples: NDArray[np.float32]) -> None:
    assert hear(listener(), samples) == []


def test_other_words_bring_nothing() -> None:
    assert hear(listener(), whistle("one boat key dot sock bee", after=2.0)) == []


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.array([0.0, np.nan], np.float32), "NaN"),
        (np.zeros((10, 2), np.float32), "one channel"),
        (np.zeros(10, np.int32), "int16"),
    ],
)
def test_unusable_samples_are_input_errors(samples: NDArray[np.float32], message: str) -> None:
    with pytest.raises(InputError, match=message):
        listener().stream().accept(samples)


def test_finished_stream_refuses_audio() -> None:
    stream = listener().stream()
    assert stream.finish() == []
    assert stream.finish() == []
    with pytest.raises(InputError, match="finished"):
        stream.accept(silence(0.1))


@pytest.mark.parametrize("pause", [0.0, 31.0, math.nan])
def test_pause_out_of_range_is_an_input_error(pause: float) -> None:
    with pytest.raises(InputError, match="pause"):
        listener(pause=pause)


@pytest.mark.parametrize(
    ("heard_by", "sensitivity"),
    [
        # Its second look allows for six times as many hits as the bundle's own sensitivity, 0.5.
        (listener(), 0.9),
        (listener(sensitivity=0.3), 0.3),
        (KeywordListener(keywords()), 0.5),
        (KeywordListener(keywords(), sensitivity=0.3), 0.3),
        (KeywordListener(keywords(), verifier=doubting()), 0.5),
    ],
    ids=["recogniser", "recogniser, asked", "none", "none, asked", "second stage on the device"],
)
def test_a_spotter_is_more_lenient_before_a_recogniser(
    heard_by: KeywordListener, sensitivity: float
) -> None:
    assert heard_by.spotter().thresholds == keywords().thresholds(sensitivity)


def test_options_and_phrases_are_those_of_the_recogniser() -> None:
    plain = replace(recogniser().options, formatting=False)
    (found,) = results(hear(listener(options=plain, phrases=["one key"]), spoken("one key")))
    assert found.text == "see team one key"


@pytest.mark.parametrize(
    ("text", "shown"),
    [("hey atlas", "Hey Atlas"), ("athena", "Athena"), ("hey iPhone", "hey iPhone")],
)
def test_keywords_are_shown_with_capitals(text: str, shown: str) -> None:
    assert shown_keyword(text) == shown
    assert KeywordPhrase(text, (("S", "IY"),)).text == text


def test_a_device_that_only_spots_loads_no_recogniser() -> None:
    program = (
        "import sys, attune.keyword as k; k.KeywordModel, k.KeywordListener, k.KeywordRecognizer, "
        "k.EncoderVerifier; assert 'attune.recognize' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_stop_gives_up_a_command_and_listening_goes_on() -> None:
    stream = listener().stream()
    pieces = iter(np.array_split(spoken("one key"), 100))
    while not stream.busy:
        stream.accept(next(pieces))
    stream.stop()
    assert not stream.busy
    assert [event for piece in pieces for event in stream.accept(piece)] == []
    events = stream.accept(spoken("one key")) + stream.finish()
    assert isinstance(events[-1], Recognized)
