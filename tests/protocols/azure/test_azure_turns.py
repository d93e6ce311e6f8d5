"""Turns over the Speech SDK's WebSocket, with frames that the SDK itself would not send so."""

from __future__ import annotations

import socket as sockets
import time
from typing import Any

import pytest
from conftest import SAMPLES
from running import RunningServer
from speaking import deployed, pcm
from usp_client import UspClient, named, request_id, usp
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from attune.protocols.azure.frames import TextFrame

WEATHER = "Will it rain in the afternoon?"


def turn(client: UspClient, audio: bytes, **context: Any) -> list[tuple[str, Any]]:
    """All messages of one turn."""
    request = request_id()
    client.context(request, **context)
    client.audio(request, audio)
    client.end(request)
    return client.messages()


def wav_of(name: str) -> bytes:
    """With the header of a stream: no lengths."""
    head = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x80>\0\0\0}\0\0\x02\0\x10\0data\0\0\0\0"
    return head + pcm(name)


def test_the_order_of_messages(server: RunningServer) -> None:
    with usp(server, "conversation") as client:
        found = turn(client, wav_of("weather.wav"))
    paths = [path for path, _ in found]
    assert paths[:2] == ["turn.start", "speech.startdetected"]
    assert paths[-4:] == [
        "speech.phrase",
        "speech.enddetected",
        "speech.phrase",
        "turn.end",
    ]
    assert set(paths[2:-4]) == {"speech.hypothesis"}
    assert len(found[0][1]["context"]["serviceTag"]) == 32
    phrase, last = named(found, "speech.phrase")
    assert (phrase["RecognitionStatus"], phrase["DisplayText"]) == ("Success", WEATHER)
    assert last == {"RecognitionStatus": "EndOfDictation", "Offset": 22_890_000, "Duration": 0}


@pytest.mark.parametrize("name", ["question.ogg", "command.flac", "digits.mp3", "weather.wav"])
def test_compressed_audio_as_it_comes(server: RunningServer, name: str) -> None:
    with usp(server) as client:
        found = turn(client, (SAMPLES / name).read_bytes())
    (phrase,) = named(found, "speech.phrase")
    assert phrase["RecognitionStatus"] == "Success"
    assert named(found, "speech.hypothesis")


def test_what_comes_after_the_end_of_a_turn_is_not_for_the_next(server: RunningServer) -> None:
    first, second = request_id(), request_id()
    with usp(server) as client:
        client.audio(first, wav_of("weather.wav") + bytes(64_000))
        assert named(client.messages(), "speech.phrase")[0]["DisplayText"] == WEATHER
        client.audio(first, wav_of("command.flac"))
        client.end(first)
        client.audio(second, wav_of("weather.wav"))
        client.end(second)
        found = client.messages()
    assert named(found, "speech.phrase")[0]["DisplayText"] == WEATHER
    assert [path for path, _ in found].count("turn.start") == 1


def test_a_turn_that_is_given_up_for_another(server: RunningServer) -> None:
    first, second = request_id(), request_id()
    with usp(server) as client:
        client.audio(first, wav_of("dictation.wav")[:64_000])
        client.audio(second, wav_of("weather.wav"))
        client.end(second)
        found = client.messages()
    assert named(found, "speech.phrase")[-1]["DisplayText"] == WEATHER


def test_each_turn_has_its_own_context(server: RunningServer) -> None:
    path = "/speech/universal/v2"
    dictation = {"phraseDetection": {"mode": "DICTATION"}, "phraseOutput": {"format": "Detailed"}}
    with usp(server, path=path) as client:
        found = turn(client, wav_of("weather.wav"), **dictation)
        assert "NBest" in named(found, "speech.phrase")[0]
        found = turn(client, wav_of("weather.wav"), phraseDetection={"mode": "INTERACTIVE"})
        assert len(named(found, "speech.phrase")) == 1
        assert "NBest" not in named(found, "speech.phrase")[0]


