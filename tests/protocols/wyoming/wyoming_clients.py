"""Wyoming's own client against a server of ours, in the order in which Home Assistant sends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray
from running import RunningServer
from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncClient
from wyoming.error import Error
from wyoming.event import Event, Eventable
from wyoming.info import Describe, Info
from wyoming.wake import Detect, Detection, NotDetected

from attune.protocols.wyoming import WyomingServer, start_wyoming

CHUNK = 1024  # samples, as Home Assistant's satellites send


@asynccontextmanager
async def served(
    server: RunningServer, project_id: str | None = None, uri: str = "tcp://127.0.0.1:0"
) -> AsyncIterator[WyomingServer]:
    """A server of Wyoming in this event loop, beside the web server."""
    wyoming = await start_wyoming(server.service, uri, project_id=project_id)
    try:
        yield wyoming
    finally:
        await wyoming.close()


def connected(wyoming: WyomingServer) -> AsyncClient:
    return AsyncClient.from_uri(wyoming.uri, read_timeout=20)


def port_of(wyoming: WyomingServer) -> int:
    port = urlsplit(wyoming.uri).port
    assert port is not None
    return port


def pcm(samples: NDArray[np.float32]) -> bytes:
    return (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()


async def send(client: AsyncClient, *messages: Eventable) -> None:
    for message in messages:
        await client.write_event(message.event())


def chunks(
    data: bytes, rate: int = 16_000, width: int = 2, channels: int = 1, samples: int = CHUNK
) -> Iterable[AudioChunk]:
    """The audio in chunks with timestamps in milliseconds."""
    step = samples * width * channels
    for first in range(0, len(data), step):
        piece = data[first : first + step]
        yield AudioChunk(rate, width, channels, piece, first * 1000 // (width * channels * rate))


async def read_all(client: AsyncClient, *last: type[Eventable]) -> list[Event]:
    """Events until one of the kinds that come last, or the end of the connection."""
    events: list[Event] = []
    while (event := await client.read_event()) is not None:
        events.append(event)
        if any(kind.is_type(event.type) for kind in last):
            break
    return events


async def info(wyoming: WyomingServer, patience: float = 1.0) -> Info:
    """As Home Assistant loads it, which waits a second for it."""
    async with connected(wyoming) as client, asyncio.timeout(patience):
        await client.write_event(Describe().event())
        while True:
            event = await client.read_event()
            assert event is not None, "connection closed unexpectedly"
            if Info.is_type(event.type):
                return Info.from_event(event)


async def transcribed(
    client: AsyncClient, data: bytes, wanted: Transcribe | None = None, **form: int
) -> list[Event]:
    """A transcription as Home Assistant's speech-to-text asks for it; the events up to it."""
    if wanted is not None:
        await send(client, wanted)
    rate, width, channels = (
        form.get("rate", 16_000),
        form.get("width", 2),
        form.get("channels", 1),
    )
    await send(client, AudioStart(rate, width, channels))
    await send(client, *chunks(data, rate, width, channels), AudioStop())
    return await read_all(client, Transcript, Error)


async def woken(
    wyoming: WyomingServer, data: bytes, names: Sequence[str] | None
) -> Detection | None:
    """The first detection, reading and sending side by side as Home Assistant's wake word
    provider does; None where the audio ended without one."""
    async with connected(wyoming) as client:
        await client.write_event(Detect(names=list(names) if names else None).event())
        await client.write_event(AudioStart(rate=16_000, width=2, channels=1).event())
        told = asyncio.create_task(client.read_event())
        for chunk in chunks(data):
            await client.write_event(chunk.event())
            await asyncio.sleep(0)
            if told.done():
                break
        else:
            await client.write_event(AudioStop().event())
        event = await asyncio.wait_for(told, 20)
        assert event is not None, "connection lost"
        if NotDetected.is_type(event.type):
            return None
        assert Detection.is_type(event.type), event
        return Detection.from_event(event)
