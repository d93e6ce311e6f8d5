"""Wake words as Wyoming's own client listens for them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import numpy as np
import pytest
from household import Household, quiet, say
from running import RunningServer
from wyoming.audio import AudioStart, AudioStop
from wyoming.error import Error
from wyoming.wake import Detect, Detection, NotDetected
from wyoming_clients import chunks, connected, pcm, read_all, send, served, woken


def run(scenario: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(asyncio.wait_for(scenario, 60))


@pytest.fixture(scope="module")
def evening() -> bytes:
    """Some speech, the first keyword, more speech, the second."""
    return pcm(
        np.concatenate(
            [
                quiet(0.5),
                say("The water was calm."),
                quiet(0.5),
                say("Hey Atlas."),
                quiet(1.0),
                say("Will it rain in the afternoon?"),
                quiet(0.5),
                say("Close the front door."),
                quiet(1.0),
            ]
        )
    )


@pytest.mark.parametrize("names", [None, ["hey_atlas"]])
def test_detection_as_home_assistant_waits_for_it(
    server: RunningServer, household: Household, evening: bytes, names: list[str] | None
) -> None:
    async def scenario() -> Detection | None:
        async with served(server, household.project_id) as wyoming:
            return await woken(wyoming, evening, names)

    found = run(scenario())
    assert found is not None
    assert found.name == "hey_atlas"
    # The time of the chunk in which it was heard, which is soon after it was said.
    spoken = 0.5 + (len(say("The water was calm.")) + len(say("Hey Atlas."))) / 16_000 + 0.5
    assert found.timestamp is not None
    assert spoken - 0.3 < found.timestamp / 1000 < spoken + 1.0


def test_detection_goes_on_and_only_what_was_asked_for_is_told(
    server: RunningServer, household: Household, evening: bytes
) -> None:
    async def scenario() -> tuple[list[Any], list[Any]]:
        async with served(server, household.project_id) as wyoming, connected(wyoming) as client:
            await send(client, Detect(), AudioStart(16_000, 2, 1))
            await send(client, *chunks(evening + evening))
            both = []
            while len(both) < 4:
                both += await read_all(client, Detection)
            # Another stream of the same connection, for one phrase of a model of two.
            await send(client, AudioStop(), Detect(["close_the_front_door"]))
            await send(client, AudioStart(16_000, 2, 1), *chunks(evening[: len(evening) // 2]))
            await send(client, AudioStop())
            none = await read_all(client, Detection, NotDetected)
            await send(client, AudioStart(16_000, 2, 1), *chunks(evening), AudioStop())
            return both, [*none, *await read_all(client, Detection, NotDetected)]

    both, rest = run(scenario())
    names = [Detection.from_event(event).name for event in both]
    assert names == ["hey_atlas", "close_the_front_door"] * 2
    assert NotDetected.is_type(rest[0].type)
    assert Detection.from_event(rest[1]).name == "close_the_front_door"


def test_keywords_can_be_named_by_their_models(
    server: RunningServer, household: Household, evening: bytes
) -> None:
    async def scenario() -> list[Detection | None]:
        async with served(server) as wyoming:
            return [
                await woken(wyoming, evening, [household.keywords_id]),
                await woken(wyoming, evening, [household.other_keywords_id]),
            ]

    older, newer = run(scenario())
    assert older is not None
    assert newer is not None
    assert (older.name, newer.name) == (f"hey_atlas_{household.keywords_id[:8]}", "hey_atlas")


@pytest.mark.parametrize("names", [["alexa"], ["hey_atlas", "alexa"], [""]])
def test_unknown_keyword_is_told(
    server: RunningServer, household: Household, names: list[str]
) -> None:
    async def scenario() -> list[Any]:
        async with served(server, household.project_id) as wyoming, connected(wyoming) as client:
            await send(client, Detect(names), AudioStart(16_000, 2, 1))
            return await read_all(client)

    (event,) = run(scenario())
    assert Error.from_event(event).code == "NotFound"
    assert f"no keyword '{names[-1]}'" in Error.from_event(event).text
    assert "hey_atlas" in Error.from_event(event).text


def test_a_stream_longer_than_any_recording(
    server: RunningServer,
    household: Household,
    evening: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from dataclasses import replace

    recognition = server.service.recognition
    monkeypatch.setattr(recognition, "_limits", replace(recognition._limits, stream_audio=9.0))
    seconds = len(evening) / 32_000
    assert seconds > 7

    async def scenario() -> list[Any]:
        async with served(server, household.project_id) as wyoming, connected(wyoming) as client:
            await send(client, Detect(["hey_atlas"]), AudioStart(16_000, 2, 1))
            for chunk in chunks(evening * 3):
                chunk.timestamp = None
                await send(client, chunk)
            await send(client, AudioStop())
            found: list[Any] = []
            while len(found) < 3:
                found += await read_all(client, Detection, NotDetected)
            return found

    times = [Detection.from_event(event).timestamp for event in run(scenario())]
    assert all(time is not None for time in times)
    first, second, third = (time or 0 for time in times)
    assert second - first == pytest.approx(1000 * seconds, abs=200)
    assert third - second == pytest.approx(1000 * seconds, abs=200)
