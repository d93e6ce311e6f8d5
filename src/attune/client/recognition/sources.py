"""Audio from where it comes, read in a thread of its own: waiting for it holds up nobody."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncGenerator
from contextlib import aclosing

import numpy as np
from numpy.typing import NDArray

from attune.client.recognition.events import RemoteEvent
from attune.client.recognition.streams import AsyncRemoteStream
from attune.keyword import AudioInput
from attune.keyword.audio_streams import recording

__all__ = ["Source", "blocks_of", "recognized"]

Source = AudioInput | str | os.PathLike[str]
"""A `PushStream`, a `PullStream`, a `Microphone`, anything else that reads like them, or the path
of a recording."""

Floats = NDArray[np.float32]

_READ_SECONDS = 0.1


async def blocks_of(source: Source) -> AsyncGenerator[Floats, None]:
    """The audio of `source`, 16 kHz, as it comes and to its end; raises what the source raises.

    A source that does not return from reading is left behind when this is closed.
    """
    audio = recording(source) if isinstance(source, str | os.PathLike) else source
    loop = asyncio.get_running_loop()
    ready: asyncio.Queue[Floats | BaseException | None] = asyncio.Queue(1)
    stopping = threading.Event()

    def hand_over(item: Floats | BaseException | None) -> None:
        if not stopping.is_set():
            asyncio.run_coroutine_threadsafe(ready.put(item), loop).result()

    def read() -> None:
        """To the source's end, as fast as blocks are taken."""
        try:
            while not stopping.is_set() and (block := audio.read(_READ_SECONDS)) is not None:
                if len(block):
                    hand_over(block)
        except BaseException as error:
            hand_over(error)
        else:
            hand_over(None)

    threading.Thread(target=read, name="attune-audio", daemon=True).start()
    try:
        while (item := await ready.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stopping.set()
        while not ready.empty():  # The thread may wait for room.
            ready.get_nowait()


async def recognized(
    stream: AsyncRemoteStream, source: Source
) -> AsyncGenerator[RemoteEvent, None]:
    """The events that the audio of `source` brings, to its end."""
    broken: list[Exception] = []

    async def send() -> None:
        try:
            async with aclosing(blocks_of(source)) as blocks:
                async for block in blocks:
                    await stream.send(block)
        except Exception as error:
            broken.append(error)
        await stream.end()

    sending = asyncio.create_task(send())
    try:
        while events := await stream.next_events():
            for event in events:
                yield event
        if broken:
            raise broken[0]
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        await stream.close()
