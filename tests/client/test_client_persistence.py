"""What is tried again, after which pause, and what is not; tokens; files that break off."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from server_processes import ServerProcess

from attune.client import ApiError, Management, Recognizer, RefusedError, Unreachable
from attune.client.patience import Patience
from attune.errors import InputError

PROJECT = {
    "self": "http://elsewhere/speechtotext/v3.2/projects/1",
    "displayName": "one",
    "locale": "en-US",
    "createdDateTime": "2026-01-01T00:00:00Z",
    "lastActionDateTime": "2026-01-01T00:00:00Z",
    "status": "Succeeded",
    "properties": {
        f"{kind}Count": 0
        for kind in ("dataset", "model", "keyword", "evaluation", "endpoint", "transcription")
    },
}


class Scripted:
    """A server that answers by a script, one step a request, and keeps what was asked."""

    def __init__(self) -> None:
        self.script: list[Callable[[BaseHTTPRequestHandler], None]] = []
        self.asked: list[tuple[str, str, str]] = []
        self.times: list[float] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                outer.asked.append((self.command, self.path, self.headers["Authorization"]))
                outer.times.append(time.monotonic())
                outer.script.pop(0)(self)

            do_GET = do_POST = do_PATCH = answer

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def answer(
    status: int, body: object = PROJECT, **headers: str
) -> Callable[[BaseHTTPRequestHandler], None]:
    def step(handler: BaseHTTPRequestHandler) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return step


def drop(handler: BaseHTTPRequestHandler) -> None:
    """Close the connection without an answer."""
    handler.close_connection = True


def half(handler: BaseHTTPRequestHandler) -> None:
    """Break off in the middle of a file."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"x" * 500)
    handler.close_connection = True


BUSY = {"error": {"code": "TooManyRequests", "message": "wait"}}


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    server = Scripted()
    yield server
    server.close()


@pytest.fixture
def management(scripted: Scripted) -> Iterator[Management]:
    with Management(scripted.url, "key", patience=5.0) as one:
        yield one


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_asked_again_when_it_says(
    scripted: Scripted, management: Management, status: int
) -> None:
    scripted.script = [answer(status, BUSY, Retry_After="1"), answer(status, BUSY), answer(201)]
    assert management.create_project("one").name == "one"
    first, second, third = scripted.times
    assert second - first >= 1.0
    assert third - second >= 0.15


def test_who_is_asked_to_wait_longer_than_patience_is_told(
    scripted: Scripted, management: Management
) -> None:
    scripted.script = [answer(429, BUSY, Retry_After="60")]
    with pytest.raises(ApiError, match="wait") as caught:
        management.project("1")
    told = caught.value
    assert (told.status, told.code, told.retry_after) == (429, "TooManyRequests", 60.0)
    assert not isinstance(told, InputError)


def test_a_lost_answer_is_asked_for_again_where_that_does_no_harm(
    scripted: Scripted, management: Management
) -> None:
    scripted.script = [answer(200), drop, answer(200)]
    management.project("1")
    assert management.project("1").name == "one"
    scripted.script = [drop]
    with pytest.raises(Unreachable):
        management.create_project("one")  # It may have been made.
    assert len(scripted.asked) == 4


def test_a_server_that_is_gone_is_waited_for(scripted: Scripted) -> None:
    scripted.script = [answer(200)]
    with Management(scripted.url, "key", patience=1.0) as management:
        management.project("1")
        scripted.close()
        begun = time.monotonic()
        with pytest.raises(Unreachable, match="no server was reached"):
            management.project("1")
        assert 0.5 < time.monotonic() - begun < 3.0


# status, body -> code, message of the error
ERRORS = [
    (404, {"error": {"code": "NotFound", "message": "gone"}}, "NotFound", "gone"),
    (404, {"code": "NotFound", "message": "gone"}, "NotFound", "gone"),
    (400, b"<html>no</html>", "Http400", "the server answered with status 400: <html>no</html>"),
    (500, b"", "Http500", "the server answered with status 500"),
    (400, [1], "Http400", "the server answered with status 400: [1]"),
]


