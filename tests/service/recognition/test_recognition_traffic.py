"""What an endpoint shows of itself."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from deployments import Ground, asked
from numpy.typing import NDArray

from attune.service.recognition import EndpointTraffic, Recognition

Floats = NDArray[np.float32]


def test_streams_audio_and_latency_are_counted(
    shared: Ground, recognition: Recognition, dictation: Floats
) -> None:
    project = shared.project()
    endpoint = shared.endpoint(project, {shared.model(project): 1.0})
    assert recognition.traffic(endpoint) == EndpointTraffic(0, 0, 0, 0.0, 0, None, None, ())

    async def stream() -> EndpointTraffic:
        async with await recognition.open(asked(endpoint)) as session:
            await session.accept(dictation)
            during = recognition.traffic(endpoint)
            await session.finish()
        return during

    during = asyncio.run(stream())
    assert (during.streams, during.opened, during.finals) == (1, 1, 0)
    after = recognition.traffic(endpoint)
    assert (after.streams, after.opened, after.finals) == (0, 1, 1)
    assert after.audio == pytest.approx(len(dictation) / 16_000, abs=0.1)
    assert after.latency_half is not None
    assert 0 < after.latency_half == after.latency_95 < 5
    assert sum(minute.opened for minute in after.minutes) == 1
    assert sum(minute.audio for minute in after.minutes) == pytest.approx(after.audio, abs=0.1)
    text = shared.metrics.text().decode()
    assert f'attune_final_seconds_count{{endpoint="{endpoint}"}} 1.0' in text
    assert f'attune_audio_seconds_total{{endpoint="{endpoint}"}} 5.' in text
