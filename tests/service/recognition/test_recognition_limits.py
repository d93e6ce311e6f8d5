"""How much is heard at once."""

from __future__ import annotations

import asyncio

import pytest
from deployments import Ground, asked

from attune.service.errors import Busy


def test_an_endpoint_has_a_limit_of_streams_and_says_when_to_come_back(shared: Ground) -> None:
    recognition = shared.recognition()
    project = shared.project()
    model = shared.model(project)
    endpoint = shared.endpoint(project, {model: 1.0}, max_streams=2)

    async def attempt() -> None:
        first = await recognition.open(asked(endpoint))
        async with await recognition.open(asked(endpoint)):
            with pytest.raises(Busy, match="the endpoint") as refused:
                await recognition.open(asked(endpoint))
            assert refused.value.retry_after >= 1
            with pytest.raises(Busy):
                await recognition.transcribe(asked(endpoint), b"")
            async with await recognition.open(asked()):
                pass  # others are not concerned
        async with await recognition.open(asked(endpoint)):
            await first.close()
            async with await recognition.open(asked(endpoint)):
                pass

    asyncio.run(attempt())
    figures = recognition.traffic(endpoint)
    assert (figures.streams, figures.opened, figures.refused) == (0, 4, 2)
    text = shared.metrics.text().decode()
    assert f'attune_streams{{endpoint="{endpoint}"}} 0.0' in text
    assert f'attune_refused_streams_total{{endpoint="{endpoint}"}} 2.0' in text


def test_the_service_has_a_limit_of_streams(shared: Ground) -> None:
    recognition = shared.recognition(streams=1)

    async def attempt() -> None:
        async with await recognition.open(asked()):
            with pytest.raises(Busy, match="the service's limit"):
                await recognition.open(asked())
        reservation = await recognition.reserve(asked())
        with pytest.raises(Busy):
            await recognition.reserve(asked())
        async with await recognition.open(asked(), reservation):
            pass
        reservation.release()  # twice is once
        async with await recognition.open(asked()):
            with pytest.raises(Busy):
                await recognition.open(asked())

    asyncio.run(attempt())