@pytest.mark.parametrize(
    ("audio", "context", "message"),
    [
        (b"this is no audio at all", {}, "not a recording"),
        (b"OggS" + bytes(400), {}, "damaged"),
        (b"RIFF" + b"x" * 200, {}, "not a recording"),
        (b"", {}, None),
        (b"RIFF", {"phraseDetection": {"mode": "SINGING"}}, "mode 'SINGING'"),
        (b"RIFF", {"dgi": {"Groups": 5}}, "Groups is not a JSON array"),
        (b"RIFF", {"dgi": {"Groups": [{"Items": [{"Text": "x"}] * 1}], "bias": "a"}}, "bias"),
        (
            b"RIFF",
            {"dgi": {"Groups": [{"Items": [{"Text": f"word {n}"} for n in range(1001)]}]}},
            "1000",
        ),
        (b"RIFF", {"phraseDetection": {"language": "xx"}}, "'xx'"),
        (b"RIFF", {"phraseDetection": {"enrichment": {"profanity": "loud"}}}, "profanity"),
        (
            b"RIFF",
            {"phraseDetection": {"enrichment": {"pronunciationAssessment": {}}}},
            "not assessed",
        ),
        (b"RIFF", {"languageId": {"languages": ["en-US", "de-DE"]}}, "several languages"),
        (
            b"RIFF",
            {"keywordDetection": [{"clientDetectedKeywords": [{"text": "a", "offset": -1}]}]},
            "offset",
        ),
    ],
)
def test_a_turn_that_cannot_be_is_told_and_another_may_follow(
    server: RunningServer, audio: bytes, context: dict[str, Any], message: str | None
) -> None:
    with usp(server) as client:
        found = turn(client, audio, **context)
        (phrase,) = named(found, "speech.phrase")
        if message is None:
            assert phrase["RecognitionStatus"] == "NoMatch"
        else:
            assert phrase["RecognitionStatus"] == "BadRequest"
            assert message in phrase["Error"]["Message"]
        found = turn(client, wav_of("weather.wav"))
        assert named(found, "speech.phrase")[0]["DisplayText"] == WEATHER


@pytest.mark.parametrize(
    "sent",
    [
        "no headers",
        "Path\r\n\r\n",
        "X-RequestId:1\r\n\r\n",
        "Path:speech.context\r\n\r\n[]",
        "Path:speech.context\r\n\r\n" + "[" * 50_000,
        "Path:speech.context\r\n\r\n{",
        "A:" + "b" * 9000 + "\r\n\r\n",
        "Path:audio\r\nX-RequestId:<script>\r\n\r\n",
        b"",
        b"\0",
        b"\xff\xffPath:audio",
        b"\0\x10Path:audio\r\n\r\nabcdef",
        b"\0\x0c\xff\xfeth:audio\r\n",
    ],
)
def test_frames_that_are_none_end_the_connection(server: RunningServer, sent: str | bytes) -> None:
    with usp(server) as client:
        client.socket.send(sent)
        assert client.messages() == []
        assert client.socket.close_code == 1007
        assert client.socket.close_reason


def test_other_messages_are_passed_over(server: RunningServer) -> None:
    with usp(server) as client:
        for path in ("speech.config", "telemetry", "foo.bar"):
            client.socket.send(TextFrame(path, request_id(), {}, "anything").write())
        client.socket.send(b"\0\x0dPath:pictures" + b"xx")
        found = turn(client, wav_of("weather.wav"))
    assert named(found, "speech.phrase")[0]["DisplayText"] == WEATHER


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/speech/recognition/singing/cognitiveservices/v1", 400),
        ("/speech/recognition/interactive/cognitiveservices/v2", 403),
    ],
)
def test_paths_that_are_none(server: RunningServer, path: str, status: int) -> None:
    with (
        pytest.raises(InvalidStatus) as refused,
        connect(server.websocket + path, additional_headers=server.headers),
    ):
        pass
    assert refused.value.response.status_code in (status, 404)


def test_a_client_that_goes_frees_its_place(server: RunningServer) -> None:
    endpoint = deployed(server, max_streams=1)
    recognition = server.service.recognition
    for rude in (False, True):
        with usp(server, cid=endpoint) as client:
            client.audio(request_id(), wav_of("dictation.wav")[:40_000])
            client.messages(until="speech.hypothesis")
            assert recognition.traffic(endpoint).streams == 1
            with usp(server, cid=endpoint) as other:
                found = turn(other, wav_of("weather.wav"))
            assert named(found, "speech.phrase")[0]["RecognitionStatus"] == "TooManyRequests"
            if rude:
                client.socket.socket.shutdown(sockets.SHUT_RDWR)
        deadline = time.monotonic() + 10
        while recognition.traffic(endpoint).streams and time.monotonic() < deadline:
            time.sleep(0.02)
        assert recognition.traffic(endpoint).streams == 0
