"""Keywords on the device with asyncio: the same decisions, and nobody is held up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from keyword_speech import ATLAS, COMPUTER, HANDSHAKE, LIGHT, kinds, near_miss, say, spoken
from numpy.typing import NDArray
from server_processes import DroppingProxy, ServerProcess
from speech import RATE, blocks, dialogue, silence

from attune.audio import write_wav
from attune.client import AsyncKeywordListener, AsyncListenerStream, AsyncRecognizer, Unreachable
from attune.errors import InputError
from attune.keyword import Accepted, KeywordModel, PushStream, Recognized, Recognizing

ONE = ["Recognizing", "Accepted", "Recognizing", "Recognized"]


@asynccontextmanager
async def listening(
    server: ServerProcess, proxy: DroppingProxy, keywords: KeywordModel, **chosen: Any
) -> AsyncIterator[AsyncListenerStream]:
    async with (
        AsyncRecognizer(proxy.url, server.key, timeout=60.0) as recognizer,
        AsyncKeywordListener(keywords, recognizer, **chosen).stream() as stream,
    ):
        yield stream


async def accepted(stream: AsyncListenerStream, samples: NDArray[np.float32]) -> list[Any]:
    return [event for block in blocks(samples) for event in await stream.accept(block)]


async def settled(proxy: DroppingProxy) -> int:
    """Bytes sent once all that is on its way has passed."""
    await asyncio.sleep(0.3)
    return proxy.sent


def test_nothing_leaves_the_device_before_a_hit(
    server: ServerProcess, proxy: DroppingProxy, keywords: KeywordModel
) -> None:
    async def listen() -> None:
        async with listening(server, proxy, keywords) as stream:
            speech = np.concatenate([dialogue(), spoken("okay then"), silence(3.0)])
            assert await accepted(stream, speech) == []
            assert await settled(proxy) == 0
            assert (proxy.connections, stream.sent_seconds, stream.busy) == (0, 0.0, False)

            # A hit sends the pre-roll, the keyword and what follows, not what was before.
            events = await accepted(stream, spoken(LIGHT)) + await stream.finish()
            assert kinds(events) == ONE
            last = events[-1]
            assert last.text == "Hey Atlas, turn on the light in the kitchen."
            assert last.verdict.accepted and last.verdict.keyword == "hey atlas"
            assert last.start == pytest.approx(last.detection.start - 1.0, abs=0.05)
            assert stream.sent_seconds <= stream.seconds - last.start + 0.1
            assert 2 * RATE * stream.sent_seconds * 0.9 < proxy.sent
            assert proxy.sent < 2 * RATE * stream.sent_seconds + HANDSHAKE
            assert not stream.busy

    asyncio.run(listen())


def test_nothing_is_sent_after_the_utterance(
    server: ServerProcess, proxy: DroppingProxy, keywords: KeywordModel
) -> None:
    async def listen() -> None:
        async with listening(server, proxy, keywords) as stream:
            events = await accepted(stream, spoken(LIGHT, after=6.0))
            assert isinstance(events[-1], Recognized)
            sent = await settled(proxy)
            assert await accepted(stream, dialogue()) == []
            assert await settled(proxy) == sent

    asyncio.run(listen())


def test_a_rejected_keyword_stops_sending_and_listening_goes_on(
    server: ServerProcess, proxy: DroppingProxy, keywords: KeywordModel
) -> None:
    async def listen() -> None:
        async with listening(server, proxy, keywords, sensitivity=1.0) as stream:
            events = await accepted(stream, near_miss())
            assert kinds(events) == ["Recognizing", "Rejected"]
            assert not events[-1].verdict.accepted
            assert not stream.busy
            sent = await settled(proxy)
            assert await accepted(stream, dialogue()) == []
            assert await settled(proxy) == sent
            assert stream.sent_seconds < 6.0
            events = await accepted(stream, spoken(LIGHT)) + await stream.finish()
            assert isinstance(events[-1], Recognized)

    asyncio.run(listen())


@pytest.mark.parametrize("from_file", [False, True])
def test_the_audio_of_a_source(
    server: ServerProcess,
    proxy: DroppingProxy,
    keywords: KeywordModel,
    tmp_path: Path,
    from_file: bool,
) -> None:
    samples = spoken(LIGHT, "okay computer what time is it", after=4.0)
    push = PushStream(capacity=3600.0)
    push.write(samples)
    push.close()
    write_wav(tmp_path / "both.wav", samples, RATE)

    async def listen() -> list[Any]:
        async with listening(server, proxy, keywords) as stream:
            source = tmp_path / "both.wav" if from_file else push
            return [event async for event in stream.listen(source)]

    events = asyncio.run(listen())
    assert kinds(events) == ONE + ONE
    found = [event for event in events if isinstance(event, Recognized)]
    assert [event.detection.keyword for event in found] == [ATLAS.text, COMPUTER.text]
    assert [event.text for event in found] == [
        "Hey Atlas, turn on the light in the kitchen.",
        "Okay Computer, what time is it?",
    ]


def test_a_source_that_breaks_is_told(
    server: ServerProcess, proxy: DroppingProxy, keywords: KeywordModel
) -> None:
    class Broken:
        def read(self, timeout: float | None = None) -> NDArray[np.float32] | None:
            raise OSError("unplugged")

    async def listen() -> None:
        async with listening(server, proxy, keywords) as stream:
            async for _ in stream.listen(Broken()):
                pytest.fail("nothing was said")

    with pytest.raises(OSError, match="unplugged"):
        asyncio.run(listen())


def test_stop_ends_a_command_and_listening_goes_on(
    server: ServerProcess, proxy: DroppingProxy, keywords: KeywordModel
) -> None:
    async def listen() -> None:
        async with listening(server, proxy, keywords) as stream:
            events: list[Any] = []
            audio = iter(blocks(spoken(LIGHT, after=5.0)))
            while not any(isinstance(event, Accepted) for event in events):
                events += await stream.accept(next(audio))
            begun = time.monotonic()
            stream.stop()
            assert time.monotonic() - begun < 0.1
            assert not stream.busy
            sent = await settled(proxy)
            for block in audio:
                assert await stream.accept(block) == []
            assert await settled(proxy) == sent
            events = await accepted(stream, spoken(LIGHT)) + await stream.finish()
            assert isinstance(events[-1], Recognized)

    asyncio.run(listen())


def test_stop_while_a_block_is_on_its_way(
    server: ServerProcess, proxy: DroppingProxy, keywords: KeywordModel
) -> None:
    """Another task stops it: the one that listens is told nothing more, and no error."""

    async def listen() -> None:
        async with listening(server, proxy, keywords) as stream:
            events: list[Any] = []

            async def stopping() -> None:
                while not stream.busy:
                    await asyncio.sleep(0)
                stream.stop()

            stopper = asyncio.create_task(stopping())
            for block in blocks(spoken(LIGHT, after=5.0)):
                events += await stream.accept(block)
            await stopper
            assert kinds(events) in ([], ["Recognizing"])
            assert not stream.busy
            events = await accepted(stream, spoken(LIGHT)) + await stream.finish()
            assert isinstance(events[-1], Recognized)

    asyncio.run(listen())


def test_a_new_hit_interrupts_a_keyword_without_a_command(
    server: ServerProcess, proxy: DroppingProxy, keywords: KeywordModel
) -> None:
    pause = np.concatenate([silence(1.5), say("hey atlas"), silence(2.0)])
    samples = np.concatenate([pause, spoken("okay computer what time is it")])

    async def listen() -> list[Any]:
        async with listening(server, proxy, keywords) as stream:
            return await accepted(stream, samples) + await stream.finish()

    found = [event for event in asyncio.run(listen()) if isinstance(event, Recognized)]
    assert [event.text for event in found] == ["Okay Computer, what time is it?"]


def test_a_connection_dropped_while_a_command_is_spoken(
    server: ServerProcess, proxy: DroppingProxy, keywords: KeywordModel
) -> None:
    async def listen() -> list[Any]:
        events: list[Any] = []
        dropped = False
        async with listening(server, proxy, keywords) as stream:
            for block in blocks(spoken(LIGHT)):
                events += await stream.accept(block)
                await asyncio.sleep(0.02)  # or all is said before the keyword is accepted
                if not dropped and any(isinstance(event, Accepted) for event in events):
                    proxy.drop()
                    dropped = True
            return events + await stream.finish()

    events = asyncio.run(listen())
    assert proxy.connections == 2
    assert len([event for event in events if isinstance(event, Accepted)]) == 1
    assert events[-1].text == "Hey Atlas, turn on the light in the kitchen."


def test_without_a_server_the_command_is_given_up_and_listening_goes_on(
    server: ServerProcess, keywords: KeywordModel
) -> None:
    proxy = DroppingProxy(server.port)
    proxy.close()

    async def listen() -> None:
        async with listening(server, proxy, keywords) as stream:
            for _ in range(2):
                with pytest.raises(Unreachable):
                    for block in blocks(spoken(LIGHT, after=4.0)):
                        await stream.accept(block)
                        await asyncio.sleep(0.002)
                assert not stream.busy

    asyncio.run(listen())


def test_several_listen_in_one_loop_and_others_have_their_turn(
    server: ServerProcess, proxy: DroppingProxy, keywords: KeywordModel
) -> None:
    """Each hears its own keyword; a task that ticks beside them is never late by much."""
    texts = ["hey atlas turn on the light in the kitchen", "okay computer what time is it"]
    late: list[float] = []

    async def tick() -> None:
        while True:
            begun = time.monotonic()
            await asyncio.sleep(0.005)
            late.append(time.monotonic() - begun - 0.005)

    async def one(recognizer: AsyncRecognizer, text: str) -> str:
        async with AsyncKeywordListener(keywords, recognizer).stream() as stream:
            events = await stream.accept(spoken(text)) + await stream.finish()
            return str(events[-1].text)

    async def listen() -> list[str]:
        ticking = asyncio.create_task(tick())
        async with AsyncRecognizer(proxy.url, server.key, timeout=60.0) as recognizer:
            heard = await asyncio.gather(*(one(recognizer, text) for text in texts))
        ticking.cancel()
        return list(heard)

    assert asyncio.run(listen()) == [
        "Hey Atlas, turn on the light in the kitchen.",
        "Okay Computer, what time is it?",
    ]
    assert np.median(late) < 0.1


def test_a_task_that_is_cancelled_leaves_nothing_behind(
    server: ServerProcess, proxy: DroppingProxy, keywords: KeywordModel
) -> None:
    push = PushStream(capacity=3600.0)
    push.write(np.concatenate([spoken(LIGHT)[: -2 * RATE], dialogue()]))  # And it stays open.

    async def listen() -> None:
        begun = asyncio.Event()

        async def forever() -> None:
            async with listening(server, proxy, keywords) as stream:
                async for event in stream.listen(push):
                    if isinstance(event, Recognizing):
                        begun.set()

        task = asyncio.create_task(forever())
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        sent = await settled(proxy)
        assert await settled(proxy) == sent
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(listen())


CALLS: dict[str, Callable[[AsyncListenerStream], Awaitable[object]]] = {
    "finish": AsyncListenerStream.finish,
    "close": AsyncListenerStream.close,
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_an_ended_stream_takes_no_more(
    server: ServerProcess,
    proxy: DroppingProxy,
    keywords: KeywordModel,
    call: Callable[[AsyncListenerStream], Awaitable[object]],
) -> None:
    async def listen() -> None:
        async with listening(server, proxy, keywords) as stream:
            await call(stream)
            assert await stream.finish() == []
            with pytest.raises(InputError, match="finished"):
                await stream.accept(silence(0.1))

    asyncio.run(listen())
