"""What no client sends: the connection ends, and nothing else."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from running import RunningServer
from wyoming.audio import AudioChunk, AudioStart
from wyoming.error import Error
from wyoming.event import Event
from wyoming.ping import Ping, Pong
from wyoming_clients import connected, info, port_of, read_all, send, served

from attune.errors import InputError
from attune.protocols.wyoming.wire import HEADER_BYTES, read_event


def run(scenario: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(asyncio.wait_for(scenario, 60))


async def read(data: bytes, most_bytes: int = 1000) -> list[Event]:
    reader = asyncio.StreamReader(limit=HEADER_BYTES)
    reader.feed_data(data)
    reader.feed_eof()
    events = []
    while (event := await read_event(reader, most_bytes)) is not None:
        events.append(event)
    return events


EVENTS = [
    (b"", []),
    (b'{"type": "a"}\n', [Event("a")]),
    (b'{"type": "a", "data": {"b": 1}}\n{"type": "c"}\n', [Event("a", {"b": 1}), Event("c")]),
    (b'{"type": "a", "data_length": 8}\n{"b": 2}', [Event("a", {"b": 2})]),
    (b'{"type": "a", "payload_length": 3}\n\0\1\2', [Event("a", {}, b"\0\1\2")]),
    (
        b'{"type": "a", "data": {"b": 1, "c": 3}, "data_length": 8, "payload_length": 1}\n'
        b'{"b": 2}x',
        [Event("a", {"b": 2, "c": 3}, b"x")],
    ),
    (b'{"type": "a", "data": null, "data_length": null, "payload_length": null}\n', [Event("a")]),
]


@pytest.mark.parametrize(("data", "events"), EVENTS)
def test_events_are_read(data: bytes, events: list[Event]) -> None:
    assert run(read(data)) == events


DAMAGED = [
    (b"GET / HTTP/1.1\r\n\r\n", "is no JSON"),
    (b"[]\n", "no JSON object"),
    (b"{}\n", "without a type"),
    (b'{"type": 7}\n', "without a type"),
    (b'{"type": "a", "data": [1]}\n', "data is no object"),
    (b'{"type": "a", "data_length": 3}\n[1]', "no JSON object"),
    (b'{"type": "a", "payload_length": -1}\n', "payload_length is no number"),
    (b'{"type": "a", "payload_length": "9"}\n', "payload_length is no number"),
    (b'{"type": "a", "payload_length": 1001}\n', "send at most 1000 at once"),
    (b'{"type": "a", "data_length": 1e400}\n', "data_length is no number"),
    (b'{"type": "a", "payload_length": 9}\n123', "cut short"),
    (b'{"type": "a"', "no JSON"),
    (b"[" * 60_000 + b"\n", "no JSON"),
    (b"\xff\xfe\n", "no JSON"),
    (b" " * (HEADER_BYTES + 1) + b"\n", f"over {HEADER_BYTES} bytes"),
]


@pytest.mark.parametrize(("data", "message"), DAMAGED)
def test_damaged_events_are_told(data: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        run(read(data))


def told(server: RunningServer, *sent: bytes | Event) -> list[Event]:
    """What the server answers to bytes and events, up to the end of the connection."""

    async def scenario() -> list[Event]:
        async with served(server) as wyoming, connected(wyoming) as client:
            assert client._writer is not None
            for each in sent:
                if isinstance(each, Event):
                    await client.write_event(each)
                else:
                    client._writer.write(each)
            client._writer.write_eof()
            events = await read_all(client)
            assert await info(wyoming, patience=10.0)  # It serves on.
            return events

    events: list[Event] = run(scenario())
    return events


WRONG = [
    (AudioStart(16_000, 2, 0).event(), "0 channels: use 1 to 32"),
    (AudioStart(16_000, 9, 1).event(), "a width of 9 bytes: use 1, 2, 3 or 4"),
    (AudioStart(10, 2, 1).event(), "a sample rate of 10 Hz"),
    (Event("audio-start"), "give rate and channels as whole numbers"),
    (Event("audio-chunk", {"rate": "16000", "width": 2, "channels": 1}), "give rate and channels"),
    (Event("audio-chunk", {"rate": 16_000, "width": [2], "channels": 1}), "a width of"),
    (Event("transcribe", {"name": 7}), "transcribe: name is no text"),
    (Event("transcribe", {"transcript_terms": "a"}), "transcript_terms is no list of texts"),
    (Event("detect", {"names": {"a": 1}}), "detect: names is no list of texts"),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n", "no JSON"),
]


@pytest.mark.parametrize(("sent", "message"), WRONG)
def test_wrong_events_are_told_and_end_the_connection(
    server: RunningServer, sent: bytes | Event, message: str
) -> None:
    (event,) = told(server, sent)
    error = Error.from_event(event)
    assert error.code == "InvalidRequest"
    assert message in error.text


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
kinds = st.sampled_from(
    ["audio-start", "audio-chunk", "audio-stop", "transcribe", "detect", "describe", "ping", "x"]
)
names = st.sampled_from(
    ["rate", "width", "channels", "timestamp", "name", "names", "language", "text", "context"]
)
sensible = st.sampled_from([16_000, 8_000, 1, 2, 3, "en-US", "hey_atlas", None, []])
events = st.builds(
    lambda kind, data, payload: (
        json.dumps(
            {"type": kind, "data": data, "payload_length": len(payload)}, ensure_ascii=False
        ).encode("utf-8", "replace")
        + b"\n"
        + payload
    ),
    kinds,
    st.dictionaries(names, sensible | values, max_size=6),
    st.binary(max_size=200),
)


@settings(max_examples=60)
@given(st.lists(events | st.binary(max_size=80), max_size=8))
def test_garbage_does_no_harm(server: RunningServer, pieces: list[bytes]) -> None:
    for event in told(server, *pieces):
        if Error.is_type(event.type):
            assert Error.from_event(event).code != "InternalServerError"
    assert server.service.recognition.traffic(None).streams == 0


def limited(server: RunningServer, monkeypatch: pytest.MonkeyPatch, **limits: Any) -> None:
    changed = replace(
        server.service.settings, limits=replace(server.service.settings.limits, **limits)
    )
    monkeypatch.setattr(server.service, "settings", changed)


def test_idle_client_is_left(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    limited(server, monkeypatch, idle=0.3)

    async def scenario() -> list[Event]:
        async with served(server) as wyoming, connected(wyoming) as client:
            assert client._writer is not None
            client._writer.write(b'{"type": "audio-chunk", "payload_length": 1000}\n\0\0')
            return await read_all(client)

    assert run(scenario()) == []


def test_too_many_events_in_a_second_wait(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited(server, monkeypatch, messages=20)
    began = time.monotonic()
    assert len(told(server, *[Ping().event()] * 50)) == 50
    assert time.monotonic() - began > 1.9


def test_large_events_are_not_read(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    limited(server, monkeypatch, message=1000)
    (event,) = told(server, AudioChunk(16_000, 2, 1, bytes(2000)).event())
    assert "at most 1000 at once" in Error.from_event(event).text


def test_too_many_clients(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    limited(server, monkeypatch, streams=2)

    async def scenario() -> tuple[list[Event], list[Event]]:
        async with served(server) as wyoming:
            async with connected(wyoming) as first, connected(wyoming) as second:
                for client in (first, second):
                    await send(client, Ping())
                    assert Pong.is_type((await read_all(client, Pong))[-1].type)
                async with connected(wyoming) as third:
                    refused = await read_all(third)
            await asyncio.sleep(0.1)
            async with connected(wyoming) as fourth:
                await send(fourth, Ping())
                return refused, await read_all(fourth, Pong)

    (error,), (pong,) = run(scenario())
    assert Error.from_event(error).code == "TooManyRequests"
    assert Pong.is_type(pong.type)


def test_client_that_does_not_read_is_left(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited(server, monkeypatch, idle=0.5, messages=100_000)

    async def scenario() -> None:
        async with served(server) as wyoming:
            with socket.create_connection(("127.0.0.1", port_of(wyoming))) as raw:
                raw.setblocking(False)
                loop = asyncio.get_running_loop()
                data = json.dumps({"text": "x" * 500_000}).encode()
                line = json.dumps({"type": "ping", "data_length": len(data)}).encode()
                with pytest.raises(ConnectionError):
                    while True:
                        await loop.sock_sendall(raw, line + b"\n" + data)
            assert await info(wyoming)

    run(scenario())
