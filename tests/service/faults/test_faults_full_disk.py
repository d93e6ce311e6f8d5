"""A disk that gets full under a running server: what speaks goes on, what cannot be kept is told,
and with room again everything works."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event

import httpx
import pytest
from mortal_server import SAMPLES, mortal_server
from spoken import SAID, Speaker
from waiting import eventually

from attune.client import Recognizer

pytestmark = pytest.mark.slow
_V3 = "/speechtotext/v3.2"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk that has room for a server and little else."""
    place = tmp_path / "disk"
    place.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=600m", "tmpfs", str(place)]
    if subprocess.run(mounting, capture_output=True, check=False).returncode:
        pytest.skip("only root can make a small disk")
    yield place
    subprocess.run(["umount", place], check=True)


def fill(disk: Path) -> Path:
    filling = disk / "filling"
    with suppress(OSError), filling.open("ab", buffering=0) as file:
        while True:
            file.write(b"x" * 2**20)
    with suppress(OSError), filling.open("ab", buffering=0) as file:
        while True:
            file.write(b"x" * 512)
    return filling


def statuses(client: httpx.Client) -> list[tuple[str, int]]:
    """What becomes of requests that keep something, until the disk has no room for any."""
    body = {"displayName": "More", "locale": "en-US"}
    found = []
    for _ in range(300):
        answer = client.post(f"{_V3}/projects", json=body)
        found.append((answer.json().get("self", ""), answer.status_code))
        if answer.status_code == 507:
            break
    return found


def test_a_disk_gets_full_and_has_room_again(disk: Path, tmp_path: Path) -> None:
    content = (SAMPLES / "weather.wav").read_bytes()
    with mortal_server(disk / "data", tmp_path / "said") as server:
        server.start()
        project = server.project()
        endpoint = server.logging_endpoint(project)
        uploaded = server.upload("a.wav", content)
        go_on, client = Event(), server.client()
        with client, Recognizer(server.url, server.key, endpoint=endpoint) as recognizer:
            speakers = [Speaker(recognizer, n / 4, go_on) for n in range(4)]
            for speaker in speakers:
                speaker.start()
            eventually(lambda: all(speaker.sent.is_set() for speaker in speakers))
            eventually(lambda: len(server.logged(endpoint)) >= 2)
            kept = server.logged(endpoint)
            filling = fill(disk)
            answers = statuses(client)
            fill(disk)
            assert {status for _, status in answers} <= {201, 507}
            assert answers[-1][1] == 507, "the disk was not full"
            announced = client.post("/attune/v1/uploads", json={"name": "b", "size": 10**6})
            assert announced.status_code == 507
            assert "free" in announced.json()["error"]["message"] or "room" in announced.text
            form = {"displayName": "B", "kind": "Acoustic", "project": project["self"]}
            files = {"data": ("b.zip", content, "application/zip")}
            assert client.post(f"{_V3}/datasets/upload", data=form, files=files).status_code == 507
            # Streams do not need the disk, and reading does not either.
            go_on.set()
            for speaker in speakers:
                speaker.join(120)
                assert speaker.failure is None
                assert speaker.texts == SAID
            assert client.get(project["self"]).status_code == 200
            assert client.get("/health/live").status_code == 200
            transcribed = client.post("/v1/transcribe", files={"file": ("a.wav", content)})
            assert transcribed.status_code in (200, 507)
            filling.unlink()
            for address, status in answers:
                if status == 201:
                    assert client.get(address).status_code == 200
            batch = server.ended(server.batch([uploaded], project))
            assert batch["status"] == "Succeeded", batch
            assert client.post("/v1/transcribe", files={"file": ("a.wav", content)}).json()["text"]
        assert kept.items() <= server.logged(endpoint).items()
        server.kill()
        server.start()
        assert kept.items() <= server.logged(endpoint).items()
        assert "Traceback" not in server.said or "StorageFull" in server.said


def test_jobs_on_a_full_disk_fail_with_a_reason_or_wait(disk: Path, tmp_path: Path) -> None:
    content = (SAMPLES / "story.mp3").read_bytes()
    with mortal_server(disk / "data", tmp_path / "said") as server:
        server.start()
        project = server.project()
        uploaded = [server.upload(f"{n}.mp3", content + bytes(n)) for n in range(6)]
        batch = server.batch(uploaded, project)
        eventually(lambda: server.call("GET", batch["self"])["status"] == "Running")
        filling = fill(disk)
        for _ in range(20):  # It cannot end here, or ends with a reason; the server lives.
            now = server.call("GET", batch["self"])
            if now["status"] in ("Succeeded", "Failed"):
                break
            eventually(lambda: httpx.get(f"{server.url}/health/live").status_code == 200)
        filling.unlink()
        ended = server.ended(batch)
        if ended["status"] == "Failed":
            assert "full" in ended["properties"]["error"]["message"]
        again = server.ended(server.batch(uploaded[:1], project))
        assert again["status"] == "Succeeded"
