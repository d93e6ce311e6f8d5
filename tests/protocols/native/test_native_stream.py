"""/v1/stream with a real server and a real client."""

from __future__ import annotations

import json
import time
from typing import Any

import numpy as np
import pytest
import soxr
from running import RunningServer
from speaking import connection, deployed, events, of_type, pcm, pieces
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection

import attune
from attune.recognize import Model
from attune.service.access import Scope

FINISH = json.dumps({"type": "finish"})


def spoken(
    server: RunningServer, audio: bytes, start: dict[str, Any] | None = None, **query: object
) -> list[dict[str, Any]]:
    """All events of a stream."""
    with connection(server, "/v1/stream", **query) as socket:
        if start is not None:
            socket.send(json.dumps({"type": "start", **start}))
        for piece in pieces(audio):
            socket.send(piece)
        socket.send(FINISH)
        return events(socket)


def texts(found: list[dict[str, Any]], field: str = "text") -> str:
    return " ".join(event[field] for event in of_type(found, "final"))


@pytest.fixture(scope="module")
def model() -> Model:
    return attune.load()


@pytest.mark.parametrize("name", ["dictation.wav", "digits.mp3", "question.ogg", "command.flac"])
def test_hears_what_the_library_hears(server: RunningServer, model: Model, name: str) -> None:
    audio = pcm(name)
    result = model.transcribe(np.frombuffer(audio, "<i2"), streaming=True)
    found = spoken(server, audio)
    assert found[0]["type"] == "ready"
    assert found[0]["model"]["name"] == "en-US base"
    assert texts(found) == result.text
    final = of_type(found, "final")[0]
    assert [word["text"] for word in final["words"]] == final["lexical"].split()
    assert final["alternatives"][0]["text"] == final["text"]
    assert of_type(found, "partial")
    assert of_type(found, "speech_start")
    assert found[-1] == {"type": "end", "reason": "finished", "time": round(len(audio) / 32000, 3)}
    assert of_type(found, "position")[-1]["settled"] == pytest.approx(len(audio) / 32000, abs=0.1)


@pytest.mark.parametrize(
    ("rate", "encoding", "channels"),
    [(48_000, "s16le", 2), (8_000, "s16le", 1), (44_100, "f32le", 1), (16_000, "f32le", 2)],
)
def test_any_rate_encoding_and_number_of_channels(
    server: RunningServer, rate: int, encoding: str, channels: int
) -> None:
    samples = np.frombuffer(pcm("dictation.wav"), "<i2").astype(np.float32) / 32768
    audio = np.repeat(soxr.resample(samples, 16_000, rate)[:, None], channels, axis=1)
    data = (
        audio.astype("<f4").tobytes()
        if encoding == "f32le"
        else np.rint(np.clip(audio, -1, 1) * 32767).astype("<i2").tobytes()
    )
    start = {"rate": rate, "encoding": encoding, "channels": channels}
    assert "long walk by the river" in texts(spoken(server, data, start))
    assert "long walk by the river" in texts(spoken(server, data, **start))


def test_phrases_options_and_partials_are_heeded(server: RunningServer) -> None:
    start = {
        "phrases": ["attune", {"text": "hey atlas", "boost": 2, "pronunciations": ["HH EY AE T"]}],
        "options": {"formatting": False, "alternatives": 2},
        "partials": False,
    }
    found = spoken(server, pcm("dictation.wav"), start)
    assert not of_type(found, "partial")
    final = of_type(found, "final")[0]
    assert final["text"] == final["lexical"]
    assert len(final["alternatives"]) == 2


