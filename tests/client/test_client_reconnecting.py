"""Streams outlive servers and connections: the same words, none lost, none twice."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from server_processes import DroppingProxy, ServerProcess
from speech import RATE, blocks, dialogue, finals, silence, texts
from waiting import eventually

from attune.client import Recognizer, Reconnected, RefusedError, RemoteStream, Unreachable
from attune.client.recognition.unacknowledged import Unacknowledged
from attune.recognize import SpeechStart

pytestmark = pytest.mark.slow

SAID = [
    "Will it rain in the afternoon?",
    "We had a long walk by the river, and then we sat down and talked until the evening.",
    "Turn on the light in the kitchen and closed the front door.",
    "What time does the next train leave for the city?",
]


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server that tests may kill; each starts it again where need be (`start`)."""
    process = ServerProcess(tmp_path_factory.mktemp("mortal") / "data")
    process.start()
    yield process
    process.stop()


@pytest.fixture
def proxy(server: ServerProcess) -> Iterator[DroppingProxy]:
    between = DroppingProxy(server.port)
    yield between
    between.close()


def until(stream: RemoteStream, count: int, events: list[Any]) -> None:
    """Wait for so many results."""

    def there() -> bool:
        events.extend(stream.events())
        return len(finals(events)) >= count

    eventually(there)


def check(events: list[Any]) -> None:
    """All was said once, in order, at its time."""
    assert texts(events) == SAID
    words = [word for final in finals(events) for word in final.result.words]
    ends = [final.result.end for final in finals(events)]
    assert ends == sorted(ends)
    assert all(one.start <= other.start for one, other in itertools.pairwise(words))
    assert words[0].start == pytest.approx(0.35, abs=0.2)
    assert words[-1].end == pytest.approx(19.5, abs=0.7)
    assert len([event for event in events if isinstance(event, SpeechStart)]) == len(SAID)


@pytest.mark.parametrize("seconds", [1.0, 4.0, 7.5, 9.3, 12.0, 20.9])
def test_a_dropped_connection(server: ServerProcess, proxy: DroppingProxy, seconds: float) -> None:
    events: list[Any] = []
    audio = dialogue()
    middle = round(seconds * RATE)
    with Recognizer(proxy.url, server.key) as recognizer, recognizer.stream() as stream:
        for block in blocks(audio[:middle]):
            events += stream.accept(block)
        proxy.drop()
        for block in blocks(audio[middle:]):
            events += stream.accept(block)
        events += stream.finish()
    check(events)
    assert proxy.connections == 2
    assert len([event for event in events if isinstance(event, Reconnected)]) == 1


def test_a_connection_dropped_again_and_again(server: ServerProcess, proxy: DroppingProxy) -> None:
    events: list[Any] = []
    drops = 0
    with Recognizer(proxy.url, server.key) as recognizer, recognizer.stream() as stream:
        for number, block in enumerate(blocks(dialogue())):
            events += stream.accept(block)
            if number % 50 == 49:
                eventually(lambda expected=drops: proxy.connections > expected)  # type: ignore[misc]
                time.sleep(0.3)
                proxy.drop()
                drops += 1
        events += stream.finish()
    check(events)
    assert proxy.connections == drops + 1


def test_a_connection_dropped_after_the_last_audio(
    server: ServerProcess, proxy: DroppingProxy
) -> None:
    audio = dialogue()
    with Recognizer(proxy.url, server.key) as recognizer, recognizer.stream() as stream:
        events = list(stream.accept(audio))
        until(stream, 3, events)
        proxy.drop()
        events += stream.finish()
    check(events)


@pytest.mark.slow
def test_a_server_that_is_killed_and_started_again(mortal: ServerProcess) -> None:
    events: list[Any] = []
    audio = dialogue()
    with Recognizer(mortal.url, mortal.key) as recognizer, recognizer.stream() as stream:
        events += stream.accept(audio[: 12 * RATE])
        until(stream, 2, events)
        mortal.kill()
        events += stream.accept(audio[12 * RATE : 15 * RATE])
        mortal.start()
        events += stream.accept(audio[15 * RATE :])
        events += stream.finish()
    check(events)


@pytest.mark.slow
def test_a_server_that_is_stopped_and_started_again(mortal: ServerProcess) -> None:
    """It says what it has heard until then, in the middle of a word: that does not count."""
    events: list[Any] = []
    audio = dialogue()
    with Recognizer(mortal.url, mortal.key) as recognizer, recognizer.stream() as stream:
        events += stream.accept(audio[: 5 * RATE])
        until(stream, 1, events)
        mortal.stop()
        mortal.start()
        for block in blocks(audio[5 * RATE :]):
            events += stream.accept(block)
        events += stream.finish()
    check(events)


@pytest.mark.slow
def test_a_server_that_does_not_come_back(mortal: ServerProcess) -> None:
    mortal.start()
    with (
        Recognizer(mortal.url, mortal.key, patience=2.0) as recognizer,
        recognizer.stream() as stream,
    ):
        events = list(stream.accept(dialogue()[: 8 * RATE]))
        until(stream, 1, events)
        mortal.kill()
        begun = time.monotonic()
        with pytest.raises(Unreachable, match="could not be made again within 2 s"):
            stream.finish()
        assert time.monotonic() - begun < 10.0
        with pytest.raises(Unreachable):
            stream.finish()


@pytest.mark.slow
def test_a_full_buffer_holds_back_who_speaks(mortal: ServerProcess) -> None:
    """Nothing is thrown away while the server is gone: `accept` waits."""
    mortal.start()
    with (
        Recognizer(mortal.url, mortal.key, capacity=61.0, patience=3.0) as recognizer,
        recognizer.stream() as stream,
    ):
        mortal.kill()
        stream.accept(silence(60.0))
        with pytest.raises(Unreachable):
            stream.accept(silence(10.0))
        assert stream.seconds == pytest.approx(61.0)


def test_a_key_that_is_revoked_meanwhile(server: ServerProcess, proxy: DroppingProxy) -> None:
    tokens = iter([server.key])
    with (
        Recognizer(proxy.url, token=lambda: next(tokens, "revoked")) as recognizer,
        recognizer.stream() as stream,
    ):
        stream.accept(dialogue()[: 2 * RATE])
        recognizer._credential.forget()
        proxy.drop()
        with pytest.raises(RefusedError):
            stream.finish()


def test_a_pause_without_audio_needs_no_connection(
    server: ServerProcess, proxy: DroppingProxy
) -> None:
    audio: NDArray[np.float32] = dialogue()[: round(2.9 * RATE)]
    with Recognizer(proxy.url, server.key) as recognizer, recognizer.stream() as stream:
        events = list(stream.accept(np.concatenate([audio, silence(0.5)])))
        until(stream, 1, events)
        time.sleep(0.2)
        proxy.drop()
        time.sleep(1.5)
        assert proxy.connections == 1
        events += stream.accept(dialogue()[round(2.9 * RATE) :])
        events += stream.finish()
    assert texts(events) == SAID
    assert proxy.connections == 2


def test_what_is_kept() -> None:
    kept = Unacknowledged(10)
    kept.append(bytes(range(12)))
    assert (kept.start, kept.end, kept.room) == (0, 6, 4)
    assert kept.take(4, 10) == bytes([8, 9, 10, 11])
    kept.acknowledge(4)
    kept.acknowledge(2)
    assert (kept.start, kept.end, kept.room) == (4, 6, 8)
    assert kept.take(5, 1) == bytes([10, 11])
    assert kept.take(6, 1) == b""
    kept.acknowledge(100)
    assert (kept.start, kept.end, kept.room) == (6, 6, 10)
