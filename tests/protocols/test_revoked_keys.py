"""Keys that end while a stream that they opened goes on: it ends, too, and says why."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import httpx
import numpy as np
import pytest
from running import RunningServer, running_server
from speaking import connection, deployed, pcm, pieces
from sqlalchemy import delete, update
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from attune.client import Recognizer, RefusedError
from attune.keyword import KeywordPhrase, create_basic
from attune.service.access import Scope
from attune.service.database import Database
from attune.service.errors import Unavailable
from attune.service.settings import Limits
from attune.service.tables import ApiKey, Job, Model, Status, now

SOON = 5.0
"""Seconds; keys are looked at every third of one."""
PHRASE = KeywordPhrase("by the river", (("B", "AY", "DH", "AH", "R", "IH", "V", "ER"),))


@pytest.fixture(scope="module")
def watchful(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("watchful") / "data"
    with running_server(folder, limits=Limits(key_check=0.3)) as running:
        yield running


@pytest.fixture(scope="module")
def keyword(watchful: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The id of a keyword model."""
    out = tmp_path_factory.mktemp("keyword") / "river"
    create_basic([PHRASE], out)
    stored = watchful.service.store.put_folder(out)
    with watchful.service.database.session() as session:
        made = Model(
            name="river",
            kind="keyword",
            language="en-US",
            status=Status.SUCCEEDED,
            bundle_hash=stored,
        )
        session.add(made)
        session.flush()
        return made.id


def new_key(server: RunningServer, scope: Scope = Scope.RECOGNISE) -> tuple[str, str]:
    """Its id and its secret."""
    access = server.service.access
    key, secret = access.create_key(access.authenticate(server.key), "for a while", scope)
    return key.id, secret


def revoke(server: RunningServer, key_id: str) -> None:
    """As its owner does, at this server."""
    answer = httpx.delete(f"{server.url}/attune/v1/keys/{key_id}", headers=server.headers)
    assert answer.is_success


def revoke_elsewhere(server: RunningServer, key_id: str) -> None:
    """At another server with the same database."""
    database = Database(server.service.settings.database_url)
    with database.session() as session:
        session.execute(update(ApiKey).where(ApiKey.id == key_id).values(revoked=now()))
    database.close()


def let_expire(server: RunningServer, key_id: str) -> None:
    """Its last moment comes."""
    with server.service.database.session() as session:
        past = now() - timedelta(seconds=1)
        session.execute(update(ApiKey).where(ApiKey.id == key_id).values(expires=past))


def remove(server: RunningServer, key_id: str) -> None:
    """It goes with its project."""
    with server.service.database.session() as session:
        session.execute(delete(ApiKey).where(ApiKey.id == key_id))


ENDS: dict[Callable[[RunningServer, str], None], str] = {
    revoke: "this key was revoked",
    revoke_elsewhere: "this key was revoked",
    let_expire: "this key has expired",
    remove: "this key is not known here",
}


def talk_on(socket: ClientConnection, seconds: float) -> list[dict[str, Any]]:
    """Send sound as it is spoken until the connection is closed or time is up; what came."""
    found: list[dict[str, Any]] = []
    deadline = time.monotonic() + seconds
    with suppress(ConnectionClosed):
        for piece in pieces(100 * pcm("weather.wav")):
            if time.monotonic() > deadline:
                break
            with suppress(TimeoutError):
                while True:
                    found.append(json.loads(socket.recv(timeout=0.05)))
            socket.send(piece)
        else:
            pytest.fail("the stream ends by no key")
    with suppress(ConnectionClosed, TimeoutError):
        while True:  # What had come before the end was noticed.
            found.append(json.loads(socket.recv(timeout=0.5)))
    return found


@pytest.mark.parametrize(("end", "message"), ENDS.items(), ids=[each.__name__ for each in ENDS])
def test_a_stream_ends_with_its_key(
    watchful: RunningServer, end: Callable[[RunningServer, str], None], message: str
) -> None:
    """And its place is free; another key's streams go on."""
    endpoint = deployed(watchful)
    key_id, secret = new_key(watchful)
    traffic = watchful.service.recognition.traffic
    with (
        connection(watchful, "/v1/stream", endpoint=endpoint) as other,
        connection(watchful, "/v1/stream", secret, endpoint=endpoint) as socket,
    ):
        for each in (socket, other):
            each.send(bytes(3200))
            assert json.loads(each.recv(timeout=30))["type"] == "ready"
        talk_on(socket, 1.0)
        assert socket.close_code is None
        assert traffic(endpoint).streams == 2
        begun = time.monotonic()
        end(watchful, key_id)
        last = talk_on(socket, SOON)[-1]
        assert time.monotonic() - begun < SOON
        assert last == {"type": "error", "code": "Unauthorized", "message": message}
        assert (socket.close_code, socket.close_reason) == (4401, message)
        assert traffic(endpoint).streams == 1
        talk_on(other, 0.5)
        assert other.close_code is None


