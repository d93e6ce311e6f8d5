"""Speech to text and descriptions as Wyoming's own client asks for them."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Coroutine
from typing import Any

import numpy as np
import pytest
import soxr
from household import Household, quiet, say
from numpy.typing import NDArray
from running import RunningServer
from wyoming.asr import Transcribe, Transcript, TranscriptChunk, TranscriptStart, TranscriptStop
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.error import Error
from wyoming.info import Describe, Info
from wyoming.ping import Ping, Pong
from wyoming_clients import connected, info, pcm, read_all, send, served, transcribed

from attune.audio import read_audio
from attune.data import Utterance

TRAIN = "What time does the next train leave for the city?"


def run(scenario: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(asyncio.wait_for(scenario, 60))


@pytest.fixture(scope="module")
def train(samples: tuple[Utterance, ...]) -> NDArray[np.float32]:
    return read_audio(next(u.path for u in samples if u.path.name == "question.ogg"))


def test_info_tells_models_and_keywords(server: RunningServer, household: Household) -> None:
    async def scenario() -> Info:
        async with served(server) as wyoming:
            return await info(wyoming)

    told = run(scenario())
    (asr,) = told.asr
    assert asr.name == "attune"
    assert asr.supports_transcript_streaming
    assert asr.version
    assert {"home", "en-US base"} <= {model.name for model in asr.models}
    assert len({model.name for model in asr.models}) == len(asr.models)
    assert all(model.languages == ["en-US"] and model.installed for model in asr.models)
    (wake,) = told.wake
    phrases = {model.name: model.phrase for model in wake.models}
    assert phrases["hey_atlas"] == "hey atlas"
    assert phrases[f"hey_atlas_{household.keywords_id[:8]}"] == "hey atlas"  # the older of the two
    assert phrases["close_the_front_door"] == "close the front door"
    assert len(phrases) == len(wake.models)


def test_info_of_one_project(server: RunningServer, household: Household) -> None:
    async def scenario() -> tuple[Info, Info]:
        async with served(server, household.project_id) as wyoming:
            mine = await info(wyoming)
        async with served(server, household.other_project_id) as wyoming:
            return mine, await info(wyoming)

    mine, other = run(scenario())
    # First the one that serves clients who name none, as Home Assistant.
    assert [model.name for model in mine.asr[0].models] == ["home", "en-US base"]
    assert [model.name for model in other.asr[0].models] == ["en-US base"]
    # Other tests may have made keywords that belong to no project, which all of them have.
    for told in (mine, other):
        names = [model.name for model in told.wake[0].models]
        assert {"hey_atlas", "close_the_front_door"} <= set(names)
        assert not any(name.startswith("hey_atlas_") for name in names)


def test_transcript_as_home_assistant_asks_for_it(
    server: RunningServer, household: Household, train: NDArray[np.float32]
) -> None:
    async def scenario() -> list[Any]:
        async with served(server, household.project_id) as wyoming, connected(wyoming) as client:
            return await transcribed(client, pcm(train), Transcribe(language="en-US"))

    before = server.service.recognition.traffic(household.endpoint_id).opened
    start, chunk, transcript = run(scenario())
    assert TranscriptStart.is_type(start.type)
    assert TranscriptChunk.from_event(chunk).text == TRAIN
    assert Transcript.from_event(transcript).text == TRAIN
    assert Transcript.from_event(transcript).language == "en-US"
    # Who names no model is served by the project's endpoint.
    assert server.service.recognition.traffic(household.endpoint_id).opened == before + 1


def test_chunks_come_with_each_utterance_and_are_the_transcript(
    server: RunningServer, train: NDArray[np.float32]
) -> None:
    audio = pcm(np.concatenate([train, quiet(1.5), train]))

    async def scenario() -> tuple[str, list[Any], list[Any]]:
        async with served(server) as wyoming, connected(wyoming) as client:
            half = len(pcm(train)) + 2 * 24_000
            await send(client, AudioStart(16_000, 2, 1))
            await send(client, AudioChunk(16_000, 2, 1, audio[:half]))
            first = await read_all(client, TranscriptChunk)
            await send(client, AudioChunk(16_000, 2, 1, audio[half:]), AudioStop())
            return "", first, await read_all(client, TranscriptStop)

    _, first, rest = run(scenario())
    assert [event.type for event in first] == ["transcript-start", "transcript-chunk"]
    assert [event.type for event in rest] == ["transcript-chunk", "transcript", "transcript-stop"]
    told = TranscriptChunk.from_event(first[1]).text + TranscriptChunk.from_event(rest[0]).text
    assert told == Transcript.from_event(rest[1]).text == f"{TRAIN} {TRAIN}"


def test_silence_has_an_empty_transcript(server: RunningServer) -> None:
    async def scenario() -> list[Any]:
        async with served(server) as wyoming, connected(wyoming) as client:
            return await transcribed(client, pcm(quiet(1.0)))

    start, transcript = run(scenario())
    assert TranscriptStart.is_type(start.type)
    assert Transcript.from_event(transcript).text == ""


FORMATS = [(8_000, 2, 1), (48_000, 4, 2), (44_100, 3, 1), (22_050, 1, 1)]


@pytest.mark.parametrize(("rate", "width", "channels"), FORMATS)
def test_any_format_is_heard(
    server: RunningServer, train: NDArray[np.float32], rate: int, width: int, channels: int
) -> None:
    samples = soxr.resample(train, 16_000, rate)
    if width == 1:
        data = np.round(samples * 127 + 128).astype(np.uint8).tobytes()
    else:
        wide = np.repeat(np.round(samples * 0.99 * 2**31).astype("<i4"), channels)
        whole = wide.view(np.uint8).reshape(-1, 4)
        data = whole[:, 4 - width :].tobytes()

    async def scenario() -> list[Any]:
        async with served(server) as wyoming, connected(wyoming) as client:
            return await transcribed(client, data, rate=rate, width=width, channels=channels)

    text = Transcript.from_event(run(scenario())[-1]).text
    assert "train leave for the city" in text


def test_several_streams_on_a_connection_and_a_chunk_without_a_start(
    server: RunningServer, train: NDArray[np.float32]
) -> None:
    async def scenario() -> list[str]:
        async with served(server) as wyoming, connected(wyoming) as client:
            texts = []
            for _ in range(2):
                events = await transcribed(client, pcm(train), Transcribe(name="en-US base"))
                texts.append(Transcript.from_event(events[-1]).text)
                await read_all(client, TranscriptStop)
            await send(client, AudioChunk(16_000, 2, 1, pcm(train)), AudioStop())
            texts.append(Transcript.from_event((await read_all(client, Transcript))[-1]).text)
            return texts

    assert run(scenario()) == [TRAIN] * 3


def test_names_and_terms_are_phrases_to_expect(server: RunningServer) -> None:
    audio = pcm(say("Please open zin trick ix on the screen."))
    wanted = Transcribe(transcript_names=["Zyntriqix"], transcript_terms=["screen", "…"])

    async def scenario() -> tuple[str, str]:
        async with served(server) as wyoming, connected(wyoming) as client:
            plain = (await transcribed(client, audio))[-1]
            await read_all(client, TranscriptStop)
            hinted = (await transcribed(client, audio, wanted))[-1]
            return Transcript.from_event(plain).text, Transcript.from_event(hinted).text

    plain, hinted = run(scenario())
    assert "zyntriqix" not in plain.lower()
    assert "zyntriqix" in hinted.lower()


def test_ping_unknown_events_and_describe_in_between(
    server: RunningServer, train: NDArray[np.float32]
) -> None:
    async def scenario() -> list[str]:
        async with served(server) as wyoming, connected(wyoming) as client:
            await send(client, Ping("still there?"), AudioStart(16_000, 2, 1))
            await send(client, AudioChunk(16_000, 2, 1, pcm(train)), Describe())
            event = Describe().event()
            event.type = "select-program"
            await client.write_event(event)
            await send(client, AudioStop(), AudioStop())
            return [event.type for event in await read_all(client, TranscriptStop)]

    kinds = run(scenario())
    assert kinds[0] == "pong"
    assert "info" in kinds
    assert kinds[-3:] == ["transcript-chunk", "transcript", "transcript-stop"]
    assert Pong.is_type(kinds[0])


REFUSED = [
    (Transcribe(name="no such model"), "NotFound", "there is no model 'no such model'"),
    (Transcribe(language="tlh"), "NotFound", "there is no model for the language 'tlh'"),
]


@pytest.mark.parametrize(("wanted", "code", "message"), REFUSED)
def test_what_there_is_not_is_told_and_ends_the_connection(
    server: RunningServer, wanted: Transcribe, code: str, message: str
) -> None:
    async def scenario() -> list[Any]:
        async with served(server) as wyoming, connected(wyoming) as client:
            with contextlib.suppress(ConnectionError):
                await send(client, wanted, AudioStart(16_000, 2, 1))
            return await read_all(client)

    (event,) = run(scenario())
    assert Error.from_event(event).code == code
    assert message in Error.from_event(event).text


def test_another_projects_endpoint_is_not_there(
    server: RunningServer, household: Household
) -> None:
    async def scenario() -> list[Any]:
        project = household.other_project_id
        async with served(server, project) as wyoming, connected(wyoming) as client:
            await send(client, Transcribe(name=household.endpoint_id))
            await send(client, AudioStart(16_000, 2, 1))
            return await read_all(client)

    (event,) = run(scenario())
    assert Error.from_event(event).code == "NotFound"


def test_places_are_given_back_however_a_client_leaves(
    server: RunningServer, train: NDArray[np.float32]
) -> None:
    def counts() -> tuple[int, int]:
        traffic = server.service.recognition.traffic(None)
        return traffic.opened - before, traffic.streams

    async def scenario() -> None:
        async with served(server) as wyoming:
            client = connected(wyoming)
            await client.connect()
            await send(client, Transcribe(name="en-US base"), AudioStart(16_000, 2, 1))
            await send(client, AudioChunk(16_000, 2, 1, pcm(train)))
            await client.disconnect()
            deadline = time.monotonic() + 10
            while counts() != (1, 0):
                assert time.monotonic() < deadline
                await asyncio.sleep(0.02)
            async with connected(wyoming) as second:
                await send(second, Transcribe(name="en-US base"), AudioStart(16_000, 2, 1), Ping())
                await read_all(second, Pong)
                assert counts() == (2, 1)
                await wyoming.close()
                (event,) = await read_all(second)
                assert Error.from_event(event).code == "ServiceUnavailable"
        assert counts() == (2, 0)

    before = server.service.recognition.traffic(None).opened
    run(scenario())