@pytest.mark.parametrize(("status", "body", "code", "message"), ERRORS)
def test_errors_of_every_shape(
    scripted: Scripted, management: Management, status: int, body: object, code: str, message: str
) -> None:
    scripted.script = [answer(status, body)]
    with pytest.raises(ApiError) as caught:
        management.project("1")
    assert (caught.value.status, caught.value.code, str(caught.value)) == (status, code, message)
    assert isinstance(caught.value, RefusedError) == (status < 500)


def test_another_kind_of_server_is_noticed(scripted: Scripted, management: Management) -> None:
    scripted.script = [answer(200, b"<html>")]
    with pytest.raises(Exception, match="check that the address is that of an Attune server"):
        management.project("1")


def test_a_token_is_renewed_once(scripted: Scripted) -> None:
    tokens = iter(["a", "b", "c"])
    denied = {"error": {"code": "Unauthorized", "message": "no"}}
    scripted.script = [
        answer(401, denied),
        answer(200),
        answer(200),
        answer(401),
        answer(401, denied),
    ]
    with Management(scripted.url, token=lambda: next(tokens)) as management:
        management.project("1")
        management.project("1")
        with pytest.raises(RefusedError):
            management.project("1")
    sent = [authorization for _, _, authorization in scripted.asked]
    assert sent == [f"Bearer {token}" for token in "abbbc"]


def test_keys_go_to_the_server_alone(scripted: Scripted, management: Management) -> None:
    """A page's next link may name another host, behind a proxy; a redirect is not followed."""
    following = "http://elsewhere.example/speechtotext/v3.2/projects?skip=1&top=100"
    scripted.script = [
        answer(200, {"values": [PROJECT], "@nextLink": following}),
        answer(200, {"values": [PROJECT]}),
    ]
    assert len(list(management.projects())) == 2
    assert scripted.asked[1][1] == "/speechtotext/v3.2/projects?skip=1&top=100"
    scripted.script = [answer(302, b"", Location="http://elsewhere.example/")]
    with pytest.raises(RefusedError, match=r"elsewhere\.example/: give the address there"):
        management.project("1")


def test_a_file_is_there_whole_or_not_at_all(
    scripted: Scripted, management: Management, tmp_path: Path
) -> None:
    scripted.script = [half, half, answer(200, b"whole")]
    management.download_model("1", tmp_path / "model.zip")
    assert (tmp_path / "model.zip").read_bytes() == b"whole"
    scripted.script = [answer(404, BUSY)]
    with pytest.raises(RefusedError):
        management.download_model("1", tmp_path / "other.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["model.zip"]


def test_pauses_grow_and_end() -> None:
    patience = Patience(1e9)
    pauses = [patience.pause() or 0.0 for _ in range(12)]
    assert 0.18 <= pauses[0] <= 0.32
    assert max(pauses) <= 12.5
    assert pauses[3] > pauses[0] and pauses[-1] > 5
    patience.renew()
    assert (patience.pause() or 9.0) <= 0.32
    assert patience.pause(7.0) == 7.0
    assert Patience(0.0).pause() is None


def test_a_real_server_limits_and_all_is_done_in_the_end(server: ServerProcess) -> None:
    """More requests a second than one key may have: none fails."""
    with Management(server.url, server.key) as management:
        done: list[int] = []

        def ask() -> None:
            for _ in range(20):
                done.append(len(list(management.base_models())))

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert done == [1] * 160


def test_a_full_endpoint_is_waited_for(server: ServerProcess) -> None:
    with Management(server.url, server.key) as management:
        project = management.create_project("narrow")
        (base,) = management.base_models()
        endpoint = management.create_endpoint(project, "narrow", base, max_streams=1)
    with (
        Recognizer(server.url, server.key, endpoint=endpoint.id) as one,
        Recognizer(server.url, server.key, endpoint=endpoint.id) as other,
        Recognizer(server.url, server.key, endpoint=endpoint.id, patience=0.1) as hasty,
    ):
        first = one.stream()
        with pytest.raises(ApiError) as caught:
            hasty.stream()
        assert (caught.value.status, caught.value.code) == (429, "TooManyRequests")
        timer = threading.Timer(1.0, first.close)
        timer.start()
        with other.stream() as second:
            assert second.finish() == []
        timer.join()
