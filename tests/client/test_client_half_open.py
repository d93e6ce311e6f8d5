"""A network that is gone without a word: nothing comes through in either direction, neither end is
told, and both have to find out."""

from __future__ import annotations

import hashlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from running import RunningServer, running_server
from server_processes import DroppingProxy
from speech import RATE, blocks, dialogue, finals, texts

from attune.client import Management, Recognizer, Reconnected, Upload
from attune.service.settings import Limits
from attune.service.tables import Endpoint, EndpointModel, Model, Project, Status
from attune.service.uploads import UploadWriter

IDLE = 2.0
SLACK = 2.0
"""Seconds that a machine with other work may be late."""
MEGABYTE = 2**20


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("impatient") / "data"
    with running_server(folder, limits=Limits(idle=IDLE)) as running:
        yield running


@pytest.fixture
def network(impatient: RunningServer) -> Iterator[DroppingProxy]:
    between = DroppingProxy(impatient.port)
    yield between
    between.close()


@pytest.fixture
def endpoint(impatient: RunningServer) -> str:
    """The id of one that hears a single stream at a time."""
    with impatient.service.database.session() as session:
        base = session.query(Model).filter_by(project_id=None, kind="recognizer").one()
        project = Project(name="one at a time", language="en-US")
        session.add(project)
        session.flush()
        made = Endpoint(
            project_id=project.id,
            name="one at a time",
            language="en-US",
            status=Status.SUCCEEDED,
            max_streams=1,
        )
        made.models = [EndpointModel(model_id=base.id)]
        session.add(made)
        session.flush()
        return made.id


def took(condition: Callable[[], bool], most: float = 60.0) -> float:
    """Seconds until a condition holds."""
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < most
        time.sleep(0.02)
    return time.monotonic() - begun


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [4.0, 12.0])
def test_a_stream_frees_its_place_and_loses_no_word(
    impatient: RunningServer, network: DroppingProxy, endpoint: str, seconds: float
) -> None:
    audio, middle = dialogue(), round(seconds * RATE)
    traffic = impatient.service.recognition.traffic

    def streams() -> int:
        return traffic(endpoint).streams

    chosen = {"key": impatient.key, "endpoint": endpoint}
    with Recognizer(impatient.url, **chosen) as near, near.stream() as undisturbed:
        expected = undisturbed.accept(audio) + undisturbed.finish()
    took(lambda: streams() == 0)

    events: list[Any] = []
    with (
        Recognizer(network.url, **chosen, timeout=4.0) as recognizer,
        recognizer.stream() as stream,
    ):
        for block in blocks(audio[:middle]):
            events += stream.accept(block)

        def acknowledged() -> bool:
            events.extend(stream.events())
            return len(finals(events)) >= (1 if seconds < 10 else 2)

        took(acknowledged)
        assert streams() == 1
        network.lose()
        sent = network.sent
        told = texts(events)
        for block in blocks(audio[middle : middle + RATE]):
            events += stream.accept(block)
        assert took(lambda: streams() == 0) < IDLE + SLACK
        assert network.sent == sent

        # The place is somebody else's meanwhile.
        with Recognizer(impatient.url, **chosen) as other, other.stream() as second:
            assert streams() == 1
            second.finish()
        took(lambda: streams() == 0)

        network.find()
        for block in blocks(audio[middle + RATE :]):
            events += stream.accept(block)
        events += stream.finish()
    assert texts(events)[: len(told)] == told
    assert texts(events) == texts(expected)
    ends = [final.result.end for final in finals(events)]
    assert ends == pytest.approx([final.result.end for final in finals(expected)], abs=0.7)
    (again,) = [event for event in events if isinstance(event, Reconnected)]
    assert again.time <= seconds
    took(lambda: streams() == 0)


