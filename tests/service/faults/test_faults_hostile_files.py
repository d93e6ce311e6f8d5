"""Damaged and hostile recordings and archives over HTTP: 4xx, or a data set that failed and says
why; never our fault, never a hang."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hostile_files import ARCHIVES, RECORDINGS
from mortal_server import MortalServer
from waiting import eventually

_V3 = "/speechtotext/v3.2"
_READABLE = {"4 GB announced", "no bits", "noisy flac", "noisy ogg", "noisy mp3"}
"""Of these a part can be heard."""


pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def client(standing: MortalServer) -> Iterator[httpx.Client]:
    with standing.client() as client:
        yield client


def polite(client: httpx.Client, method: str, path: str, **fields: Any) -> httpx.Response:
    """An answer that is not 'too many requests'."""
    while (answer := client.request(method, path, **fields)).status_code == 429:
        time.sleep(0.2)
    return answer


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "names"), [("Acoustic", list(ARCHIVES)), ("Audio", ["a bomb", "a link", "recordings"])]
)
def test_data_sets_fail_and_say_why(
    standing: MortalServer, client: httpx.Client, kind: str, names: list[str]
) -> None:
    project = standing.project()
    made: dict[str, str] = {}
    for name in names:
        content = ARCHIVES[name]
        form = {"displayName": name, "kind": kind, "project": project["self"], "locale": "en-US"}
        files = {"data": ("set.zip", content, "application/zip")}
        answer = polite(client, "POST", f"{_V3}/datasets/upload", data=form, files=files)
        assert answer.status_code == 201 or 400 <= answer.status_code < 500, (name, answer.text)
        if answer.status_code == 201:
            made[name] = answer.json()["self"]
    ended: dict[str, dict[str, Any]] = {}

    def all_over() -> bool:
        for name, address in made.items():
            if name not in ended:
                found = polite(client, "GET", address).json()
                if found["status"] in ("Succeeded", "Failed"):
                    ended[name] = found
        return len(ended) == len(made)

    eventually(all_over, 250)
    for name, found in ended.items():
        if found["status"] == "Failed":
            message = found["properties"]["error"]["message"]
            assert message and "an error of Attune" not in message, (name, message)
            assert "killed" not in message and "Traceback" not in message, (name, message)
        else:  # A part of it can be used, and the rest is told.
            figures = found["properties"]
            assert figures["acceptedLineCount"] + figures["rejectedLineCount"] > 0, (name, found)
    for name in {"a bomb by its own account", "a bomb", "upwards", "a link"} & ended.keys():
        assert ended[name]["status"] == "Failed", name


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/v1/transcribe", "file"),
        ("/v1/audio/transcriptions", "file"),
        ("/speech/recognition/interactive/cognitiveservices/v1?language=en-US", ""),
    ],
)
def test_recordings_are_refused(client: httpx.Client, path: str, field: str) -> None:
    model = polite(client, "GET", "/v1/models").json()["data"][0]["id"]
    for name, content in RECORDINGS.items():
        body: dict[str, Any] = (
            {"files": {field: ("a.wav", content)}, "data": {"model": model}}
            if path == "/v1/audio/transcriptions"
            else {"files": {field: ("a.wav", content)}}
            if field
            else {"content": content, "headers": {"Content-Type": "audio/wav"}}
        )
        answer = polite(client, "POST", path, **body)
        assert answer.status_code < 500, (name, answer.text)
        if name not in _READABLE:
            assert answer.status_code >= 400 or not field, (name, answer.text)
