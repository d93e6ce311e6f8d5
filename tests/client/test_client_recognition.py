"""Recognition by a server: what comes is what the library says, whichever way it is asked."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from server_processes import ServerProcess, free_port
from speech import RATE, SAMPLES, blocks, dialogue, finals, silence, texts

import attune
from attune import Phrase
from attune.audio import read_audio
from attune.client import (
    ApiError,
    AsyncRecognizer,
    Recognizer,
    RefusedError,
    RemoteEvent,
    Unreachable,
)
from attune.errors import InputError
from attune.keyword import PullStream, PushStream
from attune.recognize import Event, Final, Partial, SpeechStart

WEATHER = "Will it rain in the afternoon?"


@pytest.fixture(scope="module")
def recognizer(server: ServerProcess) -> Iterator[Recognizer]:
    with Recognizer(server.url, server.key) as one:
        yield one


@pytest.fixture(scope="module")
def model() -> attune.Model:
    return attune.load()


@pytest.mark.parametrize("name", ["weather.wav", "message.wav", "question.ogg", "story.mp3"])
def test_a_recording_comes_out_as_by_the_library(
    recognizer: Recognizer, model: attune.Model, name: str
) -> None:
    path = SAMPLES / name
    assert recognizer.transcribe(path) == model.transcribe(path)


def test_a_recording_may_be_bytes(recognizer: Recognizer) -> None:
    assert recognizer.transcribe((SAMPLES / "weather.wav").read_bytes()).text == WEATHER


def test_a_stream_tells_what_a_stream_of_the_library_tells(
    recognizer: Recognizer, model: attune.Model
) -> None:
    local: list[Event] = []
    remote: list[RemoteEvent] = []
    here = model.stream()
    with recognizer.stream() as there:
        for block in blocks(dialogue()):
            local += here.accept(block)
            remote += there.accept(block)
        local += here.finish()
        remote += there.finish()
        assert there.seconds == pytest.approx(len(dialogue()) / RATE)
        assert there.ended
    # How much is computed at a time depends on how fast the audio comes: hundredths may differ.
    assert texts(remote) == texts(local)
    for one, other in zip(finals(remote), finals(local), strict=True):
        assert one.reason == other.reason
        assert one.result.tokens == other.result.tokens
        assert one.result.end == pytest.approx(other.result.end, abs=0.2)
        for word, same in zip(one.result.words, other.result.words, strict=True):
            assert (word.text, word.start) == (same.text, pytest.approx(same.start, abs=0.1))
    kinds = (SpeechStart, Final)
    order = [type(event) for event in local if isinstance(event, kinds)]
    assert [type(event) for event in remote if isinstance(event, kinds)] == order
    assert any(isinstance(event, Partial) for event in remote)


def test_integers_and_floats_are_the_same(recognizer: Recognizer) -> None:
    samples = read_audio(SAMPLES / "weather.wav")
    told = []
    for each in (samples, np.rint(samples * 32768).astype(np.int16)):
        with recognizer.stream(partials=False) as stream:
            told.append(stream.accept(each) + stream.finish())
    assert told[0] == told[1]
    assert not [event for event in told[0] if isinstance(event, Partial)]


def test_sources_of_every_kind(recognizer: Recognizer) -> None:
    samples = read_audio(SAMPLES / "weather.wav")
    rest = iter(np.array_split(samples, 20))
    pushed = PushStream(capacity=60.0)
    pushed.write(samples)
    pushed.close()
    for source in (
        SAMPLES / "weather.wav",
        pushed,
        PullStream(lambda count: next(rest, None)),
    ):
        assert texts(list(recognizer.listen(source))) == [WEATHER]


def test_events_come_while_a_source_is_silent(recognizer: Recognizer) -> None:
    source = PushStream(capacity=60.0)
    source.write(np.concatenate([read_audio(SAMPLES / "weather.wav"), silence(1.5)]))
    events = recognizer.listen(source)
    assert texts([next(event for event in events if isinstance(event, Final))]) == [WEATHER]
    events.close()


def test_what_a_source_raises_is_raised(recognizer: Recognizer, tmp_path: Path) -> None:
    (tmp_path / "no.wav").write_bytes(b"this is no recording")
    with pytest.raises(InputError, match=r"no\.wav"):
        list(recognizer.listen(tmp_path / "no.wav"))


def test_phrases_of_the_recogniser_and_of_the_call(server: ServerProcess) -> None:
    command = SAMPLES / "command.flac"
    spelled = Phrase("lyte", boost=20.0, pronunciations=(("L", "AY", "T"),))
    plain = "turn on the light in the kitchen and closed the front door"
    with Recognizer(server.url, server.key) as one:
        assert one.transcribe(command).lexical == plain
    with Recognizer(server.url, server.key, phrases=["close the front door"]) as one:
        mended = plain.replace("closed", "close")
        assert one.transcribe(command).lexical == mended
        both = one.transcribe(command, phrases=[spelled])
        assert both.lexical == mended.replace("light", "lyte")
        with one.stream(phrases=[spelled], options={"formatting": False}) as stream:
            stream.accept(read_audio(command))
            (text,) = texts(stream.finish())
            assert "lyte" in text and text.endswith("close the front door")


def test_asyncio(server: ServerProcess) -> None:
    async def talk() -> None:
        async with AsyncRecognizer(server.url, server.key) as recognizer:
            result, events, streamed = await asyncio.gather(
                recognizer.transcribe(SAMPLES / "weather.wav"),
                listened(recognizer),
                pushed(recognizer),
            )
            assert result.text == WEATHER
            assert texts(events) == texts(streamed) == [WEATHER]

    async def listened(recognizer: AsyncRecognizer) -> list[RemoteEvent]:
        return [event async for event in recognizer.listen(SAMPLES / "weather.wav")]

    async def pushed(recognizer: AsyncRecognizer) -> list[RemoteEvent]:
        events: list[RemoteEvent] = []
        async with await recognizer.stream() as stream:
            for block in blocks(read_audio(SAMPLES / "weather.wav")):
                events += await stream.accept(block)
            events += await stream.finish()
        return events

    asyncio.run(talk())


def test_cancelling_a_task_ends_its_stream(server: ServerProcess) -> None:
    async def talk() -> float:
        async with AsyncRecognizer(server.url, server.key) as recognizer:
            source = PushStream()
            waiting = asyncio.ensure_future(anext(recognizer.listen(source)))
            await asyncio.sleep(0.5)
            begun = time.monotonic()
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
            assert waiting.cancelled()
            return time.monotonic() - begun

    assert asyncio.run(talk()) < 2.0


def test_leaving_a_stream_is_quick_and_no_more_is_told(recognizer: Recognizer) -> None:
    stream = recognizer.stream()
    stream.accept(dialogue())
    begun = time.monotonic()
    stream.close()
    assert time.monotonic() - begun < 2.0
    assert stream.ended
    with pytest.raises(InputError, match="finished"):
        stream.accept(dialogue())


def test_closing_the_recogniser_wakes_who_waits(server: ServerProcess) -> None:
    recognizer = Recognizer(server.url, server.key)
    stream = recognizer.stream()
    failures: list[BaseException] = []

    def wait() -> None:
        try:
            for _ in recognizer.listen(PushStream()):
                pass
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    time.sleep(0.3)
    recognizer.close()
    thread.join(10)
    assert not thread.is_alive()
    assert len(failures) == 1
    with pytest.raises(InputError, match="closed"):
        stream.accept(silence(0.1))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "give a key"),
        ({"key": "a", "token": "b"}, "give a key"),
        ({"key": "a", "url": "ftp://there"}, "a server's address"),
        ({"key": "a", "url": "localhost:8090"}, "a server's address"),
        ({"key": "a", "capacity": 30.0}, "capacity of 30.0 s"),
    ],
)
def test_arguments_that_cannot_be(arguments: dict[str, object], message: str) -> None:
    given = {"url": "http://127.0.0.1:8090", **arguments}
    with pytest.raises(InputError, match=message):
        Recognizer(**given)  # type: ignore[arg-type]


def test_a_wrong_key_is_refused_at_once(server: ServerProcess) -> None:
    with Recognizer(server.url, "wrong") as recognizer:
        for ask in (recognizer.stream, lambda: recognizer.transcribe(b"RIFF")):
            with pytest.raises(RefusedError) as caught:
                ask()
            assert (caught.value.status, caught.value.code) == (401, "Unauthorized")


def test_what_the_server_refuses_is_told(recognizer: Recognizer, server: ServerProcess) -> None:
    with pytest.raises(RefusedError, match="not a recording") as caught:
        recognizer.transcribe(b"no audio at all")
    assert caught.value.status == 400
    with pytest.raises(RefusedError, match="beam") as caught:
        recognizer.stream(options={"beam": -3.0})
    assert caught.value.status == 400
    nowhere = "11111111-1111-1111-1111-111111111111"
    with (
        Recognizer(server.url, server.key, endpoint=nowhere) as other,
        pytest.raises(RefusedError) as caught,
    ):
        other.stream()
    assert caught.value.status == 404


def test_a_missing_file_is_named(recognizer: Recognizer) -> None:
    with pytest.raises(InputError, match=r"nothing\.wav"):
        recognizer.transcribe("nothing.wav")


def test_nobody_there_is_told_at_once() -> None:
    begun = time.monotonic()
    with Recognizer(f"http://127.0.0.1:{free_port()}", "key") as recognizer:
        for ask in (recognizer.stream, lambda: recognizer.transcribe(b"RIFF")):
            with pytest.raises(Unreachable, match="attune serve"):
                ask()
    assert time.monotonic() - begun < 5.0


def test_a_token_is_fetched_again_when_it_has_run_out(server: ServerProcess) -> None:
    tokens = iter(["old", server.key, "old", server.key])
    with Recognizer(server.url, token=lambda: next(tokens)) as recognizer:
        assert recognizer.transcribe(SAMPLES / "weather.wav").text == WEATHER
    with Recognizer(server.url, token=lambda: next(tokens)) as recognizer:
        assert texts(list(recognizer.listen(SAMPLES / "weather.wav"))) == [WEATHER]


def test_a_token_that_is_not_taken_twice_is_refused(server: ServerProcess) -> None:
    asked: list[str] = []

    def token() -> str:
        asked.append("again")
        return "old"

    with Recognizer(server.url, token=token) as recognizer:
        with pytest.raises(RefusedError):
            recognizer.stream()
        with pytest.raises(RefusedError):
            recognizer.transcribe(b"RIFF")
    assert len(asked) <= 4


def test_a_token_that_is_awaited(server: ServerProcess) -> None:
    async def token() -> str:
        return server.key

    async def talk() -> None:
        async with AsyncRecognizer(server.url, token=token) as recognizer:
            assert (await recognizer.transcribe(SAMPLES / "weather.wav")).text == WEATHER

    asyncio.run(talk())
    with (
        Recognizer(server.url, token=token) as recognizer,
        pytest.raises(InputError, match="asyncio"),
    ):
        recognizer.transcribe(b"RIFF")


def test_errors_say_what_they_are() -> None:
    assert issubclass(RefusedError, ApiError) and issubclass(RefusedError, InputError)
    assert not issubclass(Unreachable, InputError)
    assert finals([]) == []