@pytest.mark.parametrize(
    ("start", "message"),
    [
        ({"speed": 2}, "'speed' is unknown"),
        ({"rate": "fast"}, "rate 'fast'"),
        ({"rate": 1}, "1 Hz"),
        ({"rate": True}, "rate True"),
        ({"encoding": "mp3"}, "use s16le or f32le"),
        ({"channels": 0}, "channels"),
        ({"channels": 10**6}, "channels"),
        ({"partials": 1}, "partials"),
        ({"offset": -1}, "offset"),
        ({"phrases": "attune"}, "phrases is not a list"),
        ({"phrases": [1]}, "each of phrases"),
        ({"phrases": [{"text": "a", "boost": 1e9}]}, "boost"),
        ({"phrases": ["word"] * 1001}, "at most 1000"),
        ({"options": []}, "options"),
        ({"options": {"beam": "wide"}}, "option beam"),
        ({"options": {"nothing": 1}}, "'nothing' is unknown"),
        ({"keyword": "hey"}, "keyword"),
        ({"keyword": {"text": 5, "start": 0, "end": 1}}, "keyword"),
        ({"keyword": {"text": "hey atlas", "start": 1, "end": 0}}, "keyword"),
        ({"keyword": {"text": "☂", "start": 0, "end": 1}}, "keyword"),
    ],
)
def test_what_cannot_be_is_told_at_once(
    server: RunningServer, start: dict[str, Any], message: str
) -> None:
    with connection(server, "/v1/stream") as socket:
        socket.send(json.dumps({"type": "start", **start}))
        (error,) = events(socket)
        assert socket.close_code == 4400
    assert error["type"] == "error"
    assert error["code"] == "InvalidRequest"
    assert message in error["message"]


@pytest.mark.parametrize(
    "sent", ["", "no JSON", "[]", "1", '{"type": "sing"}', "{" * 1000, "NaN", '{"type": "start"}']
)
def test_other_messages_in_a_stream_are_told(server: RunningServer, sent: str) -> None:
    with connection(server, "/v1/stream") as socket:
        socket.send(pcm("dictation.wav")[:3200])
        socket.send(sent)
        assert events(socket)[-1]["type"] == "error"
        assert socket.close_code == 4400


def test_samples_that_are_no_numbers_are_told(server: RunningServer) -> None:
    bad = np.full(1600, np.nan, "<f4").tobytes()
    with connection(server, "/v1/stream", encoding="f32le") as socket:
        socket.send(bad)
        assert "not numbers" in events(socket)[-1]["message"]
        assert socket.close_code == 4400


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"endpoint": "0b9d6a0c-0000-4000-8000-000000000000"}, 404),
        ({"endpoint": "../../etc/passwd"}, 404),
        ({"model": "nothing"}, 404),
        ({"language": "xx-XX"}, 404),
        ({"rate": "x"}, 400),
        ({"encoding": "mp3"}, 400),
    ],
)
def test_an_address_that_leads_nowhere_is_refused(
    server: RunningServer, query: dict[str, str], status: int
) -> None:
    with pytest.raises(InvalidStatus) as refused, connection(server, "/v1/stream", **query):
        pass
    assert refused.value.response.status_code == status
    assert json.loads(refused.value.response.body)["error"]["message"]


def test_needs_a_key_or_a_token(server: RunningServer) -> None:
    for key in ("", "wrong"):
        with pytest.raises(InvalidStatus) as refused, connection(server, "/v1/stream", key):
            pass
        assert refused.value.response.status_code == 401
    access = server.service.access
    token = access.issue_token(access.authenticate(server.key))
    with connection(server, "/v1/stream", "", access_token=token) as socket:
        socket.send(FINISH)
        assert events(socket)[-1]["type"] == "end"


def test_a_key_for_recognition_suffices_and_stays_in_its_project(server: RunningServer) -> None:
    mine, other = deployed(server), deployed(server)
    with server.service.database.reading() as session:
        from attune.service.tables import Endpoint

        project = session.get_one(Endpoint, mine).project_id
    _, key = server.service.access.create_key(None, "device", Scope.RECOGNISE, project_id=project)
    with connection(server, "/v1/stream", key, endpoint=mine) as socket:
        socket.send(FINISH)
        assert of_type(events(socket), "ready")[0]["endpoint"] == mine
    with (
        pytest.raises(InvalidStatus) as refused,
        connection(server, "/v1/stream", key, endpoint=other),
    ):
        pass
    assert refused.value.response.status_code == 404


