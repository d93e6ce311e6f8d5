"""Where Wyoming is served: TCP ports and Unix sockets, and places that cannot be."""

from __future__ import annotations

import asyncio
import socket
import stat
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from running import RunningServer
from wyoming.asr import Transcript
from wyoming_clients import connected, info, pcm, port_of, served, transcribed

from attune.audio import read_audio
from attune.data import Utterance
from attune.errors import InputError
from attune.protocols.wyoming import start_wyoming, tcp_uri


def run(scenario: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(asyncio.wait_for(scenario, 60))


@pytest.fixture
def uri(tmp_path: Path) -> str:
    return f"unix://{tmp_path}/wyoming.sock"


def place(uri: str) -> Path:
    return Path(uri.removeprefix("unix://"))


def test_a_socket_serves_as_a_port_does(
    server: RunningServer, samples: tuple[Utterance, ...], uri: str
) -> None:
    note = next(u.path for u in samples if u.path.name == "question.ogg")
    audio = pcm(np.asarray(read_audio(note)))

    async def text(at: str) -> str:
        async with served(server, uri=at) as wyoming, connected(wyoming) as client:
            assert await info(wyoming)
            return Transcript.from_event((await transcribed(client, audio))[-2]).text

    async def scenario() -> None:
        assert await text(uri) == await text("tcp://127.0.0.1:0") != ""

    run(scenario())
    assert not place(uri).exists()


def test_many_clients_of_a_socket(server: RunningServer, uri: str) -> None:
    async def scenario() -> None:
        async with served(server, uri=uri) as wyoming:
            assert stat.S_ISSOCK(place(uri).stat().st_mode)
            assert wyoming.uri == uri
            assert all(await asyncio.gather(*(info(wyoming) for _ in range(5))))

    run(scenario())


def test_what_a_killed_server_left_behind_is_replaced(server: RunningServer, uri: str) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(place(uri)))

    async def scenario() -> None:
        async with served(server, uri=uri) as wyoming:
            assert await info(wyoming)

    run(scenario())


def test_a_socket_at_which_another_listens_is_left(server: RunningServer, uri: str) -> None:
    async def scenario() -> None:
        async with served(server, uri=uri) as wyoming:
            with pytest.raises(InputError, match="another server listens there"):
                await start_wyoming(server.service, uri)
            assert await info(wyoming)

    run(scenario())


def test_a_file_that_is_no_socket_is_left(server: RunningServer, uri: str) -> None:
    place(uri).write_text("precious", "utf-8")
    with pytest.raises(InputError, match="a file that is no socket"):
        run(start_wyoming(server.service, uri))
    assert place(uri).read_text("utf-8") == "precious"


@pytest.mark.parametrize("rest", ["nowhere/wyoming.sock", "x" * 200])
def test_places_where_no_socket_can_be(server: RunningServer, tmp_path: Path, rest: str) -> None:
    with pytest.raises(InputError, match="cannot listen for Wyoming at unix:///"):
        run(start_wyoming(server.service, f"unix://{tmp_path}/{rest}"))


def test_a_port_that_is_taken(server: RunningServer) -> None:
    with pytest.raises(InputError, match=r"cannot listen for Wyoming at tcp://127\.0\.0\.1:\d+ \("):
        run(start_wyoming(server.service, f"tcp://127.0.0.1:{server.port}"))


@pytest.mark.parametrize(
    "wrong",
    [
        *("", "/run/wyoming.sock", "unix://", "unix:///", "unix://run/wyoming.sock"),
        *("tcp://localhost", "tcp://:10300", "tcp://localhost:99999", "tcp://localhost:x"),
        *("stdio://", "http://localhost:10300", "tcp://[::1:10300"),
    ],
)
def test_addresses_that_are_none(server: RunningServer, wrong: str) -> None:
    with pytest.raises(InputError, match="give unix:///PATH/TO/FILE or tcp://HOST:PORT"):
        run(start_wyoming(server.service, wrong))


def test_addresses_of_hosts() -> None:
    assert tcp_uri("0.0.0.0", 10300) == "tcp://0.0.0.0:10300"
    assert tcp_uri("::1", 0) == "tcp://[::1]:0"


def test_a_free_port_is_told(server: RunningServer) -> None:
    async def scenario() -> int:
        async with served(server) as wyoming:
            return port_of(wyoming)

    assert run(scenario()) > 1023
