"""Limits of a server with low ones, as the Speech SDK meets them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from conftest import MakeWav
from running import RunningServer, running_server
from speaking import pcm
from speech_client import Plan, speak
from usp_client import named, request_id, usp
from websockets.exceptions import ConnectionClosed

from attune.service.access import Scope
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


@pytest.fixture(scope="module")
def watchful(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    limits = Limits(key_check=0.3)
    with running_server(tmp_path_factory.mktemp("watchful") / "data", limits=limits) as running:
        yield running


@pytest.mark.parametrize("by_token", [False, True], ids=["key", "token"])
def test_recognition_ends_with_its_key(
    watchful: RunningServer, recording: MakeWav, by_token: bool
) -> None:
    """The SDK sends a recording as fast as twice its time."""
    access = watchful.service.access
    admin = access.authenticate(watchful.key)
    key, secret = access.create_key(admin, "for a while", Scope.RECOGNISE)
    plan = Plan(
        host=watchful.websocket,
        key="" if by_token else secret,
        token=access.issue_token(access.authenticate(secret)) if by_token else "",
        audio=str(recording("weather.wav", 1.5, "command.flac", 60.0)),
        calls=("continuous", "wait", "stop"),
    )

    traffic = watchful.service.recognition.traffic
    before = traffic(None).finals

    def revoke() -> None:
        """When something was heard."""
        deadline = time.monotonic() + 30
        while traffic(None).finals == before and time.monotonic() < deadline:
            time.sleep(0.05)
        access.revoke(admin, key.id)

    revoking = threading.Thread(target=revoke)
    revoking.start()
    began = time.monotonic()
    spoken = speak(plan)
    revoking.join()
    assert spoken.texts
    (canceled,) = spoken.of("canceled")
    assert (canceled["cancel_reason"], canceled["code"]) == ("Error", "AuthenticationFailure")
    assert time.monotonic() - began < 20
    assert traffic(None).streams == 0


def test_a_connection_without_a_turn_ends_with_its_key(watchful: RunningServer) -> None:
    access = watchful.service.access
    admin = access.authenticate(watchful.key)
    key, secret = access.create_key(admin, "for a while", Scope.RECOGNISE)
    with usp(replace(watchful, key=secret)) as client:
        access.revoke(admin, key.id)
        with pytest.raises(ConnectionClosed):
            client.socket.recv(timeout=5)
        assert (client.socket.close_code, client.socket.close_reason) == (
            1008,
            "this key was revoked",
        )


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
