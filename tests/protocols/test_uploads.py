"""Uploads over HTTP."""

from __future__ import annotations

import hashlib
import json
import socket
import time
from collections.abc import Iterator

import httpx
import pytest
from running import RunningServer

CONTENT = bytes(range(256)) * 20_000


@pytest.fixture
def client(server: RunningServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{server.url}/attune/v1", headers=server.headers) as client:
        yield client


def announce(client: httpx.Client, **fields: object) -> httpx.Response:
    # Not httpx's own JSON, which cannot send half a character as an attacker can.
    body = json.dumps({"name": "a.zip", "size": len(CONTENT), **fields})
    return client.post("/uploads", content=body, headers={"Content-Type": "application/json"})


def test_a_file_comes_in_pieces(server: RunningServer, client: httpx.Client) -> None:
    digest = hashlib.sha256(CONTENT).hexdigest()
    answer = announce(client, sha256=digest)
    assert answer.status_code == 201
    address = answer.headers["Location"]
    assert address == answer.json()["self"]
    sent = 0
    for piece in (CONTENT[:1_000_000], CONTENT[1_000_000:]):
        answer = client.patch(address, content=piece, headers={"Upload-Offset": str(sent)})
        sent += len(piece)
        assert answer.headers["Upload-Offset"] == str(sent)
    assert answer.json()["status"] == "Succeeded"
    assert answer.json()["sha256"] == digest
    assert server.service.store.path(digest).read_bytes() == CONTENT
    assert client.post(f"{address}/finish").json() == answer.json()
    assert client.get(address).json()["received"] == len(CONTENT)


def test_a_connection_that_breaks_loses_little(server: RunningServer, client: httpx.Client) -> None:
    address = announce(client).json()["self"]
    path = httpx.URL(address).path
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(
            f"PATCH {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(CONTENT)}\r\n"
            f"Ocp-Apim-Subscription-Key: {server.key}\r\nUpload-Offset: 0\r\n\r\n".encode()
            + CONTENT[:3_000_000]
        )
        time.sleep(0.5)
    deadline = time.monotonic() + 10
    while (received := client.get(address).json()["received"]) == 0:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert received >= 2_000_000
    answer = client.patch(
        address, content=CONTENT[received:], headers={"Upload-Offset": str(received)}
    )
    assert answer.json()["sha256"] == hashlib.sha256(CONTENT).hexdigest()


def test_a_dead_connection_does_not_keep_a_live_one_out(
    server: RunningServer, client: httpx.Client
) -> None:
    address = announce(client).json()["self"]
    path = httpx.URL(address).path
    with socket.create_connection(("127.0.0.1", server.port)) as dead:
        dead.sendall(
            f"PATCH {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(CONTENT)}\r\n"
            f"Ocp-Apim-Subscription-Key: {server.key}\r\nUpload-Offset: 0\r\n\r\nxxx".encode()
        )
        time.sleep(0.2)
        answer = client.patch(address, content=CONTENT, headers={"Upload-Offset": "0"})
        assert answer.json()["status"] == "Succeeded"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"size": 0}, 400),
        ({"size": 10**30}, 413),
        ({"size": "many"}, 400),
        ({"size": 2**40}, 413),
        ({"name": ""}, 400),
        ({"name": "\ud800"}, 400),
        ({"sha256": "abc"}, 400),
        ({"project": "nowhere"}, 404),
        ({"project": "\0"}, 404),
    ],
)
def test_what_cannot_be_is_refused(
    client: httpx.Client, fields: dict[str, object], status: int
) -> None:
    answer = announce(client, **fields)
    assert answer.status_code == status
    assert answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("offset", "status"), [("5", 409), ("-1", 400), ("x", 400), (None, 400), (str(10**30), 409)]
)
def test_wrong_offsets_are_refused(client: httpx.Client, offset: str | None, status: int) -> None:
    address = announce(client).json()["self"]
    headers = {} if offset is None else {"Upload-Offset": offset}
    assert client.patch(address, content=b"x", headers=headers).status_code == status


def test_more_than_was_announced_is_refused(client: httpx.Client) -> None:
    address = announce(client, size=10).json()["self"]
    answer = client.patch(address, content=b"x" * 11, headers={"Upload-Offset": "0"})
    assert answer.status_code == 413
    answer = client.patch(
        address, content=iter([b"x" * 6, b"x" * 6]), headers={"Upload-Offset": "0"}
    )
    assert answer.status_code == 413


def test_bytes_that_are_not_those_announced_are_told(client: httpx.Client) -> None:
    address = announce(client, size=1, sha256="0" * 64).json()["self"]
    answer = client.patch(address, content=b"x", headers={"Upload-Offset": "0"})
    assert answer.status_code == 400
    assert "SHA-256" in answer.json()["error"]["message"]
    assert client.get(address).json()["received"] == 0


def test_an_upload_is_cancelled(client: httpx.Client) -> None:
    address = announce(client).json()["self"]
    assert client.delete(address).status_code == 204
    assert client.get(address).status_code == 404
