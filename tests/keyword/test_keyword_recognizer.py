"""Listening in the background: once, on and on, pushed, pulled, stopped, broken."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tone_keywords import silence
from whistled_commands import KEYWORD, keywords, recogniser, spoken

from attune.audio import read_audio, write_wav
from attune.errors import InputError
from attune.keyword import (
    Accepted,
    Canceled,
    EncoderVerifier,
    KeywordEvent,
    KeywordListener,
    KeywordRecognizer,
    PullStream,
    PushStream,
    Recognized,
    Recognizing,
    Rejected,
)

PATIENCE = 60.0


def offline() -> KeywordListener:
    return KeywordListener(keywords())


def end_to_end() -> KeywordListener:
    return KeywordListener(keywords(), recogniser())


def pushed(*recordings: NDArray[np.float32], close: bool = True) -> PushStream:
    stream = PushStream(capacity=3600.0)
    for samples in recordings:
        stream.write(samples)
    if close:
        stream.close()
    return stream


def test_one_shot_tells_the_keyword() -> None:
    recognizer = KeywordRecognizer(offline(), pushed(spoken()))
    found = recognizer.recognize_once(PATIENCE)
    assert isinstance(found, Recognized)
    assert found.text == KEYWORD.text
    assert recognizer.recognize_once(PATIENCE) == Canceled("end of audio")
    assert recognizer.recognize_once(PATIENCE) == Canceled("end of audio")


def test_one_shot_with_a_recogniser_tells_the_command() -> None:
    with KeywordRecognizer(end_to_end(), pushed(spoken("one key"))) as recognizer:
        found = recognizer.recognize_once(PATIENCE)
    assert isinstance(found, Recognized)
    assert found.text == "See Team, one key."


def test_next_call_hears_what_follows() -> None:
    audio = pushed(spoken("one key"), spoken("two tea"))
    recognizer = KeywordRecognizer(end_to_end(), audio)
    texts = []
    while isinstance(found := recognizer.recognize_once(PATIENCE), Recognized):
        texts.append(found.text)
    assert texts == ["See Team, one key.", "See Team, two tea."]
    assert found == Canceled("end of audio")


def test_continuous_listening_tells_every_event() -> None:
    events: list[KeywordEvent] = []
    audio = pushed(spoken("one key"), spoken("two tea"))
    ended = KeywordRecognizer(end_to_end(), audio, events.append).start().result(PATIENCE)
    assert ended == Canceled("end of audio")
    told = [type(e) for e in events if not isinstance(e, Recognizing)]
    assert told == [Accepted, Recognized, Accepted, Recognized, Canceled]


def test_rejected_keywords_do_not_end_a_one_shot() -> None:
    events: list[KeywordEvent] = []
    doubting = EncoderVerifier(recogniser(), [KEYWORD], threshold=1e9)
    listener = KeywordListener(keywords(), recogniser(), verifier=doubting)
    recognizer = KeywordRecognizer(listener, pushed(spoken(), spoken()), events.append)
    assert recognizer.recognize_once(PATIENCE) == Canceled("end of audio")
    assert [type(e) for e in events if not isinstance(e, Recognizing)] == [
        Rejected,
        Rejected,
        Canceled,
    ]


@pytest.mark.parametrize("rate", [22_050, 44_100, 48_000])
def test_audio_of_another_rate_is_converted(rate: int) -> None:
    samples = spoken("one boat")
    turns = np.arange(0, len(samples) / 16000, 1 / rate)
    audio = PushStream(rate, capacity=60.0)
    audio.write(np.interp(turns, np.arange(len(samples)) / 16000, samples).astype(np.float32))
    audio.close()
    found = KeywordRecognizer(offline(), audio).recognize_once(PATIENCE)
    assert isinstance(found, Recognized)
    assert found.detection.start == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("as_bytes", [False, True])
def test_pulled_audio(as_bytes: bool) -> None:
    samples = np.rint(spoken("one key") * 32767).astype(np.int16)
    asked: list[int] = []
    at = 0

    def pull(count: int) -> NDArray[np.int16] | bytes | None:
        nonlocal at
        asked.append(count)
        piece, at = samples[at : at + count], at + count
        return piece.astype("<i2").tobytes() if as_bytes else piece

    found = KeywordRecognizer(end_to_end(), PullStream(pull)).recognize_once(PATIENCE)
    assert isinstance(found, Recognized)
    assert found.text == "See Team, one key."
    assert set(asked) == {1600}


def test_recordings_of_any_kind(tmp_path: Path) -> None:
    write_wav(tmp_path / "said.wav", spoken("one key"), 16000)
    found = KeywordRecognizer(end_to_end(), tmp_path / "said.wav").recognize_once(PATIENCE)
    assert isinstance(found, Recognized)
    assert found.text == "See Team, one key."
    missing = KeywordRecognizer(offline(), tmp_path / "no.wav").recognize_once(PATIENCE)
    assert isinstance(missing, Canceled)
    assert missing.reason == "error"
    assert "no.wav" in missing.detail


def test_audio_of_the_result_can_be_saved(tmp_path: Path) -> None:
    found = KeywordRecognizer(end_to_end(), pushed(spoken("one key"))).recognize_once(PATIENCE)
    assert isinstance(found, Recognized)
    found.save(tmp_path / "said.wav")
    saved = read_audio(tmp_path / "said.wav")
    np.testing.assert_allclose(saved, found.audio, atol=1e-4)
    assert recogniser().transcribe(tmp_path / "said.wav").lexical == "see team one key"
    with pytest.raises(InputError):
        found.save(tmp_path / "no" / "said.wav")


def test_stop_ends_at_once_while_waiting_for_audio() -> None:
    events: list[KeywordEvent] = []
    recognizer = KeywordRecognizer(offline(), PushStream(), events.append)
    waiting = recognizer.start()
    time.sleep(0.05)
    begun = time.monotonic()
    recognizer.stop()
    assert time.monotonic() - begun < 1.0
    assert waiting.result(0) == Canceled("stopped")
    assert events == [Canceled("stopped")]
    recognizer.stop()
    assert events == [Canceled("stopped")]


def test_listening_can_begin_again_after_a_stop() -> None:
    audio = PushStream(capacity=60.0)
    recognizer = KeywordRecognizer(offline(), audio)
    recognizer.start()
    recognizer.stop()
    audio.write(spoken())
    audio.close()
    assert isinstance(recognizer.recognize_once(PATIENCE), Recognized)


def test_stop_may_be_called_by_whoever_hears_an_event() -> None:
    events: list[KeywordEvent] = []

    def heard(event: KeywordEvent) -> None:
        events.append(event)
        recognizer.stop()

    recognizer = KeywordRecognizer(offline(), pushed(spoken(), spoken()), heard)
    assert recognizer.start().result(PATIENCE) == Canceled("stopped")
    assert [type(e) for e in events] == [Recognizing, Canceled]


def test_source_that_never_returns_does_not_hold_up_a_stop() -> None:
    release = threading.Event()

    def pull(count: int) -> None:
        release.wait(PATIENCE)

    recognizer = KeywordRecognizer(offline(), PullStream(pull))
    waiting = recognizer.start()
    begun = time.monotonic()
    recognizer.stop()
    assert time.monotonic() - begun < 3.0
    assert waiting.result(0) == Canceled("stopped")
    with pytest.raises(InputError, match="has not returned"):
        recognizer.start()
    release.set()


def test_timeout_cancels_a_one_shot() -> None:
    recognizer = KeywordRecognizer(offline(), PushStream())
    assert recognizer.recognize_once(timeout=0.1) == Canceled("stopped")


def test_listening_twice_at_a_time_is_an_input_error() -> None:
    with KeywordRecognizer(offline(), PushStream()) as recognizer:
        recognizer.start()
        with pytest.raises(InputError, match="stop it first"):
            recognizer.recognize_once()


def broken() -> Iterator[NDArray[np.float32]]:
    yield silence(0.1)
    raise OSError("unplugged")


@pytest.mark.parametrize(
    ("blocks", "detail"),
    [
        (iter([silence(0.1), np.full(100, np.nan, np.float32)]), "NaN"),
        (iter([np.zeros((10, 2), np.float32)]), "one channel"),
        (iter([b"odd"]), "3 bytes"),
        (broken(), "unplugged"),
    ],
)
def test_source_that_breaks_cancels(blocks: Iterator[NDArray[np.float32]], detail: str) -> None:
    events: list[KeywordEvent] = []
    source = PullStream(lambda count: next(blocks, None))
    ended = KeywordRecognizer(offline(), source, events.append).recognize_once(PATIENCE)
    assert isinstance(ended, Canceled)
    assert ended.reason == "error"
    assert detail in ended.detail
    assert events == [ended]


def test_what_events_raise_ends_listening_and_is_told() -> None:
    def fail(event: KeywordEvent) -> None:
        raise ValueError("no light")

    ended = KeywordRecognizer(offline(), pushed(spoken()), fail).recognize_once(PATIENCE)
    assert ended == Canceled("error", "on_event raised ValueError: no light")


def test_push_stream_holds_no_more_than_its_capacity() -> None:
    audio = PushStream(capacity=0.5)
    written = 0
    while audio.write(silence(0.1), timeout=0.0):
        written += 1
    assert written == 5
    assert audio.read(0.0) is not None
    assert audio.write(silence(0.1), timeout=0.0)


def test_writer_waits_for_room() -> None:
    audio = PushStream(capacity=0.5)

    def write() -> None:
        for i in range(0, len(samples), 1600):
            audio.write(samples[i : i + 1600])
        audio.close()

    samples = spoken()
    writer = threading.Thread(target=write)
    writer.start()
    found = KeywordRecognizer(offline(), audio).start().result(PATIENCE)
    writer.join(PATIENCE)
    assert not writer.is_alive()
    assert found == Canceled("end of audio")


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.array([np.nan], np.float32), "NaN"),
        (np.zeros(3, np.int64), "int16"),
        (b"123", "3 bytes"),
    ],
)
def test_unusable_samples_are_refused_where_they_are_written(
    samples: NDArray[np.float32] | bytes, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        PushStream().write(samples)


def test_closed_stream_refuses_audio_and_wakes_its_writer() -> None:
    audio = PushStream(capacity=0.1)
    audio.write(silence(0.2))
    threading.Timer(0.05, audio.close).start()
    with pytest.raises(InputError, match="closed"):
        audio.write(silence(0.1))


@pytest.mark.parametrize("make", [lambda: PushStream(0), lambda: PullStream(lambda n: None, 10)])
def test_rate_that_sound_does_not_have_is_an_input_error(make: object) -> None:
    with pytest.raises(InputError, match="rate"):
        make()  # type: ignore[operator]


@pytest.mark.parametrize("capacity", [0.0, 1e9, float("nan")])
def test_capacity_out_of_range_is_an_input_error(capacity: float) -> None:
    with pytest.raises(InputError, match="capacity"):
        PushStream(capacity=capacity)


def test_a_command_can_be_interrupted() -> None:
    events: list[KeywordEvent] = []

    def on_event(event: KeywordEvent) -> None:
        events.append(event)
        if len(events) == 1:
            recognizer.interrupt()

    recognizer = KeywordRecognizer(
        end_to_end(), pushed(spoken("one key"), spoken("one key")), on_event
    )
    assert recognizer.start().result(PATIENCE) == Canceled("end of audio")
    assert len([event for event in events if isinstance(event, Recognized)]) == 1