@pytest.mark.parametrize("path", ["/v1/stream", "/v1/keyword", "/vosk"])
def test_streams_of_tokens_end_with_the_key_that_the_token_is_of(
    watchful: RunningServer, keyword: str, path: str
) -> None:
    key_id, secret = new_key(watchful)
    access = watchful.service.access
    token = access.issue_token(access.authenticate(secret))
    query = {"model": keyword} if path == "/v1/keyword" else {}
    with connection(watchful, path, "", access_token=token, **query) as socket:
        talk_on(socket, 0.5)
        assert socket.close_code is None
        revoke_elsewhere(watchful, key_id)
        assert talk_on(socket, SOON)[-1]["code"] == "Unauthorized"
        assert socket.close_code == 4401


def test_a_client_that_is_silent_is_told_as_well(watchful: RunningServer) -> None:
    key_id, secret = new_key(watchful)
    with connection(watchful, "/v1/stream", secret) as socket:
        revoke_elsewhere(watchful, key_id)
        assert json.loads(socket.recv(timeout=SOON))["code"] == "Unauthorized"


def test_streams_go_on_while_nobody_can_be_asked(
    watchful: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that is away ends no stream; a key that ended meanwhile does, once it is back."""
    key_id, secret = new_key(watchful)
    asked = threading.Event()

    def reading() -> Any:
        asked.set()
        raise Unavailable("the database cannot be reached or is busy: try again soon")

    with connection(watchful, "/v1/stream", secret) as socket:
        talk_on(socket, 0.5)
        with monkeypatch.context() as patch:
            patch.setattr(watchful.service.database, "reading", reading)
            revoke_elsewhere(watchful, key_id)
            talk_on(socket, 1.0)
            assert asked.is_set()
            assert socket.close_code is None
        talk_on(socket, SOON)
        assert socket.close_code == 4401


def test_many_streams_cost_one_question(
    watchful: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = watchful.service.access._keys
    asked: list[list[str]] = []
    ended = type(keys).ended
    monkeypatch.setattr(
        type(keys), "ended", lambda self, ids: (asked.append(list(ids)), ended(self, ids))[1]
    )
    key_id, secret = new_key(watchful)
    opened = [connection(watchful, "/v1/stream", secret) for _ in range(8)]
    for each in opened:
        each.__enter__()
    try:
        time.sleep(0.5)
        del asked[:]
        time.sleep(1.5)
    finally:
        for each in opened:
            each.__exit__(None, None, None)
    assert 1 <= len(asked) <= 6
    assert all(ids == [key_id] for ids in asked)


def test_the_progress_of_a_job_is_told_no_more(watchful: RunningServer) -> None:
    with watchful.service.database.session() as session:
        job = Job(
            kind="import",
            subject_kind="dataset",
            subject_id="of nobody",
            status=Status.RUNNING,
            worker="elsewhere/1/x",
        )
        session.add(job)
        session.flush()
    key_id, secret = new_key(watchful, Scope.MANAGE)
    address = f"{watchful.url}/attune/v1/jobs/{job.id}/stream"
    headers = {"Ocp-Apim-Subscription-Key": secret}
    with httpx.stream("GET", address, headers=headers, timeout=SOON) as answer:
        lines = answer.iter_lines()
        while next(lines) != "event: job":
            pass
        revoke_elsewhere(watchful, key_id)
        begun = time.monotonic()
        assert "event: end" not in list(lines)
        assert time.monotonic() - begun < SOON


def test_attunes_client_is_refused_and_does_not_try_again(watchful: RunningServer) -> None:
    key_id, secret = new_key(watchful)
    with Recognizer(watchful.url, secret) as recognizer, recognizer.stream() as stream:
        sound = 100 * pcm("weather.wav")
        revoke(watchful, key_id)
        begun = time.monotonic()
        with pytest.raises(RefusedError, match="revoked") as refused:
            for piece in pieces(sound):
                stream.accept(np.frombuffer(piece, "<i2"))
                time.sleep(0.05)
        assert refused.value.status == 401
        assert time.monotonic() - begun < SOON
