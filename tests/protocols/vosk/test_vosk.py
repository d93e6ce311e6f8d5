"""/vosk with a real server, and a client as vosk-server's examples have it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import soxr
from running import RunningServer
from speaking import connection, deployed, pcm, pieces
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection

import attune

PAUSE = bytes(64_000)


def ask(socket: ClientConnection, message: bytes | str) -> dict[str, Any]:
    """One message, one answer."""
    socket.send(message)
    answer: dict[str, Any] = json.loads(socket.recv(timeout=30))
    return answer


def spoken(
    server: RunningServer, audio: bytes, size: int = 8000, **config: object
) -> list[dict[str, Any]]:
    """The answers of a whole stream."""
    with connection(server, "/vosk") as socket:
        socket.send(json.dumps({"config": config}))
        answers = [ask(socket, piece) for piece in pieces(audio, size)]
        answers.append(ask(socket, '{"eof" : 1}'))
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=10)
        return answers


@pytest.mark.parametrize("name", ["dictation.wav", "shopping.ogg"])
def test_hears_what_the_library_hears(server: RunningServer, name: str) -> None:
    audio = pcm(name)
    result = attune.load().transcribe(np.frombuffer(audio, "<i2"), streaming=True)
    answers = spoken(server, audio, sample_rate=16000, words=True)
    assert " ".join(a["text"] for a in answers if a.get("text")) == result.lexical
    words = [word for a in answers for word in a.get("result", ())]
    assert words == [
        {"conf": w.confidence, "start": w.start, "end": w.end, "word": w.text} for w in result.words
    ]
    partials = [a["partial"] for a in answers if "partial" in a]
    assert len(partials) + sum("text" in a for a in answers) == len(answers)
    assert any(result.lexical.startswith(partial) for partial in partials if partial)


def test_utterances_are_told_one_by_one(server: RunningServer) -> None:
    audio = pcm("dictation.wav") + PAUSE + pcm("command.flac") + PAUSE
    answers = spoken(server, audio)
    said = [a["text"] for a in answers if a.get("text")]
    assert [text.split()[0] for text in said] == ["we", "turn"]
    assert all("result" not in a for a in answers)


@pytest.mark.parametrize("rate", [8000, 8000.0, "44100"])
def test_any_sample_rate(server: RunningServer, rate: float | str) -> None:
    samples = np.frombuffer(pcm("dictation.wav"), "<i2").astype(np.float32) / 32768
    resampled = soxr.resample(samples, 16_000, int(float(rate)))
    audio = np.rint(np.clip(resampled, -1, 1) * 32767).astype("<i2").tobytes()
    answers = spoken(server, audio, sample_rate=rate)
    assert "long walk by the river" in answers[-1]["text"]


def test_alternatives(server: RunningServer) -> None:
    answers = spoken(server, pcm("dictation.wav"), max_alternatives=3, words=1)
    best, *others = answers[-1]["alternatives"]
    assert len(others) == 2
    assert best["text"].startswith("we had a long walk")
    assert [word["word"] for word in best["result"]] == best["text"].split()
    assert best["confidence"] > others[0]["confidence"]


def test_phrases_may_be_a_grammar_of_vosk(server: RunningServer) -> None:
    answers = spoken(server, pcm("dictation.wav"), phrase_list=["long walk", "river", "[unk]"])
    assert "long walk by the river" in answers[-1]["text"]


def test_reset_ends_an_utterance_and_goes_on(server: RunningServer) -> None:
    with connection(server, "/vosk") as socket:
        for name, first in (("dictation.wav", "we"), ("command.flac", "turn")):
            for piece in pieces(pcm(name), 16_000):
                ask(socket, piece)
            assert ask(socket, '{"reset" : 1}')["text"].split()[0] == first
        assert ask(socket, '{"reset" : 1}') == {"text": ""}
        assert ask(socket, b"") == {"partial": ""}
        assert ask(socket, '{"eof" : 1}') == {"text": ""}


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({"config": 5}, "config"),
        ({"config": {"sample_rate": "fast"}}, "sample_rate"),
        ({"config": {"max_alternatives": [1]}}, "max_alternatives"),
        ({"config": {"phrase_list": "river"}}, "phrase_list"),
        ({"sing": 1}, "send audio"),
    ],
)
def test_what_cannot_be_is_told(server: RunningServer, sent: dict[str, Any], message: str) -> None:
    with connection(server, "/vosk") as socket:
        assert message in ask(socket, json.dumps(sent))["message"]
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=10)
        assert socket.close_code == 4400


def test_needs_a_key_and_has_limits(server: RunningServer) -> None:
    endpoint = deployed(server, max_streams=1)
    with pytest.raises(InvalidStatus) as refused, connection(server, "/vosk", "wrong"):
        pass
    assert refused.value.response.status_code == 401
    with connection(server, "/vosk", endpoint=endpoint):
        with (
            pytest.raises(InvalidStatus) as refused,
            connection(server, "/vosk", endpoint=endpoint),
        ):
            pass
        assert refused.value.response.status_code == 429
        assert "Retry-After" in refused.value.response.headers
