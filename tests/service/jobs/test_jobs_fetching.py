"""Fetching what others point at: limits, redirects, and no way into private networks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest

from attune.errors import InputError
from attune.service.jobs.fetching import Fetcher, is_public, shown


class Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/small":
            self.answer(200, b"small")
        elif self.path == "/large":
            self.answer(200, b"x" * 100_000)
        elif self.path == "/moved":
            self.answer(302, b"", location="/small")
        elif self.path == "/round":
            self.answer(302, b"", location="/round")
        elif self.path == "/file":
            self.answer(302, b"", location="file:///etc/passwd")
        elif self.path == "/host":
            self.answer(200, self.headers["Host"].encode())
        else:
            self.answer(404, b"")

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_what_may_be_fetched(site: str, tmp_path: Path) -> None:
    with Fetcher(private=True, most_bytes=1000) as fetcher:
        for path in ("small", "moved"):
            fetcher.fetch(f"{site}/{path}", tmp_path / path)
            assert (tmp_path / path).read_bytes() == b"small"
        assert fetcher.read(f"{site}/host", 100) == site.removeprefix("http://").encode()


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/large", "larger than"),
        ("/round", "redirected more than 5 times"),
        ("/file", "only http and https"),
        ("/gone?secret=1", "answered 404"),
    ],
)
def test_what_is_refused(site: str, path: str, reason: str, tmp_path: Path) -> None:
    fetcher = Fetcher(private=True, most_bytes=1000)
    with fetcher, pytest.raises(InputError, match=reason) as raised:
        fetcher.fetch(f"{site}{path}", tmp_path / "target")
    assert "secret" not in str(raised.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost/",
        "http://[::1]/",
        "http://0.0.0.0/",
        "http://10.0.0.1/",
        "http://192.168.1.1:8080/a.wav",
        "http://169.254.169.254/latest/meta-data/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://[::ffff:127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[fd00::1]/",
        "ftp://example.org/a.wav",
        "file:///etc/passwd",
        "http://user:word@example.org/",
        "http:///a.wav",
        "http://[bad/",
        "not an address",
    ],
)
def test_private_addresses_and_nonsense(url: str, tmp_path: Path) -> None:
    with Fetcher(private=False, most_bytes=1000) as fetcher, pytest.raises(InputError):
        fetcher.fetch(url, tmp_path / "target")


def test_a_redirect_into_the_private_network(site: str, tmp_path: Path) -> None:
    fetcher = Fetcher(private=False, most_bytes=1000)
    with fetcher, pytest.raises(InputError, match="private network"):
        fetcher.fetch(f"{site}/moved", tmp_path / "target")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("100.64.0.1", False),
        ("172.16.0.1", False),
        ("224.0.0.1", False),
        ("2002:7f00:1::", False),
        ("::ffff:8.8.8.8", True),
    ],
)
def test_public_addresses(address: str, public: bool) -> None:
    assert is_public(ip_address(address)) is public


def test_signatures_are_not_shown() -> None:
    assert shown("https://a.org/b.wav?sig=1#c") == "https://a.org/b.wav"
