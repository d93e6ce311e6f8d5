"""Files in pieces: what came is kept, and what is missing goes on there."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from browsing import Course, signed_in_client
from running import RunningServer


@pytest.fixture(scope="module")
def client(portal_server: RunningServer) -> Iterator[httpx.Client]:
    with signed_in_client(portal_server) as client:
        client.headers["Content-Type"] = "application/octet-stream"
        yield client


def begun(client: httpx.Client, course: Course, size: int) -> str:
    form = {"name": "notes.zip", "size": str(size)}
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = client.post(f"{course.root}/uploads", data=form, headers=kind)
    return f"{course.root}/uploads/{answer.json()['id']}"


def test_an_upload_goes_on_where_it_stood(client: httpx.Client, course: Course) -> None:
    place = begun(client, course, 10)
    assert client.post(f"{place}?place=0", content=b"01234").json()["received"] == 5
    # The same piece again, as after an answer that was lost, is refused with where to go on.
    assert client.post(f"{place}?place=0", content=b"01234").status_code == 409
    assert client.get(place).json()["received"] == 5
    last = client.post(f"{place}?place=5", content=b"56789").json()
    assert last == {**last, "received": 10, "complete": True}


def test_more_than_was_announced_is_refused(client: httpx.Client, course: Course) -> None:
    place = begun(client, course, 3)
    assert client.post(f"{place}?place=0", content=b"0123").status_code == 413


def test_a_piece_without_the_token_is_not_taken(client: httpx.Client, course: Course) -> None:
    place = begun(client, course, 3)
    answer = client.post(f"{place}?place=0", content=b"012", headers={"X-CSRF-Token": "wrong"})
    assert answer.status_code == 401
    assert client.get(place).json()["received"] == 0


def test_an_upload_is_forgotten(client: httpx.Client, course: Course) -> None:
    place = begun(client, course, 3)
    assert client.post(f"{place}/cancel").status_code == 204
    assert client.get(place).status_code == 404
