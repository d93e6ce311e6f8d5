"""A client of the Speech SDK's protocol that sends just what a test tells it to."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlencode

from running import RunningServer
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from attune.protocols.azure.frames import BinaryFrame, TextFrame, read_text

PATH = "/speech/recognition/{}/cognitiveservices/v1"


class UspClient:
    """One connection."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    def context(self, request_id: str, **content: Any) -> None:
        """Send a speech.context."""
        headers = {"Content-Type": "application/json"}
        text = json.dumps(content)
        self.socket.send(TextFrame("speech.context", request_id, headers, text).write())

    def audio(self, request_id: str, data: bytes, size: int = 3200) -> None:
        """Send audio in pieces."""
        for at in range(0, len(data), size):
            piece = data[at : at + size]
            self.socket.send(BinaryFrame("audio", request_id, {"X-StreamId": "1"}, piece).write())

    def end(self, request_id: str) -> None:
        """Send the end of audio."""
        self.socket.send(BinaryFrame("audio", request_id).write())

    def messages(self, until: str = "turn.end") -> list[tuple[str, Any]]:
        """(path, JSON) of all messages up to one, or the connection's end."""
        found: list[tuple[str, Any]] = []
        with suppress(ConnectionClosed):
            while not found or found[-1][0] != until:
                message = self.socket.recv(timeout=30)
                assert isinstance(message, str)
                frame = read_text(message)
                assert frame.headers["content-type"].startswith("application/json")
                found.append((frame.path, json.loads(frame.body)))
        return found


@contextmanager
def usp(
    server: RunningServer, mode: str = "interactive", path: str = "", **query: str
) -> Iterator[UspClient]:
    """A connection as the SDK makes it."""
    address = f"{server.websocket}{path or PATH.format(mode)}?{urlencode(query)}"
    headers = {**server.headers, "X-ConnectionId": uuid.uuid4().hex}
    protocols = [Subprotocol("USP")]
    with connect(address, additional_headers=headers, subprotocols=protocols) as socket:
        assert socket.subprotocol == "USP"
        yield UspClient(socket)


def request_id() -> str:
    return uuid.uuid4().hex


def named(found: list[tuple[str, Any]], path: str) -> list[Any]:
    """The contents of the messages of this path."""
    return [content for each, content in found if each == path]
