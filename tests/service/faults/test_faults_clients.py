"""Clients that are slow, half open or gone, many at a time: the others do not notice, and what they
held is given back."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from threading import Event

import httpx
import pytest
from mortal_server import SAMPLES, MortalServer
from spoken import SAID, Speaker
from waiting import eventually
from websockets.sync.client import connect

from attune.client import Recognizer

_HALF_A_STREAM = """
import sys, time
from websockets.sync.client import connect
address, key = sys.argv[1:]
with connect(address, additional_headers={"Ocp-Apim-Subscription-Key": key}) as socket:
    socket.send(bytes(32_000))
    socket.recv()
    print("open", flush=True)
    time.sleep(600)
"""


def sockets(server: MortalServer) -> int:
    """Connections that the server has open."""
    found = 0
    for each in Path(f"/proc/{server.pid}/fd").iterdir():
        with suppress(OSError):
            found += str(each.readlink()).startswith("socket:")
    return found


def streams(server: MortalServer) -> float:
    """Streams that the server holds."""
    lines = httpx.get(f"{server.url}/metrics").text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("attune_streams{"))


def said_by_another(server: MortalServer) -> list[str]:
    """What a client hears who does nothing wrong."""
    go_on = Event()
    go_on.set()
    with Recognizer(server.url, server.key) as recognizer:
        speaker = Speaker(recognizer, 0.5, go_on)
        speaker.start()
        speaker.join(120)
    assert speaker.failure is None
    return speaker.texts


def test_half_sent_requests_hold_nobody_up(standing: MortalServer) -> None:
    content = (SAMPLES / "weather.wav").read_bytes()
    assert said_by_another(standing) == SAID
    before = sockets(standing)
    key = f"Host: x\r\nOcp-Apim-Subscription-Key: {standing.key}\r\n"
    body = "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
    boundary = "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 1000000\r\n\r\n"
    part = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\nRIFF'
    beginnings = [
        "",
        "GET /hea",
        f"GET /metrics HTTP/1.1\r\n{key}",
        f"POST /speechtotext/v3.2/projects HTTP/1.1\r\n{key}{body}",
        f"POST /v1/transcribe HTTP/1.1\r\n{key}{boundary}{part}",
        f"POST /speechtotext/v3.2/datasets/upload HTTP/1.1\r\n{key}{boundary}{part}",
    ]
    with ExitStack() as stack:
        for beginning in beginnings * 15:
            raw = stack.enter_context(socket.create_connection(("127.0.0.1", standing.port), 10))
            raw.sendall(beginning.encode())
        eventually(lambda: sockets(standing) >= before + 15 * len(beginnings) - 5)
        began = time.monotonic()
        with standing.client() as client:
            assert client.get("/health/ready").status_code == 200
            answer = client.post("/v1/transcribe", files={"file": ("a.wav", content)})
            assert answer.json()["text"] == SAID[0]
        assert said_by_another(standing) == SAID
        assert time.monotonic() - began < 60
    eventually(lambda: sockets(standing) <= before + 4)


@pytest.mark.slow
def test_clients_that_stand_still_are_dropped(standing: MortalServer) -> None:
    """Half-open connections: the other end takes what comes, and no program there ever answers."""
    before = sockets(standing)
    address = f"ws://127.0.0.1:{standing.port}/v1/stream"
    with ExitStack() as stack:
        stopped = []
        for _ in range(2):
            process = stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", _HALF_A_STREAM, address, standing.key],
                    stdout=subprocess.PIPE,
                )
            )
            stack.callback(process.kill)
            assert process.stdout is not None
            assert process.stdout.readline() == b"open\n"
            process.send_signal(signal.SIGSTOP)
            stopped.append(process)
        assert streams(standing) == len(stopped)
        assert said_by_another(standing) == SAID
        # A ping after 20 s and 60 s for its answer.
        eventually(lambda: streams(standing) == 0, 120)
        eventually(lambda: sockets(standing) <= before + 4)


def test_clients_that_vanish_free_their_places(standing: MortalServer) -> None:
    before = sockets(standing)
    headers = {"Ocp-Apim-Subscription-Key": standing.key}
    for _ in range(3):
        with ExitStack() as stack:
            address = f"ws://127.0.0.1:{standing.port}/v1/stream"
            opened = [
                stack.enter_context(connect(address, additional_headers=headers)) for _ in range(10)
            ]
            for each in opened:
                each.send(bytes(16_000))
                assert json.loads(each.recv(timeout=30))["type"] == "ready"
            for each in opened:
                each.socket.shutdown(socket.SHUT_RDWR)
            eventually(lambda: streams(standing) == 0)
    eventually(lambda: sockets(standing) <= before + 4)
