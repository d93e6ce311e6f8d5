"""The server as a process: its first start, its end, and what a kill or an outage leaves."""

from __future__ import annotations

import hashlib
import json
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest
import soundfile
from postgresql import Cluster
from serve_process import serving
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.sync.client import connect

from attune.data import Utterance

pytestmark = pytest.mark.slow


def attune_serve(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "attune.cli", "serve", *options],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_first_start_says_where_the_key_is_and_the_second_does_not(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(data) as first:
        assert f"key is in {data / 'admin-key.txt'}" in first.said
        assert stat.S_IMODE((data / "admin-key.txt").stat().st_mode) == 0o600
        assert stat.S_IMODE((data / "secret").stat().st_mode) == 0o600
        assert stat.S_IMODE(data.stat().st_mode) == 0o700
        assert "warning" not in first.said
        assert first.url.startswith("http://localhost:")
        assert httpx.get(f"{first.url}/health/ready").status_code == 200
        assert httpx.get(f"{first.url}/metrics").status_code == 200
        port = first.url.rpartition(":")[2]
        done = attune_serve("--data", str(tmp_path / "b"), "--port", port)
        assert done.returncode == 2
        assert "choose another --port" in done.stderr
        assert "Traceback" not in done.stderr
        assert first.terminate() == 0
    with serving(data, "--host", "0.0.0.0") as second:
        assert "first start" not in second.said
        assert "warning: listening on 0.0.0.0" in second.said
        url = second.url.replace("0.0.0.0", "127.0.0.1")
        assert httpx.get(f"{url}/metrics").status_code == 401
        assert httpx.get(f"{url}/metrics", headers=second.headers).status_code == 200
        second.process.send_signal(signal.SIGINT)
        assert second.process.wait(timeout=30) == 130


def test_as_many_streams_are_heard_as_it_is_told_to(tmp_path: Path) -> None:
    with serving(tmp_path / "data", "--streams", "1") as server:
        url = f"{server.url.replace('http', 'ws')}/v1/stream"
        with connect(url, additional_headers=server.headers):
            with pytest.raises(InvalidStatus) as caught:
                connect(url, additional_headers=server.headers)
            assert caught.value.response.status_code == 429
        assert server.terminate() == 0
    done = attune_serve("--data", str(tmp_path), "--streams", "9", "--ray", "ray://nowhere:1")
    assert done.returncode == 2
    assert "give --streams or --ray, not both" in done.stderr


def test_what_must_be_installed_is_told(tmp_path: Path) -> None:
    code = "import sys; sys.modules['fastapi'] = None; from attune.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "serve", "--data", tmp_path],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "pip install 'attune[server]'" in done.stderr


def test_a_database_that_cannot_be_is_told(tmp_path: Path) -> None:
    for url in ("mysql://localhost/x", "nonsense"):
        done = attune_serve("--data", str(tmp_path), "--port", "0", "--database", url)
        assert done.returncode == 2
        assert "postgresql://USER" in done.stderr
        assert "Traceback" not in done.stderr


def test_an_upload_survives_a_kill(tmp_path: Path) -> None:
    content = bytes(range(256)) * 80_000
    with serving(tmp_path / "data") as first:
        path = "/attune/v1/uploads"
        address = httpx.post(
            first.url + path, json={"name": "a", "size": len(content)}, headers=first.headers
        ).json()["id"]

        def slowly() -> object:
            yield content[:17_000_000]
            time.sleep(3)  # Until the kill.
            yield b""

        def send() -> None:
            with pytest.raises(httpx.TransportError):
                httpx.patch(
                    f"{first.url}{path}/{address}",
                    content=slowly(),  # type: ignore[arg-type]
                    headers={**first.headers, "Upload-Offset": "0"},
                )

        sending = threading.Thread(target=send)
        sending.start()
        deadline = time.monotonic() + 20
        while True:
            url = f"{first.url}{path}/{address}"
            acknowledged = httpx.get(url, headers=first.headers).json()["received"]
            if acknowledged >= 16 * 2**20:
                break
            assert time.monotonic() < deadline
            time.sleep(0.05)
        first.kill()
        sending.join()
    with serving(tmp_path / "data") as second:
        url = f"{second.url}{path}/{address}"
        received = httpx.get(url, headers=second.headers).json()["received"]
        assert received >= acknowledged
        answer = httpx.patch(
            url,
            content=content[received:],
            headers={**second.headers, "Upload-Offset": str(received)},
        )
        assert answer.json()["sha256"] == hashlib.sha256(content).hexdigest()


def test_sigterm_gives_streams_their_last_words(
    tmp_path: Path, samples: tuple[Utterance, ...]
) -> None:
    audio, rate = soundfile.read(samples[0].path, dtype="int16")
    with serving(tmp_path / "data") as server:
        url = server.url.replace("http://localhost", "ws://127.0.0.1")
        with connect(f"{url}/v1/stream?rate={rate}&key={server.key}") as stream:
            half = len(audio) * 2 // 3
            for start in range(0, half, 1600):
                stream.send(audio[start : start + 1600].tobytes())
            heard = ""
            while '"position"' not in heard:
                heard = str(stream.recv(timeout=30))
            server.process.terminate()
            events = []
            with pytest.raises(ConnectionClosedError, match="the service is stopping"):
                while True:
                    events.append(json.loads(stream.recv(timeout=30)))
        assert events[-1]["type"] == "end"
        assert events[-1]["reason"] == "stopping"
        assert any(event["type"] == "final" and event["text"] for event in events)
        assert server.process.wait(timeout=30) == 0


@pytest.mark.slow
def test_a_database_that_is_away_for_ten_seconds_loses_nothing(
    tmp_path: Path, postgresql: Cluster
) -> None:
    with serving(tmp_path / "data", "--database", postgresql.new_database()) as server:
        url = f"{server.url}/attune/v1/uploads"
        known: list[str] = []
        statuses: set[int] = set()
        ending = threading.Event()

        def work() -> None:
            with httpx.Client(headers=server.headers, timeout=60) as client:
                while not ending.is_set():
                    answer = client.post(url, json={"name": "a", "size": 1})
                    statuses.add(answer.status_code)
                    if answer.status_code == 201:
                        known.append(answer.json()["id"])
                    time.sleep(0.1)

        workers = [threading.Thread(target=work) for _ in range(3)]
        for worker in workers:
            worker.start()
        time.sleep(1)
        postgresql.stop()
        try:
            assert httpx.get(f"{server.url}/health/live").status_code == 200
            assert httpx.get(f"{server.url}/health/ready", timeout=30).status_code == 503
            time.sleep(9)
        finally:
            postgresql.start()
        before = len(known)
        deadline = time.monotonic() + 30
        while len(known) < before + 5:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        ending.set()
        for worker in workers:
            worker.join()
        assert statuses <= {201, 503}
        with httpx.Client(headers=server.headers) as client:
            for id in known:
                while (answer := client.get(f"{url}/{id}")).status_code == 429:
                    time.sleep(0.5)
                assert answer.status_code == 200
