"""Keys and tokens in headers, and what each may do."""

from __future__ import annotations

import httpx
import pytest
from running import RunningServer

from attune.service.access import Principal, Scope


@pytest.fixture(scope="module")
def admin(server: RunningServer) -> Principal:
    return server.service.access.authenticate(server.key)


def new_upload(server: RunningServer, **headers: str) -> httpx.Response:
    return httpx.post(
        f"{server.url}/attune/v1/uploads", json={"name": "a", "size": 1}, headers=headers
    )


def test_a_key_comes_in_either_header(server: RunningServer) -> None:
    assert new_upload(server, **{"Ocp-Apim-Subscription-Key": server.key}).status_code == 201
    assert new_upload(server, Authorization=f"Bearer {server.key}").status_code == 201
    assert new_upload(server, Authorization=f"bearer  {server.key}").status_code == 201


def test_a_token_stands_for_its_key(server: RunningServer, admin: Principal) -> None:
    token = server.service.access.issue_token(admin)
    assert new_upload(server, Authorization=f"Bearer {token}").status_code == 201


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Basic YTpi"},
        {"Ocp-Apim-Subscription-Key": "att_wrong"},
        {"Authorization": "Bearer a.b.c"},
    ],
)
def test_without_a_right_key_nothing_is_done(
    server: RunningServer, headers: dict[str, str]
) -> None:
    answer = new_upload(server, **headers)
    assert answer.status_code in (401, 429)
    assert answer.json()["error"]["code"] in ("Unauthorized", "TooManyRequests")
    if answer.status_code == 401:
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_key_in_the_query_is_for_websockets_alone(server: RunningServer) -> None:
    answer = httpx.post(
        f"{server.url}/attune/v1/uploads?key={server.key}", json={"name": "a", "size": 1}
    )
    assert answer.status_code in (401, 429)


def test_a_key_for_recognition_manages_nothing(server: RunningServer, admin: Principal) -> None:
    _, secret = server.service.access.create_key(admin, "ears", Scope.RECOGNISE)
    answer = new_upload(server, Authorization=f"Bearer {secret}")
    assert answer.status_code == 403
    assert "needs one for manage" in answer.json()["error"]["message"]


def test_too_many_requests_are_told_when_to_come_again(
    server: RunningServer, admin: Principal
) -> None:
    _, secret = server.service.access.create_key(admin, "eager", Scope.RECOGNISE)
    with httpx.Client(headers={"Authorization": f"Bearer {secret}"}) as client:
        for _ in range(1000):
            answer = client.get(f"{server.url}/attune/v1/uploads/x")
            if answer.status_code == 429:
                break
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 1
