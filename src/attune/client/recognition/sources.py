"""Audio from where it comes, read in a thread of its own: waiting for it holds up nobody."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncGenerator

from attune.client.recognition.events import RemoteEvent
from attune.client.recognition.streams import AsyncRemoteStream
from attune.keyword import AudioInput
from attune.keyword.audio_streams import recording

__all__ = ["Source", "recognized"]

Source = AudioInput | str | os.PathLike[str]
"""A `PushStream`, a `PullStream`, a `Microphone`, anything else that reads like them, or the path
of a recording."""

_READ_SECONDS = 0.1


async def recognized(
    stream: AsyncRemoteStream, source: Source
) -> AsyncGenerator[RemoteEvent, None]:
    """The events that the audio of `source` brings, to its end."""
    audio = recording(source) if isinstance(source, str | os.PathLike) else source
    loop = asyncio.get_running_loop()
    stopping = threading.Event()
    broken: list[BaseException] = []

    def pump() -> None:
        """Read and hand over; a source that does not return is left behind."""
        try:
            while not stopping.is_set() and (block := audio.read(_READ_SECONDS)) is not None:
                if len(block) and not stopping.is_set():
                    asyncio.run_coroutine_threadsafe(stream.send(block), loop).result()
        except BaseException as error:
            broken.append(error)
        finally:
            if not stopping.is_set():
                asyncio.run_coroutine_threadsafe(stream.end(), loop)

    thread = threading.Thread(target=pump, name="attune-audio", daemon=True)
    thread.start()
    try:
        while events := await stream.next_events():
            for event in events:
                yield event
        if broken:
            raise broken[0]
    finally:
        stopping.set()
        await stream.close()
