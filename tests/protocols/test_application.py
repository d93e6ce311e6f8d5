"""What every API has in common: limits, headers, errors, health, metrics."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator

import httpx
import pytest
from running import RunningServer

from attune.protocols import serving


def test_health_is_told_without_a_key(server: RunningServer) -> None:
    assert httpx.get(f"{server.url}/health/live").json() == {"status": "live"}
    ready = httpx.get(f"{server.url}/health/ready")
    assert ready.json() == {"status": "ready", "database": "ok", "store": "ok"}


def test_metrics_count_requests_by_their_route(server: RunningServer) -> None:
    httpx.get(f"{server.url}/health/live")
    httpx.request("BREW", f"{server.url}/no/such/{'x' * 50}")
    wanted = (
        'attune_requests_total{method="GET",route="/health/live",status="200"}',
        'attune_requests_total{method="OTHER",route="other",status="404"}',
    )
    deadline = time.monotonic() + 10
    while not all(line in (text := httpx.get(f"{server.url}/metrics").text) for line in wanted):
        assert time.monotonic() < deadline, text  # They count after their answer has gone.
    assert 'attune_jobs{status="Running"}' in text
    assert "xxxx" not in text


def test_every_answer_has_the_security_headers(server: RunningServer) -> None:
    for path in ("/health/live", "/nowhere"):
        headers = httpx.get(f"{server.url}{path}").headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Request-ID"]


@pytest.mark.parametrize(("sent", "kept"), [("abc-1.2", True), ("a b", False), ("x" * 65, False)])
def test_a_sensible_request_id_comes_back(server: RunningServer, sent: str, kept: bool) -> None:
    answer = httpx.get(f"{server.url}/health/live", headers={"X-Request-ID": sent})
    assert (answer.headers["X-Request-ID"] == sent) is kept


def test_what_is_not_there_is_told_as_json(server: RunningServer) -> None:
    answer = httpx.get(f"{server.url}/nowhere")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "NotFound"


def test_openapi_is_served_and_no_page_loads_scripts_from_elsewhere(server: RunningServer) -> None:
    document = httpx.get(f"{server.url}/openapi.json").json()
    assert "/health/ready" in document["paths"]
    assert httpx.get(f"{server.url}/docs").status_code == 404


def test_a_body_that_is_too_large_is_refused_announced_or_not(server: RunningServer) -> None:
    limit = server.service.settings.limits.body
    url = f"{server.url}/attune/v1/uploads"

    def endless() -> Iterator[bytes]:
        for _ in range(limit // 2**20 + 2):
            yield b" " * 2**20

    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        head = f"POST /attune/v1/uploads HTTP/1.1\r\nHost: x\r\nContent-Length: {limit + 1}\r\n"
        key = f"Ocp-Apim-Subscription-Key: {server.key}\r\n\r\n"
        connection.sendall((head + "Content-Type: application/json\r\n" + key).encode())
        assert b" 413 " in connection.recv(1000).split(b"\r\n")[0]
    answer = httpx.post(url, content=endless(), headers=server.headers)
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "PayloadTooLarge"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"name": 1e999}', b"[" * 100_000]
)
def test_bodies_that_cannot_be_read_are_told(server: RunningServer, body: bytes) -> None:
    answer = httpx.post(
        f"{server.url}/attune/v1/uploads",
        content=body,
        headers={**server.headers, "Content-Type": "application/json"},
    )
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "raw",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /%00%ff%2e%2e/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /health/live HTTP/1.1\r\nHost: x\r\nA: " + b"x" * 1_000_000 + b"\r\n\r\n",
        b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_what_is_no_request_is_a_clients_error(server: RunningServer, raw: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        status = b""
        with contextlib.suppress(OSError):  # It may hang up before all is said.
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
            status = connection.recv(100).split(b"\r\n")[0]
    assert status == b"" or b" 4" in status or b" 505 " in status
    assert httpx.get(f"{server.url}/health/live").status_code == 200


def test_another_version_of_http_is_refused(server: RunningServer) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(b"GET / HTTP/9.9\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(10_000), b""))
    assert answer.startswith(b"HTTP/1.1 505 ")
    assert b'"code":"HTTPVersionNotSupported"' in answer


def test_connections_on_which_nothing_comes_are_closed(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "_HEADER_SECONDS", 0.5)
    for first in (b"", b"GET /health/live HTTP/1.1\r\nHost:"):
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
            connection.sendall(first)
            with contextlib.suppress(ConnectionResetError):
                assert connection.recv(100) == b""
