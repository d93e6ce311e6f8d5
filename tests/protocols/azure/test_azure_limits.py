"""Limits of a server with low ones, as the Speech SDK meets them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from conftest import MakeWav
from running import RunningServer, running_server
from speaking import pcm
from speech_client import Plan, speak
from usp_client import named, request_id, usp

from attune.service.settings import Limits


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    limits = Limits(stream_audio=4.0, idle=1.5, short_audio=3.0)
    with running_server(tmp_path_factory.mktemp("strict") / "data", limits=limits) as running:
        yield running


def test_a_longer_stream_goes_on_in_another_turn(strict: RunningServer, recording: MakeWav) -> None:
    """Speech that lies in one turn is heard; times go on."""
    path = recording("weather.wav", 1.5, 1.5, "weather.wav", 1.5)
    plan = Plan(
        host=strict.websocket,
        key=strict.key,
        audio=str(path),
        calls=("continuous", "wait", "stop"),
    )
    spoken = speak(plan)
    assert spoken.of("canceled")[0]["cancel_reason"] == "EndOfStream"
    assert spoken.texts[0] == "Will it rain in the afternoon?"
    assert len(spoken.texts) >= 2
    assert spoken.of("recognized")[-1]["offset"] / 1e7 > 5.0
    assert len(spoken.of("connected")) == 1


def test_idle_connections_are_closed(strict: RunningServer) -> None:
    with usp(strict) as client:
        client.audio(request_id(), pcm("weather.wav")[:3200])
        client.messages(until="nothing")
        assert client.socket.close_code == 1000
    with usp(strict) as client:
        request = request_id()
        client.audio(request, b"RIFF\0\0\0\0WAVE")
        found = client.messages(until="nothing")
        assert [path for path, _ in found] == ["turn.start"]
        assert not named(found, "speech.phrase")
