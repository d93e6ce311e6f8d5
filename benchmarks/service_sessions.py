"""Sessions of each of the service's protocols: audio in as fast as it is taken, what was heard out.

Each takes a server, 16-bit audio at 16 kHz and an id (an endpoint's, or a keyword's) and returns a
text that is the same whenever the same audio is sent.
"""

from __future__ import annotations

import asyncio
import io
import json
import uuid
import wave
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from service_streams import Process
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from attune.protocols.azure.frames import BinaryFrame, TextFrame, read_text

__all__ = ["SESSIONS", "Session", "make_endpoint", "make_keyword"]

Session = Callable[[Process, bytes, str], Awaitable[str]]
_PIECE = 8000
_FINISH = json.dumps({"type": "finish"})
_WALKED_AWAY = "walked away"


def _socket(server: Process, path: str, **more: Any) -> connect:
    headers = {"Ocp-Apim-Subscription-Key": server.key}
    address = f"ws://{server.address}{path}"
    return connect(address, additional_headers=headers, open_timeout=120, **more)


def _pieces(audio: bytes) -> list[bytes]:
    return [audio[first : first + _PIECE] for first in range(0, len(audio), _PIECE)]


async def _send(socket: ClientConnection, audio: bytes) -> None:
    for piece in _pieces(audio):
        await socket.send(piece)
    await socket.send(_FINISH)


async def native(server: Process, audio: bytes, endpoint: str) -> str:
    """A stream of the native protocol, with everything it can tell."""
    found = []
    async with _socket(server, f"/v1/stream?endpoint={endpoint}") as socket:
        options = {"type": "start", "phrases": ["Attune"], "options": {"alternatives": 3}}
        await socket.send(json.dumps(options))
        sending = asyncio.create_task(_send(socket, audio))
        async for message in socket:
            event = json.loads(message)
            if event["type"] == "final":
                found.append(event["text"])
            elif event["type"] == "error":
                raise RuntimeError(event["message"])
        await sending
    return " ".join(found)


async def walking_away(server: Process, audio: bytes, endpoint: str) -> str:
    """A stream whose client vanishes in the middle of a word."""
    async with _socket(server, f"/v1/stream?endpoint={endpoint}") as socket:
        for piece in _pieces(audio[: len(audio) // 2]):
            await socket.send(piece)
        socket.transport.abort()
    return _WALKED_AWAY


async def vosk(server: Process, audio: bytes, endpoint: str) -> str:
    """A conversation as Vosk's clients have it."""
    found = []
    async with _socket(server, f"/vosk?endpoint={endpoint}") as socket:
        await socket.send(json.dumps({"config": {"sample_rate": 16_000, "words": True}}))
        messages: list[str | bytes] = [*_pieces(audio), '{"eof" : 1}']
        for message in messages:
            await socket.send(message)
            answer = json.loads(await socket.recv())
            if "message" in answer:
                raise RuntimeError(answer["message"])
            found.append(answer.get("text", ""))
    return " ".join(text for text in found if text)


async def azure(server: Process, audio: bytes, endpoint: str) -> str:
    """Two turns on one connection, as the Speech SDK sends them."""
    found = []
    path = "/speech/recognition/conversation/cognitiveservices/v1?language=en-US&format=detailed"
    protocols = [Subprotocol("USP")]
    async with _socket(server, f"{path}&cid={endpoint}", subprotocols=protocols) as socket:
        half = len(audio) // 4 * 2
        for part in (audio[:half], audio[half:]):
            turn = uuid.uuid4().hex
            kind = {"Content-Type": "application/json"}
            await socket.send(TextFrame("speech.context", turn, kind, "{}").write())
            stream = {"X-StreamId": "1"}
            for piece in _pieces(_wav(part)):
                await socket.send(BinaryFrame("audio", turn, stream, piece).write())
            await socket.send(BinaryFrame("audio", turn).write())
            while (frame := read_text(str(await socket.recv()))).path != "turn.end":
                if frame.path == "speech.phrase":
                    best = json.loads(frame.body).get("NBest")
                    found.append(best[0]["Display"] if best else "")
    return " ".join(text for text in found if text)


async def openai(server: Process, audio: bytes, endpoint: str) -> str:
    """A file as OpenAI's client sends it."""
    async with _web(server) as client:
        answer = await client.post(
            "/v1/audio/transcriptions",
            data={"model": endpoint, "response_format": "verbose_json"},
            files={"file": ("speech.wav", _wav(audio))},
        )
        answer.raise_for_status()
        return str(answer.json()["text"])


async def keyword(server: Process, audio: bytes, model: str) -> str:
    """A stream in which a keyword is listened for: how often, when."""
    found = []
    async with _socket(server, f"/v1/keyword?model={model}") as socket:
        sending = asyncio.create_task(_send(socket, audio))
        async for message in socket:
            event = json.loads(message)
            if event["type"] == "detection":
                found.append(f"{event['keyword']} {event['start']}")
            elif event["type"] == "error":
                raise RuntimeError(event["message"])
        await sending
    return ", ".join(found)


SESSIONS: dict[str, Session] = {
    "native": native,
    "walking away": walking_away,
    "vosk": vosk,
    "azure": azure,
    "openai": openai,
    "keyword": keyword,
}


def _web(server: Process) -> httpx.AsyncClient:
    headers = {"Ocp-Apim-Subscription-Key": server.key}
    return httpx.AsyncClient(base_url=f"http://{server.address}", headers=headers, timeout=600)


def _wav(audio: bytes) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writing:
        writing.setnchannels(1)
        writing.setsampwidth(2)
        writing.setframerate(16_000)
        writing.writeframes(audio)
    return file.getvalue()


async def make_endpoint(server: Process) -> str:
    """The id of a new endpoint of the base model."""
    async with _web(server) as client:
        project = await _made(client, "/speechtotext/v3.2/projects", {"locale": "en-US"})
        answer = await client.get("/speechtotext/v3.2/models/base")
        answer.raise_for_status()
        bases = [one for one in answer.json()["values"] if one["locale"] == "en-US"]
        wanted = {"locale": "en-US", "project": project, "model": {"self": bases[0]["self"]}}
        made = await _made(client, "/speechtotext/v3.2/endpoints", wanted)
        return made["self"].rpartition("/")[2]


async def make_keyword(server: Process, phrase: str) -> str:
    """The id of a new keyword."""
    async with _web(server) as client:
        project = await _made(client, "/speechtotext/v3.2/projects", {"locale": "en-US"})
        wanted = {"project": project, "type": "basic", "phrases": [{"text": phrase}]}
        made = await _made(client, "/attune/v1/keywords", wanted)
        while True:
            answer = (await client.get(made["self"])).json()
            if answer["status"] == "Succeeded":
                return made["self"].rpartition("/")[2]
            if answer["status"] == "Failed":
                raise SystemExit(f"the keyword could not be made: {answer}")
            await asyncio.sleep(0.5)


async def _made(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, str]:
    answer = await client.post(path, json={"displayName": "soak", **body})
    if answer.status_code != 201:
        raise SystemExit(f"{path}: {answer.text}")
    return {"self": str(answer.json()["self"])}
