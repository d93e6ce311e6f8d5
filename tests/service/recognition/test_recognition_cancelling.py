"""Clients that go away in the middle of something leave nothing behind."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import numpy as np
import pytest
from deployments import Ground, asked
from numpy.typing import NDArray

from attune.service.errors import Busy, Unavailable
from attune.service.recognition import Recognition
from attune.service.recognition.in_threads import ThreadRecognizers

Floats = NDArray[np.float32]


async def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


def leases(recognition: Recognition) -> int:
    recognizers = recognition._recognizers
    assert isinstance(recognizers, ThreadRecognizers)
    return sum(entry.leases for entry in recognizers.models._entries.values())


def test_a_call_that_is_cancelled_frees_place_and_model(shared: Ground, dictation: Floats) -> None:
    recognition = shared.recognition(streams=1)
    long = np.concatenate([dictation] * 20)

    async def attempt() -> None:
        session = await recognition.open(asked())
        hearing = asyncio.create_task(session.accept(long))
        await eventually(lambda: session.heard > 0)
        hearing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hearing
        await session.close()
        async with await recognition.open(asked()):
            assert leases(recognition) >= 1
        await eventually(lambda: leases(recognition) == 0)
        assert session.heard < len(long) / 16_000
        with pytest.raises(Unavailable):
            await session.finish()

    asyncio.run(attempt())


def test_closing_while_a_thread_hears_keeps_the_model_until_it_is_done(
    shared: Ground, dictation: Floats
) -> None:
    recognition = shared.recognition(streams=1)

    async def attempt() -> None:
        session = await recognition.open(asked())
        hearing = asyncio.create_task(session.accept(np.concatenate([dictation] * 5)))
        await eventually(lambda: session.heard > 0)
        await session.close()
        with pytest.raises(Unavailable):
            await hearing
        await eventually(lambda: leases(recognition) == 0)

    asyncio.run(attempt())


def test_a_recording_that_nobody_waits_for_is_not_heard_to_its_end(
    shared: Ground, dictation: Floats
) -> None:
    from attune.audio import RawFormat

    recognition = shared.recognition(streams=1)
    pause = np.zeros(24_000, np.float32)
    audio = np.concatenate([dictation, pause] * 30).astype("<f4").tobytes()
    raw = RawFormat(16_000, 1, "f32le")

    async def attempt() -> None:
        work = asyncio.create_task(recognition.transcribe(asked(), audio, raw=raw))
        await asyncio.sleep(0.5)
        with pytest.raises(Busy):
            await recognition.open(asked())
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        began = time.monotonic()
        async with await recognition.open(asked()) as session:
            await session.accept(dictation[:1600])
        assert time.monotonic() - began < 5
        assert recognition._workers.waiting == 0

    asyncio.run(attempt())


def test_who_stops_waiting_for_a_model_does_not_stop_the_others(
    shared: Ground, dictation: Floats
) -> None:
    recognition = shared.recognition()

    async def attempt() -> None:
        first, second = (asyncio.create_task(recognition.open(asked())) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        async with await second as session:
            assert session.model_id == shared.base.id
        await eventually(lambda: leases(recognition) == 0)

    asyncio.run(attempt())


def test_a_session_that_hears_nothing_closes_itself(shared: Ground, dictation: Floats) -> None:
    recognition = shared.recognition(streams=1, idle=0.3)

    async def attempt() -> None:
        session = await recognition.open(asked())
        await asyncio.sleep(0.15)
        await session.accept(dictation[:3200])
        await asyncio.sleep(0.2)
        assert not session.ended
        await eventually(lambda: session.ended)
        with pytest.raises(Unavailable):
            await session.accept(dictation)
        async with await recognition.open(asked()):
            pass

    asyncio.run(attempt())
