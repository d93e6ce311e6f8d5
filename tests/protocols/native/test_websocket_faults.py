"""WebSockets under clients that are slow, silent, broken or hostile, and a server that stops."""

from __future__ import annotations

import gc
import json
import socket as sockets
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from any_frames import FINISH, FRAMES, idle
from hypothesis import given, settings
from hypothesis import strategies as st
from running import RunningServer, running_server
from speaking import connection, events, of_type, pcm, pieces
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from waiting import eventually
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from attune.protocols.serving import listening_socket
from attune.service import Limits


@pytest.mark.parametrize("path", ["/v1/stream", "/vosk"])
def test_no_frames_bring_the_server_down(server: RunningServer, path: str) -> None:
    @settings(max_examples=25)
    @given(st.lists(FRAMES, max_size=6))
    def fuzz(frames: list[str | bytes]) -> None:
        with connection(server, path) as socket:
            try:
                for frame in frames:
                    socket.send(frame)
                socket.send('{"eof": 1}' if path == "/vosk" else FINISH)
            except ConnectionClosed:
                pass
            found = events(socket)
            assert socket.close_code in (1000, 4400, 4413)
        assert not [e for e in found if e.get("code") == "InternalServerError"]

    fuzz()
    eventually(lambda: idle(server), 15)


def _raw(server: RunningServer, path: str = "/v1/stream") -> sockets.socket:
    """A connection that has shaken hands, for bytes that no client would send."""
    raw = sockets.create_connection(("127.0.0.1", server.port), 10)
    raw.sendall(
        f"GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        f"Ocp-Apim-Subscription-Key: {server.key}\r\n\r\n".encode()
    )
    assert b" 101 " in raw.recv(4096)
    return raw


def _frame(opcode: int, payload: bytes, *, first: int = 0x80, masked: bool = True) -> bytes:
    size = len(payload)
    mask = 0x80 if masked else 0
    head = struct.pack("!BB", first | opcode, mask | min(size, 126))
    if size >= 126:
        head += struct.pack("!H", size)
    return head + (bytes(4) if masked else b"") + payload


@pytest.mark.parametrize(
    "sent",
    [
        b"\xff" * 100,
        _frame(2, b"\0" * 100, masked=False),
        _frame(1, b"\xff\xfe"),
        _frame(3, b"unknown"),
        _frame(0, b"continues nothing"),
        _frame(8, b"\x03"),
        struct.pack("!BBQ", 0x82, 0xFF, 2**40),
        struct.pack("!BBQ", 0x82, 0xFF, 2**63),
    ],
)
def test_frames_that_are_none_end_the_connection(server: RunningServer, sent: bytes) -> None:
    with _raw(server) as raw:
        raw.sendall(sent)
        raw.settimeout(10)
        while raw.recv(4096):
            pass
    eventually(lambda: idle(server), 15)


def test_a_message_over_the_limit_is_refused(server: RunningServer) -> None:
    with connection(server, "/v1/stream") as socket:
        with suppress(ConnectionClosed):
            socket.send(bytes(server.service.settings.limits.message + 1))
        events(socket)
        assert socket.close_code == 1009
    eventually(lambda: idle(server), 15)


def _small_buffers(host: str, port: int) -> sockets.socket:
    """A listening socket whose connections hold little that nobody reads."""
    listener = listening_socket(host, port)
    listener.setsockopt(sockets.SOL_SOCKET, sockets.SO_SNDBUF, 4096)
    return listener


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server of little patience."""
    limits = Limits(idle=2.0, messages=50, stream_audio=42.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("running.listening_socket", _small_buffers)
        patch.setattr("attune.protocols.audio_socket._SEND_SECONDS", 1.0)
        patch.setattr("attune.protocols.serving._LINGER_SECONDS", 0.5)
        with running_server(tmp_path_factory.mktemp("strict") / "data", limits=limits) as running:
            yield running


@pytest.mark.parametrize("sent", [b"", pcm("dictation.wav")[:6400]])
def test_who_sends_nothing_is_asked_to_leave(strict: RunningServer, sent: bytes) -> None:
    with connection(strict, "/v1/stream") as socket:
        socket.send(sent)
        began = time.monotonic()
        error = events(socket)[-1]
        assert 1.9 < time.monotonic() - began < 10
        assert (error["type"], error["code"]) == ("error", "RequestTimeout")
        assert socket.close_code == 4408


def test_audio_over_the_limit_is_told_after_what_was_heard(strict: RunningServer) -> None:
    audio = (pcm("dictation.wav") + bytes(64_000)) * 6
    with connection(strict, "/v1/stream", partials=0) as socket:
        with suppress(ConnectionClosed):
            for piece in pieces(audio, 32_000):
                socket.send(piece)
        found = events(socket)
        assert socket.close_code == 4413
    assert of_type(found, "final")[0]["text"].startswith("We had a long walk")
    assert found[-1]["code"] == "PayloadTooLarge"


def test_many_messages_are_slowed_down_and_none_is_lost(strict: RunningServer) -> None:
    audio = pcm("dictation.wav")
    small = list(pieces(audio, 1600))  # 114 of them, of which 50 at once and 50 a second
    with connection(strict, "/v1/stream") as socket:
        began = time.monotonic()
        for piece in small:
            socket.send(piece)
        socket.send(FINISH)
        found = events(socket)
        assert time.monotonic() - began > (len(small) - 60) / 50
    assert found[-1]["time"] == pytest.approx(len(audio) / 32_000, abs=0.01)


def test_who_reads_nothing_is_cut_off(strict: RunningServer) -> None:
    recognition = strict.service.recognition
    raw = sockets.socket()
    raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 2048)
    raw.connect(("127.0.0.1", strict.port))
    with connect(
        f"{strict.websocket}/v1/stream",
        sock=raw,
        additional_headers={"Ocp-Apim-Subscription-Key": strict.key},
        max_queue=1,
        close_timeout=1,
    ) as socket:
        socket.send(json.dumps({"type": "start", "options": {"alternatives": 20}}))
        with suppress(ConnectionClosed):
            for piece in pieces((pcm("dictation.wav") + bytes(32_000)) * 6, 32_000):
                socket.send(piece)
        assert recognition._admission.taken == 1
        eventually(lambda: recognition._admission.taken == 0, 20)
        eventually(lambda: not _websockets(strict), 5)


def _websockets(server: RunningServer) -> list[object]:
    """The WebSockets that the server still holds."""
    return [
        each
        for each in gc.get_objects()
        if issubclass(type(each), WebSocketsSansIOProtocol)
        and each.server == ("127.0.0.1", server.port)
        and each in each.connections
    ]


def test_a_server_that_stops_gives_last_results(tmp_path: Path) -> None:
    audio = pcm("dictation.wav")
    found: list[dict[str, Any]] = []
    with ExitStack() as stack:
        with running_server(tmp_path / "data") as running:
            socket = stack.enter_context(connection(running, "/v1/stream"))
            socket.send(audio)
            while not of_type(found, "partial"):
                found.append(json.loads(socket.recv(timeout=20)))
        found += events(socket)
    assert of_type(found, "final")[0]["text"].startswith("We had a long walk")
    assert found[-1]["reason"] == "stopping"
    assert socket.close_code == 1012