def test_over_the_limit_is_429_and_says_when_to_come_back(server: RunningServer) -> None:
    endpoint = deployed(server, max_streams=1)
    with connection(server, "/v1/stream", endpoint=endpoint) as first:
        with (
            pytest.raises(InvalidStatus) as refused,
            connection(server, "/v1/stream", endpoint=endpoint),
        ):
            pass
        assert refused.value.response.status_code == 429
        assert int(refused.value.response.headers["Retry-After"]) >= 1
        first.send(FINISH)
        assert events(first)[-1]["type"] == "end"
    with connection(server, "/v1/stream", endpoint=endpoint):
        pass


def _free(server: RunningServer, endpoint: str) -> None:
    """Wait until a stream can be opened at an endpoint for one."""
    deadline = time.monotonic() + 10
    while True:
        try:
            with connection(server, "/v1/stream", endpoint=endpoint) as socket:
                socket.send(FINISH)
                assert events(socket)
                return
        except InvalidStatus as refused:
            assert refused.response.status_code == 429
            assert time.monotonic() < deadline, "the place was not freed"
            time.sleep(0.05)


def _vanish(socket: ClientConnection) -> None:
    """As a client does whose process is killed."""
    socket.socket.close()


@pytest.mark.parametrize("sent", [0, 1, 5, 20])
def test_a_client_that_vanishes_leaves_its_place(server: RunningServer, sent: int) -> None:
    endpoint = deployed(server, max_streams=1)
    with connection(server, "/v1/stream", endpoint=endpoint) as socket:
        for _ in range(sent):
            socket.send(pcm("dictation.wav"))
        _vanish(socket)
    _free(server, endpoint)


def test_a_lost_connection_is_taken_up_without_loss(server: RunningServer) -> None:
    """The client sends again what lies behind the last `settled`, with that as its offset."""
    pause = bytes(64_000)
    audio = pcm("dictation.wav") + pause + pcm("command.flac") + pause + pcm("question.ogg")
    whole = [event["lexical"] for event in of_type(spoken(server, audio), "final")]
    heard: list[dict[str, Any]] = []
    with connection(server, "/v1/stream") as socket:
        for piece in pieces(audio[:320_000]):
            socket.send(piece)
        while True:
            event = json.loads(socket.recv(timeout=20))
            heard.append(event)
            if event["type"] == "position" and event["heard"] > 9.5:
                break
        _vanish(socket)
    settled = of_type(heard, "position")[-1]["settled"]
    assert 5.6 < settled < 9.6
    rest = spoken(server, audio[int(settled * 16_000) * 2 :], offset=settled)
    assert of_type(rest, "end")[0]["time"] == pytest.approx(len(audio) / 32_000, abs=0.01)
    finals = of_type(heard, "final") + of_type(rest, "final")
    assert [event["lexical"] for event in finals] == whole
    starts = [event["words"][0]["start"] for event in finals]
    assert starts == sorted(starts)


def test_a_keyword_is_verified(server: RunningServer) -> None:
    said = {"keyword": {"text": "we had", "start": 0.55, "end": 0.95}}
    found = of_type(spoken(server, pcm("dictation.wav"), said), "accepted", "rejected", "final")
    assert [event["type"] for event in found] == ["accepted", "final"]
    assert found[0]["score"] >= found[0]["threshold"]
    assert found[1]["text"].startswith("We Had, a long walk")


def test_what_was_no_keyword_ends_the_stream(server: RunningServer) -> None:
    said = {"keyword": {"texts": ["hey atlas", "computer"], "start": 0.55, "end": 1.3}}
    with connection(server, "/v1/stream") as socket:
        socket.send(json.dumps({"type": "start", **said}))
        for piece in pieces(pcm("dictation.wav")):
            socket.send(piece)
        found = events(socket)  # also without a finish
    assert not of_type(found, "partial", "final", "speech_start", "accepted")
    assert of_type(found, "rejected")
    assert found[-1]["reason"] == "rejected"
