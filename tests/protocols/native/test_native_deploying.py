"""Models behind an endpoint, swapped and shared while clients stream."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import ExitStack

import pytest
from running import RunningServer
from speaking import connection, deployed, events, of_type, pcm, pieces
from sqlalchemy import delete, select

from attune.service.tables import Endpoint, EndpointModel, Model

FINISH = json.dumps({"type": "finish"})


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is deployed is seen at once."""
    monkeypatch.setattr("attune.service.recognition.routing._FRESH_SECONDS", 0.0)


def _another_model(server: RunningServer, endpoint: str) -> str:
    """A model in the endpoint's project, with the bundle of the base."""
    with server.service.database.session() as session:
        base = session.scalars(
            select(Model).where(Model.kind == "recognizer", Model.project_id.is_(None))
        ).first()
        assert base is not None
        other = Model(
            name="other",
            kind="recognizer",
            language="en-US",
            status=base.status,
            bundle_hash=base.bundle_hash,
            project_id=session.get_one(Endpoint, endpoint).project_id,
        )
        session.add(other)
        session.flush()
        return other.id


def _deploy(server: RunningServer, endpoint: str, weights: dict[str, float]) -> None:
    with server.service.database.session() as session:
        session.execute(delete(EndpointModel).where(EndpointModel.endpoint_id == endpoint))
        for model, weight in weights.items():
            session.add(EndpointModel(endpoint_id=endpoint, model_id=model, weight=weight))


def test_a_swap_in_the_middle_of_streams_drops_none(server: RunningServer) -> None:
    endpoint = deployed(server)
    other = _another_model(server, endpoint)
    audio = pcm("dictation.wav")
    with ExitStack() as stack:
        open_now = [
            stack.enter_context(connection(server, "/v1/stream", endpoint=endpoint))
            for _ in range(3)
        ]
        before = []
        for socket in open_now:
            socket.send(b"")
            before.append(json.loads(socket.recv(timeout=10)))
        for socket in open_now:
            for piece in pieces(audio[:80_000]):
                socket.send(piece)
        _deploy(server, endpoint, {other: 1.0})
        with connection(server, "/v1/stream", endpoint=endpoint) as later:
            later.send(FINISH)
            assert of_type(events(later), "ready")[0]["model"]["id"] == other
        for socket in open_now:
            for piece in pieces(audio[80_000:]):
                socket.send(piece)
            socket.send(FINISH)
            (final,) = of_type(events(socket), "final")
            assert final["text"].startswith("We had a long walk by the river,")
    assert {event["model"]["name"] for event in before} == {"en-US base"}


def test_traffic_is_shared_by_weights(server: RunningServer) -> None:
    endpoint = deployed(server)
    other = _another_model(server, endpoint)
    with server.service.database.reading() as session:
        first = session.scalars(
            select(EndpointModel.model_id).where(EndpointModel.endpoint_id == endpoint)
        ).one()
    _deploy(server, endpoint, {first: 3.0, other: 1.0})
    heard: Counter[str] = Counter()
    for _ in range(12):
        with connection(server, "/v1/stream", endpoint=endpoint) as socket:
            socket.send(FINISH)
            heard[of_type(events(socket), "ready")[0]["model"]["id"]] += 1
    assert heard == {first: 9, other: 3}
    assert server.service.recognition.traffic(endpoint).opened == 12