class Uploading(threading.Thread):
    """An upload whose network is lost in the middle of its second piece."""

    def __init__(self, network: DroppingProxy, key: str, path: Path) -> None:
        super().__init__(daemon=True)
        self._network, self._key, self._path = network, key, path
        self.told: list[Upload] = []
        self.lost = threading.Event()
        self.done: Upload | None = None

    def run(self) -> None:
        with Management(self._network.url, self._key, timeout=1.5) as management:
            self.done = management.upload(self._path, progress=self._progress)

    def _progress(self, upload: Upload) -> None:
        self.told.append(upload)
        if len(self.told) == 1:
            threading.Thread(target=self._lose, args=(self._network.sent,)).start()

    def _lose(self, before: int) -> None:
        took(lambda: self._network.sent > before + MEGABYTE)
        self._network.lose()
        self.lost.set()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of four pieces."""
    file = tmp_path / "recordings.zip"
    file.write_bytes(np.random.default_rng(1).bytes(30 * MEGABYTE))
    return file


def stored(server: RunningServer, path: Path) -> bool:
    content = path.read_bytes()
    return server.service.store.path(hashlib.sha256(content).hexdigest()).read_bytes() == content


@pytest.mark.slow
def test_an_upload_goes_on_where_it_was_acknowledged(
    impatient: RunningServer, network: DroppingProxy, path: Path
) -> None:
    uploading = Uploading(network, impatient.key, path)
    uploading.start()
    assert uploading.lost.wait(60)
    time.sleep(3.0)
    network.find()
    uploading.join(60)
    received = [upload.received for upload in uploading.told]
    assert received == sorted(received)
    assert received[0] == 8 * MEGABYTE
    assert uploading.done is not None and uploading.done.complete
    assert stored(impatient, path)


@pytest.mark.slow
def test_another_program_goes_on_with_an_upload_whose_connection_nobody_misses(
    impatient: RunningServer, network: DroppingProxy, path: Path
) -> None:
    uploading = Uploading(network, impatient.key, path)
    uploading.start()
    assert uploading.lost.wait(60)
    (before,) = uploading.told
    with Management(impatient.url, impatient.key) as management:
        assert management.upload_state(before).received >= before.received
        assert management.resume_upload(before, path).complete
    assert stored(impatient, path)
    network.find()
    uploading.join(60)
    assert uploading.done is not None and uploading.done.complete


def announced(server: RunningServer, content: bytes) -> str:
    """The path of a new upload."""
    answer = httpx.post(
        f"{server.url}/attune/v1/uploads",
        headers=server.headers,
        json={"name": "a", "size": len(content)},
    )
    return httpx.URL(answer.headers["Location"]).path


def patch(server: RunningServer, path: str, size: int) -> bytes:
    """The head of a request that sends an upload's bytes."""
    return (
        f"PATCH {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n"
        f"Ocp-Apim-Subscription-Key: {server.key}\r\nUpload-Offset: 0\r\n\r\n"
    ).encode()


def test_a_body_that_stops_coming_ends_its_request(impatient: RunningServer) -> None:
    """Else a connection whose client is gone would stay for ever."""
    content = bytes(3 * MEGABYTE)
    path = announced(impatient, content)
    with socket.create_connection(("127.0.0.1", impatient.port)) as silent:
        silent.settimeout(30)
        silent.sendall(patch(impatient, path, len(content)) + content[: 2 * MEGABYTE])
        begun = time.monotonic()
        assert silent.recv(1) == b""
        assert IDLE - 0.5 < time.monotonic() - begun < IDLE + SLACK
    address = f"{impatient.url}{path}"
    received = httpx.get(address, headers=impatient.headers).json()["received"]
    assert received >= MEGABYTE  # Of what came last not all was written.
    answer = httpx.patch(
        address,
        headers={**impatient.headers, "Upload-Offset": str(received)},
        content=content[received:],
    )
    assert answer.json()["status"] == "Succeeded"


@pytest.mark.slow
def test_a_body_may_come_slowly_and_so_may_we(
    impatient: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = bytes(3 * MEGABYTE)
    write, slow = UploadWriter.write, [IDLE + 1.0]

    def slowly(self: UploadWriter, data: bytes) -> None:
        if slow:
            time.sleep(slow.pop())
        write(self, data)

    monkeypatch.setattr(UploadWriter, "write", slowly)
    path = announced(impatient, content)
    with socket.create_connection(("127.0.0.1", impatient.port)) as connection:
        connection.settimeout(30)
        # What is sent ahead waits here while the disk is slow.
        connection.sendall(patch(impatient, path, len(content)) + content[:-4])
        for _ in range(4):
            time.sleep(IDLE / 2)
            connection.sendall(b"\0")
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
        # And the connection serves another request.
        connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = b""
        while b"HTTP/1.1 200" not in answer:
            piece = connection.recv(4096)
            assert piece
            answer += piece
