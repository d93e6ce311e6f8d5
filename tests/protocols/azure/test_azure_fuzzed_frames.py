"""Frames of all kinds, at random: the server answers, ends the connection or waits; it never fails,
hangs or keeps anything."""

from __future__ import annotations

import json
import logging
import time
from contextlib import suppress
from typing import Any

import pytest
from conftest import SAMPLES
from hypothesis import given, settings
from hypothesis import strategies as st
from running import RunningServer
from usp_client import named, request_id, usp
from websockets.exceptions import ConnectionClosed

from attune.protocols.azure.frames import BinaryFrame, TextFrame

PIECES = [
    (SAMPLES / name).read_bytes()[at : at + 3000]
    for name in ("weather.wav", "question.ogg", "command.flac", "digits.mp3")
    for at in (0, 3000)
]
ids = st.sampled_from(["", "a" * 32, "b" * 32, "c-d"])
contexts = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["phraseDetection", "dgi", "Groups", "Items", "Text", "mode", "bias"]),
            inner,
            max_size=3,
        )
    ),
)
frames = st.one_of(
    st.builds(BinaryFrame, st.sampled_from(["audio", "video"]), ids, st.just({}), st.binary()),
    st.builds(BinaryFrame, st.just("audio"), ids, st.just({}), st.sampled_from(PIECES)),
    st.builds(
        TextFrame,
        st.sampled_from(["speech.context", "speech.config", "telemetry"]),
        ids,
        st.just({}),
        contexts.map(json.dumps) | st.text(max_size=20),
    ),
).map(lambda frame: frame.write())
sent = st.lists(frames | st.text(max_size=50) | st.binary(max_size=50), min_size=1, max_size=12)
CLOSED = {1000, 1007}


@settings(max_examples=60)
@given(sent, st.sampled_from(["interactive", "conversation"]))
def test_any_messages(
    server: RunningServer, caplog: pytest.LogCaptureFixture, messages: list[Any], mode: str
) -> None:
    with usp(server, mode) as client:
        with suppress(ConnectionClosed):
            for message in messages:
                client.socket.send(message)
        # A last turn shows that nothing hangs, unless the connection was ended for a reason.
        last = request_id()
        with suppress(ConnectionClosed):
            client.context(last)
            client.audio(last, PIECES[0])
            client.end(last)
            while client.socket.close_code is None:
                found = client.messages()
                if not found or named(found, "turn.start")[-1:] == [
                    {"context": {"serviceTag": last}}
                ]:
                    break
        assert client.socket.close_code in {None, *CLOSED}
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_no_place_is_kept(server: RunningServer) -> None:
    deadline = time.monotonic() + 10
    while server.service.recognition.traffic(None).streams and time.monotonic() < deadline:
        time.sleep(0.05)
    assert server.service.recognition.traffic(None).streams == 0
