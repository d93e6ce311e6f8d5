"""/v1/keyword: a keyword model listens live."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from any_frames import FINISH, FRAMES, SAMPLES_IN_FLOATS, idle
from hypothesis import given, settings
from hypothesis import strategies as st
from running import RunningServer
from speaking import connection, events, of_type, pcm, pieces
from waiting import eventually
from websockets.exceptions import ConnectionClosed, InvalidStatus

from attune.keyword import KeywordPhrase, create_basic, load_keyword
from attune.service.tables import Model, Status

PHRASE = KeywordPhrase("by the river", (("B", "AY", "DH", "AH", "R", "IH", "V", "ER"),))


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("keyword") / "river"
    create_basic([PHRASE], out, sensitivity=1.0)
    return out


@pytest.fixture(scope="module")
def keyword(server: RunningServer, bundle: Path) -> str:
    """A keyword model of the service."""
    stored = server.service.store.put_folder(bundle)
    with server.service.database.session() as session:
        made = Model(
            name="river",
            kind="keyword",
            language="en-US",
            status=Status.SUCCEEDED,
            bundle_hash=stored,
        )
        session.add(made)
        session.flush()
        return made.id


def listened(server: RunningServer, **query: object) -> list[dict[str, Any]]:
    with connection(server, "/v1/keyword", **query) as socket:
        for piece in pieces(pcm("dictation.wav")):
            socket.send(piece)
        socket.send(FINISH)
        return events(socket)


def test_tells_scores_and_detections_as_the_spotter_does(
    server: RunningServer, keyword: str, bundle: Path
) -> None:
    found = listened(server, model=keyword)
    (threshold,) = load_keyword(bundle).thresholds()
    assert found[0]["type"] == "ready"
    assert found[0]["keywords"] == [{"text": "by the river", "threshold": round(threshold, 3)}]
    (detection,) = of_type(found, "detection")
    assert detection["keyword"] == "by the river"
    assert 1.5 < detection["start"] < detection["end"] < 2.4
    trace = of_type(found, "scores")
    assert len(trace) > 20  # some every second
    times = [event["time"] for event in trace]
    assert times == sorted(times)
    above = [e["time"] for e in trace if e["scores"][0] is not None and e["scores"][0] > threshold]
    assert above
    assert min(above) <= detection["time"] + 0.25
    assert max(above) < 3.0
    assert found[-1] == {"type": "end", "reason": "finished", "time": 5.665}


def test_a_strict_sensitivity_has_a_higher_threshold(server: RunningServer, keyword: str) -> None:
    thresholds = [
        listened(server, model=keyword, sensitivity=sensitivity)[0]["keywords"][0]["threshold"]
        for sensitivity in (0, 1)
    ]
    assert thresholds[0] > thresholds[1]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({}, 400),
        ({"model": "nothing"}, 404),
        ({"sensitivity": "2"}, 400),
        ({"sensitivity": "high"}, 400),
        ({"rate": "0"}, 400),
    ],
)
def test_what_cannot_be_is_refused(
    server: RunningServer, keyword: str, query: dict[str, str], status: int
) -> None:
    if query and "model" not in query:
        query = {"model": keyword, **query}
    with pytest.raises(InvalidStatus) as refused, connection(server, "/v1/keyword", **query):
        pass
    assert refused.value.response.status_code == status


def test_a_recogniser_is_no_keyword(server: RunningServer) -> None:
    with server.service.database.reading() as session:
        base = session.query(Model).filter_by(project_id=None, kind="recognizer").first()
    assert base is not None
    with (
        pytest.raises(InvalidStatus) as refused,
        connection(server, "/v1/keyword", model=base.id),
    ):
        pass
    assert refused.value.response.status_code == 400


def test_the_base_of_keywords_hears_none(server: RunningServer) -> None:
    with server.service.database.reading() as session:
        base = session.query(Model).filter_by(project_id=None, kind="keyword").first()
    assert base is not None
    with (
        pytest.raises(InvalidStatus) as refused,
        connection(server, "/v1/keyword", model=base.id),
    ):
        pass
    assert refused.value.response.status_code == 400


def test_other_messages_are_told(server: RunningServer, keyword: str) -> None:
    with connection(server, "/v1/keyword", model=keyword) as socket:
        with pytest.raises(ConnectionClosed):
            socket.send('{"type": "sing"}')
            while True:
                socket.recv(timeout=10)
        assert socket.close_code == 4400


@settings(max_examples=40)
@given(
    frames=st.lists(FRAMES | SAMPLES_IN_FLOATS, max_size=6),
    query=st.fixed_dictionaries(
        {},
        optional={
            "encoding": st.sampled_from(["s16le", "f32le"]),
            "rate": st.sampled_from([8_000, 16_000, 44_100]),
            "channels": st.sampled_from([1, 2, 7]),
            "sensitivity": st.floats(0, 1),
        },
    ),
)
def test_any_messages(
    server: RunningServer, keyword: str, frames: list[str | bytes], query: dict[str, object]
) -> None:
    with connection(server, "/v1/keyword", model=keyword, **query) as socket:
        with suppress(ConnectionClosed):
            for frame in frames:
                socket.send(frame)
            socket.send(FINISH)
        found = events(socket)
        assert socket.close_code in (1000, 4400)
    assert found[0]["type"] == "ready"
    assert found[-1]["type"] == ("end" if socket.close_code == 1000 else "error")
    assert {event["type"] for event in found[1:-1]} <= {"scores", "detection"}
    eventually(lambda: idle(server), 15)
