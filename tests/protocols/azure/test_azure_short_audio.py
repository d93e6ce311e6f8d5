"""REST for short audio and tokens, with a real server and client."""

from __future__ import annotations

import io
import json
import socket
from collections.abc import Iterator

import httpx
import numpy as np
import pytest
import soundfile
from conftest import SAMPLES
from noises import pink_noise
from running import RunningServer
from speaking import deployed, pcm

from attune.service.access import Scope

PATH = "/speech/recognition/conversation/cognitiveservices/v1"
WEATHER = {
    "RecognitionStatus": "Success",
    "DisplayText": "Will it rain in the afternoon?",
    "Offset": 3_500_000,
    "Duration": 15_200_000,
}


def post(
    server: RunningServer,
    content: bytes | Iterator[bytes],
    headers: dict[str, str] | None = None,
    path: str = PATH,
    **query: str,
) -> httpx.Response:
    headers = server.headers if headers is None else {**server.headers, **headers}
    query = {"language": "en-US", **query}
    return httpx.post(server.url + path, content=content, headers=headers, params=query, timeout=60)


def wav(samples: np.ndarray, rate: int = 16_000) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format="WAV", subtype="PCM_16")
    return file.getvalue()


@pytest.mark.parametrize(
    "content_type",
    [
        "audio/wav; codecs=audio/pcm; samplerate=16000",
        "application/octet-stream",
        "audio/ogg; codecs=opus",
        "",
    ],
)
@pytest.mark.parametrize("mode", ["interactive", "conversation", "dictation"])
def test_simple(server: RunningServer, content_type: str, mode: str) -> None:
    path = PATH.replace("conversation", mode)
    content = (SAMPLES / "weather.wav").read_bytes()
    answer = post(server, content, {"Content-Type": content_type}, path)
    assert (answer.status_code, answer.json()) == (200, WEATHER)


@pytest.mark.parametrize("name", ["question.ogg", "command.flac", "digits.mp3"])
def test_detailed_and_in_every_format(server: RunningServer, name: str) -> None:
    content = (SAMPLES / name).read_bytes()
    answer = post(server, content, format="detailed", wordLevelTimestamps="true")
    best = answer.json()["NBest"][0]
    assert [word["Word"] for word in best["Words"]] == best["Lexical"].split()
    assert best["Display"] == answer.json()["DisplayText"]


def test_chunked(server: RunningServer) -> None:
    """As in Microsoft's examples: in pieces, by a client that waits to be told to go on."""
    data = (SAMPLES / "weather.wav").read_bytes()
    pieces = (data[at : at + 1024] for at in range(0, len(data), 1024))
    assert post(server, pieces).json() == WEATHER
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        head = (
            f"POST {PATH}?language=en-US HTTP/1.1\r\nHost: localhost\r\n"
            f"Ocp-Apim-Subscription-Key: {server.key}\r\nTransfer-Encoding: chunked\r\n"
            "Expect: 100-continue\r\nConnection: close\r\n\r\n"
        )
        connection.sendall(head.encode())
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")
        for at in range(0, len(data), 4096):
            piece = data[at : at + 4096]
            connection.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        connection.sendall(b"0\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert json.loads(answer.partition(b"\r\n\r\n")[2]) == WEATHER


def test_samples_without_a_header(server: RunningServer) -> None:
    form = {"Content-Type": "audio/wav; codecs=audio/pcm; samplerate=16000"}
    assert post(server, pcm("weather.wav"), form).json()["DisplayText"] == WEATHER["DisplayText"]
    assert post(server, pcm("weather.wav")).status_code == 400


def test_several_utterances_are_one_result(server: RunningServer) -> None:
    weather = np.frombuffer(pcm("weather.wav"), "<i2")
    found = post(server, wav(np.concatenate([weather, np.zeros(24_000, "<i2"), weather]))).json()
    assert found["DisplayText"].startswith(f"{WEATHER['DisplayText']} W")
    assert found["Duration"] > 2 * WEATHER["Duration"]


@pytest.mark.parametrize(("seconds", "status"), [(3, "NoMatch"), (6, "InitialSilenceTimeout")])
def test_nothing_said(server: RunningServer, seconds: int, status: str) -> None:
    noise = np.random.default_rng(0).normal(0, 0.003, seconds * 16_000)
    answer = post(server, wav(noise))
    assert answer.status_code == 200
    assert answer.json()["RecognitionStatus"] == status


@pytest.mark.parametrize(
    ("audio", "status"),
    [
        (pink_noise(6, -40), "BabbleTimeout"),
        (pink_noise(3, -40), "NoMatch"),
        (np.append(np.zeros(90_000), pink_noise(5, -40)), "InitialSilenceTimeout"),
    ],
    ids=["noise", "little noise", "silence, then noise"],
)
def test_noise_instead_of_speech(server: RunningServer, audio: np.ndarray, status: str) -> None:
    answer = post(server, wav(audio))
    assert answer.status_code == 200
    assert answer.json()["RecognitionStatus"] == status


def test_endpoints(server: RunningServer) -> None:
    content = (SAMPLES / "weather.wav").read_bytes()
    assert post(server, content, cid=deployed(server)).json() == WEATHER
    answer = post(server, content, cid="unknown")
    assert answer.status_code == 404
    answer = post(server, content, cid=deployed(server, max_streams=0))
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    ("content", "query", "status", "message"),
    [
        (b"no audio", {}, 400, "not a recording"),
        (b"", {}, 400, "no body"),
        (b"RIFF", {"language": ""}, 400, "language"),
        (b"RIFF", {"language": "xx-XX"}, 404, "'xx-xx'"),
        (b"RIFF", {"format": "poem"}, 400, "format"),
        (b"RIFF", {"profanity": "loud"}, 400, "profanity"),
        (wav(np.zeros(61 * 16_000)), {}, 413, "60"),
    ],
)
def test_what_cannot_be(
    server: RunningServer, content: bytes, query: dict[str, str], status: int, message: str
) -> None:
    answer = post(server, content, **query)
    assert answer.status_code == status
    assert message in answer.json()["error"]["message"]


def test_language_is_needed(server: RunningServer) -> None:
    answer = httpx.post(server.url + PATH, content=b"RIFF", headers=server.headers)
    assert answer.status_code == 400
    assert "language" in answer.json()["error"]["message"]


def test_keys(server: RunningServer) -> None:
    content = (SAMPLES / "weather.wav").read_bytes()
    for headers in ({}, {"Ocp-Apim-Subscription-Key": "wrong"}, {"Authorization": "Bearer x"}):
        answer = httpx.post(
            f"{server.url}{PATH}?language=en-US", content=content, headers=headers, timeout=60
        )
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "Unauthorized"


@pytest.mark.parametrize("path", ["/sts/v1.0/issueToken", "/sts/v1.0/issuetoken"])
def test_tokens(server: RunningServer, path: str) -> None:
    content = (SAMPLES / "weather.wav").read_bytes()
    issued = httpx.post(server.url + path, headers=server.headers)
    assert issued.status_code == 200
    assert issued.headers["Content-Type"].startswith("text/plain")
    bearer = {"Authorization": f"Bearer {issued.text}"}
    answer = httpx.post(
        f"{server.url}{PATH}?language=en-US", content=content, headers=bearer, timeout=60
    )
    assert answer.json() == WEATHER
    # It is for recognition alone, and no way to another.
    assert server.service.access.authenticate(issued.text).scope is Scope.RECOGNISE
    assert httpx.post(server.url + path, headers=bearer).status_code == 401
    assert httpx.post(server.url + path).status_code == 401
