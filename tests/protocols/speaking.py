"""Clients that stream the sample recordings over WebSockets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
from running import RunningServer
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from attune.audio import read_audio
from attune.service.tables import Endpoint, EndpointModel, Model, Project, Status

SAMPLES = Path(__file__).parents[2] / "samples"
BLOCK = 3200
"""Bytes of 0.1 s."""


@cache
def pcm(name: str) -> bytes:
    """A sample recording as 16-bit mono at 16 kHz."""
    return np.rint(read_audio(SAMPLES / name) * 32767).astype("<i2").tobytes()


@contextmanager
def connection(
    server: RunningServer, path: str, key: str | None = None, **query: object
) -> Iterator[ClientConnection]:
    """A WebSocket to a path of the server."""
    headers = {"Ocp-Apim-Subscription-Key": server.key if key is None else key}
    address = f"{server.websocket}{path}?{urlencode(query)}"
    with connect(address, additional_headers=headers if key != "" else None) as socket:
        yield socket


def pieces(audio: bytes, size: int = BLOCK) -> Iterator[bytes]:
    """Audio in messages."""
    return (audio[first : first + size] for first in range(0, len(audio), size))


def events(socket: ClientConnection) -> list[dict[str, Any]]:
    """All that comes until the connection is closed, however it is."""
    found = []
    with suppress(ConnectionClosed):
        while True:
            found.append(json.loads(socket.recv(timeout=30)))
    return found


def of_type(found: list[dict[str, Any]], *kinds: str) -> list[dict[str, Any]]:
    """The events of these types."""
    return [event for event in found if event["type"] in kinds]


def deployed(server: RunningServer, **fields: Any) -> str:
    """A new endpoint of the base recogniser, in a project of its own."""
    database = server.service.database
    with database.session() as session:
        base = session.query(Model).filter_by(project_id=None, kind="recognizer").one()
        project = Project(name="streams", language="en-US")
        session.add(project)
        session.flush()
        endpoint = Endpoint(
            project_id=project.id,
            name="streams",
            language="en-US",
            status=Status.SUCCEEDED,
            **fields,
        )
        endpoint.models = [EndpointModel(model_id=base.id)]
        session.add(endpoint)
        session.flush()
        return endpoint.id
