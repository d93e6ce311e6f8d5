"""Keywords on the device, commands by a server: what leaves the device, when, and what is told."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from keyword_speech import ATLAS, COMPUTER, HANDSHAKE, LIGHT, kinds, near_miss, say, spoken
from numpy.typing import NDArray
from server_processes import DroppingProxy, ServerProcess
from speech import RATE, blocks, dialogue, silence

from attune.client import KeywordListener, Recognizer, Unreachable
from attune.errors import InputError
from attune.keyword import (
    Accepted,
    Canceled,
    KeywordModel,
    KeywordRecognizer,
    PushStream,
    Recognized,
    Rejected,
)

PATIENCE = 120.0


@pytest.fixture
def recognizer(server: ServerProcess, proxy: DroppingProxy) -> Iterator[Recognizer]:
    with Recognizer(proxy.url, server.key, timeout=60.0) as one:
        yield one


@pytest.fixture
def listener(keywords: KeywordModel, recognizer: Recognizer) -> KeywordListener:
    return KeywordListener(keywords, recognizer)


def heard(listener: KeywordListener, samples: NDArray[np.float32]) -> list[Any]:
    stream = listener.stream()
    events = [event for block in blocks(samples) for event in stream.accept(block)]
    return events + stream.finish()


def test_a_keyword_and_its_command(listener: KeywordListener) -> None:
    events = heard(listener, spoken(LIGHT))
    assert kinds(events) == ["Recognizing", "Accepted", "Recognizing", "Recognized"]
    first, last = events[0], events[-1]
    assert (first.text, first.words) == ("hey atlas", ())
    assert last.text == "Hey Atlas, turn on the light in the kitchen."
    assert last.verdict.accepted and last.verdict.keyword == "hey atlas"
    assert last.detection is first.detection
    # Times are those of the stream, and the audio begins with the pre-roll.
    assert last.result.words[0].start == pytest.approx(1.65, abs=0.2)
    assert last.result.words[-1].text == "kitchen"
    assert last.start == pytest.approx(first.detection.start - 1.0, abs=0.05)
    audio = spoken(LIGHT)[round(last.start * RATE) :][: len(last.audio)]
    assert np.abs(audio - last.audio).max() < 1e-4


def test_nothing_leaves_the_device_before_a_hit(
    listener: KeywordListener, proxy: DroppingProxy
) -> None:
    stream = listener.stream()
    speech = np.concatenate([dialogue(), spoken("okay then"), silence(3.0)])
    assert [event for block in blocks(speech) for event in stream.accept(block)] == []
    time.sleep(0.2)
    assert (proxy.sent, proxy.connections, stream.sent_seconds) == (0, 0, 0.0)

    # A hit sends the pre-roll, the keyword and what follows, not what was before.
    events = [event for block in blocks(spoken(LIGHT)) for event in stream.accept(block)]
    events += stream.finish()
    (found,) = [event for event in events if isinstance(event, Recognized)]
    begun = found.start
    assert stream.sent_seconds <= stream.seconds - begun + 0.1
    assert 2 * RATE * stream.sent_seconds * 0.9 < proxy.sent
    assert proxy.sent < 2 * RATE * stream.sent_seconds + HANDSHAKE
    assert not stream.busy


def test_nothing_is_sent_after_the_utterance(
    listener: KeywordListener, proxy: DroppingProxy
) -> None:
    stream = listener.stream()
    events = [event for block in blocks(spoken(LIGHT, after=6.0)) for event in stream.accept(block)]
    assert isinstance(events[-1], Recognized)
    time.sleep(0.3)
    sent = proxy.sent
    for block in blocks(dialogue()):
        assert stream.accept(block) == []
    time.sleep(0.3)
    assert proxy.sent == sent


@pytest.mark.parametrize(
    ("asked", "sensitivity"), [(None, 0.9), (0.3, 0.3)], ids=["by default", "asked"]
)
def test_a_spotter_is_more_lenient_before_a_server(
    keywords: KeywordModel, recognizer: Recognizer, asked: float | None, sensitivity: float
) -> None:
    spotter = KeywordListener(keywords, recognizer, sensitivity=asked).spotter()
    assert spotter.thresholds == keywords.thresholds(sensitivity)


def test_a_rejected_keyword_stops_sending(
    keywords: KeywordModel, recognizer: Recognizer, proxy: DroppingProxy
) -> None:
    lenient = KeywordListener(keywords, recognizer, sensitivity=1.0)
    stream = lenient.stream()
    events = [event for block in blocks(near_miss()) for event in stream.accept(block)]
    assert kinds(events) == ["Recognizing", "Rejected"]
    rejected = events[-1]
    assert isinstance(rejected, Rejected)
    assert not rejected.verdict.accepted
    assert rejected.verdict.score < rejected.verdict.threshold
    assert not stream.busy
    time.sleep(0.3)
    sent = proxy.sent
    for block in blocks(dialogue()):
        assert stream.accept(block) == []
    time.sleep(0.3)
    assert proxy.sent == sent
    assert stream.sent_seconds < 6.0

    # And listening went on.
    events = [event for block in blocks(spoken(LIGHT, after=4.0)) for event in stream.accept(block)]
    events += stream.finish()
    assert isinstance(events[-1], Recognized)


def test_several_keywords_in_order(listener: KeywordListener) -> None:
    events = heard(listener, spoken(LIGHT, "okay computer what time is it", after=4.0))
    found = [event for event in events if isinstance(event, Recognized)]
    assert [event.text for event in found] == [
        "Hey Atlas, turn on the light in the kitchen.",
        "Okay Computer, what time is it?",
    ]
    assert [event.detection.keyword for event in found] == [ATLAS.text, COMPUTER.text]
    one = ["Recognizing", "Accepted", "Recognizing", "Recognized"]
    assert kinds(events) == one + one


def test_a_pause_after_the_keyword(listener: KeywordListener) -> None:
    staged = np.concatenate([silence(1.5), say("hey atlas"), silence(2.5)])
    events = heard(
        listener, np.concatenate([staged, say("turn on the light in the kitchen"), silence(3.0)])
    )
    assert events[-1].text == "Hey Atlas, turn on the light in the kitchen."


def test_a_new_hit_interrupts_a_keyword_without_a_command(listener: KeywordListener) -> None:
    pause = np.concatenate([silence(1.5), say("hey atlas"), silence(2.0)])
    events = heard(listener, np.concatenate([pause, spoken("okay computer what time is it")]))
    found = [event for event in events if isinstance(event, Recognized)]
    assert [event.text for event in found] == ["Okay Computer, what time is it?"]


def test_stop_ends_a_command_and_listening_goes_on(
    listener: KeywordListener, proxy: DroppingProxy
) -> None:
    stream = listener.stream()
    events: list[Any] = []
    audio = iter(blocks(spoken(LIGHT, after=5.0)))
    while not any(isinstance(event, Accepted) for event in events):
        events += stream.accept(next(audio))
    begun = time.monotonic()
    stream.stop()
    assert time.monotonic() - begun < 0.5
    assert not stream.busy
    time.sleep(0.3)
    sent = proxy.sent
    for block in audio:
        assert stream.accept(block) == []
    assert proxy.sent == sent

    events = [event for block in blocks(spoken(LIGHT)) for event in stream.accept(block)]
    assert isinstance((events + stream.finish())[-1], Recognized)


def test_in_the_background(listener: KeywordListener) -> None:
    """With the recogniser of the library: one-shots, and a new hit right after a result."""
    audio = PushStream(capacity=3600.0)
    audio.write(spoken(LIGHT, "okay computer what time is it", after=3.0))
    audio.close()
    events: list[Any] = []
    with KeywordRecognizer(listener, audio, events.append) as background:
        first = background.recognize_once(PATIENCE)
        assert isinstance(first, Recognized) and first.text.startswith("Hey Atlas, turn on")
        second = background.recognize_once(PATIENCE)
        assert isinstance(second, Recognized) and second.text.startswith("Okay Computer")
        assert background.recognize_once(PATIENCE) == Canceled("end of audio")
    assert kinds(events)[-1] == "Canceled"


def test_barge_in_in_the_background(listener: KeywordListener) -> None:
    """`interrupt` drops the command being heard; the next keyword is heard as ever."""
    audio = PushStream(capacity=3600.0)
    audio.write(spoken(LIGHT, "okay computer what time is it", after=3.0))
    audio.close()
    events: list[Any] = []

    def on_event(event: Any) -> None:
        events.append(event)
        if isinstance(event, Accepted) and event.detection.keyword == ATLAS.text:
            background.interrupt()

    background = KeywordRecognizer(listener, audio, on_event)
    assert background.start().result(PATIENCE) == Canceled("end of audio")
    found = [event for event in events if isinstance(event, Recognized)]
    assert [event.text for event in found] == ["Okay Computer, what time is it?"]


def test_a_connection_dropped_while_a_command_is_spoken(
    listener: KeywordListener, proxy: DroppingProxy
) -> None:
    stream = listener.stream()
    events: list[Any] = []
    dropped = False
    for block in blocks(spoken(LIGHT)):
        events += stream.accept(block)
        time.sleep(0.02)  # or all would have been said before the keyword is accepted
        if not dropped and any(isinstance(event, Accepted) for event in events):
            proxy.drop()
            dropped = True
    events += stream.finish()
    assert dropped and proxy.connections == 2
    assert len([event for event in events if isinstance(event, Accepted)]) == 1
    assert events[-1].text == "Hey Atlas, turn on the light in the kitchen."


def test_without_a_server_the_command_is_given_up_and_listening_goes_on(
    keywords: KeywordModel, server: ServerProcess
) -> None:
    proxy = DroppingProxy(server.port)
    proxy.close()
    with Recognizer(proxy.url, server.key) as recognizer:
        stream = KeywordListener(keywords, recognizer).stream()
        with pytest.raises(Unreachable):
            for block in blocks(spoken(LIGHT, after=4.0)):
                stream.accept(block)
                time.sleep(0.002)
            stream.finish()
        assert not stream.busy


def test_a_finished_stream_takes_no_more(listener: KeywordListener) -> None:
    stream = listener.stream()
    assert stream.finish() == stream.finish() == []
    with pytest.raises(InputError, match="finished"):
        stream.accept(silence(0.1))
