"""Who gets in, who does not, and what nobody can do in another's name."""

from __future__ import annotations

import httpx
import pytest
from browsing import Browsing, signed_in_client
from running import RunningServer

from attune.portal.sign_in import own_page
from attune.service.access import Scope


def test_signing_in_leads_to_where_one_was_going(
    browsing: Browsing, portal_server: RunningServer
) -> None:
    with browsing.at("/keys", signed_in=False) as page:
        assert page.url.endswith("/sign-in?next=/keys")
        page.get_by_label("API key").fill(portal_server.key)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("heading", name="Keys", exact=True).wait_for()
        page.get_by_role("button", name="Sign out").click()
        page.get_by_role("heading", name="Sign in").wait_for()
        page.goto("/keys")
        assert "/sign-in" in page.url


def test_a_wrong_key_is_told_in_place(portal_server: RunningServer) -> None:
    answer = httpx.post(f"{portal_server.url}/sign-in", data={"key": "att_wrong"})
    assert answer.status_code == 401
    assert 'role="alert"' in answer.text
    assert "This key is not known here." in answer.text


def test_keys_for_recognition_have_nothing_to_do_here(portal_server: RunningServer) -> None:
    access = portal_server.service.access
    _, secret = access.create_key(None, "device", Scope.RECOGNISE)
    answer = httpx.post(f"{portal_server.url}/sign-in", data={"key": secret})
    assert answer.status_code == 403
    assert "for recognition alone" in answer.text


def test_nobody_is_signed_in_by_another_site(portal_server: RunningServer) -> None:
    for headers in ({"Origin": "https://elsewhere"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = httpx.post(
            f"{portal_server.url}/sign-in", data={"key": portal_server.key}, headers=headers
        )
        assert answer.status_code == 403
        assert not answer.cookies


@pytest.mark.parametrize("token", [None, "", "wrong"])
def test_changes_need_the_token_of_the_session(
    token: str | None, portal_server: RunningServer
) -> None:
    with signed_in_client(portal_server) as client:
        del client.headers["X-CSRF-Token"]
        form = {"name": "forged", "language": "en-US"}
        if token is not None:
            form["csrf"] = token
        answer = client.post("/projects", data=form)
        assert answer.status_code == 401
        assert "another session" in answer.text
        assert "forged" not in client.get("/projects").text


def test_the_cookie_is_kept_from_scripts_and_other_sites(portal_server: RunningServer) -> None:
    answer = httpx.post(f"{portal_server.url}/sign-in", data={"key": portal_server.key})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


@pytest.mark.parametrize(
    ("asked", "page"),
    [
        ("/keys", "/keys"),
        ("/projects/4f/models", "/projects/4f/models"),
        ("", "/"),
        ("//elsewhere", "/"),
        ("https://elsewhere/", "/"),
        ("/\\elsewhere", "/"),
        ("/keys\r\nX: y", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_one_is_sent_to_own_pages_alone(asked: str, page: str) -> None:
    assert own_page(asked) == page


def test_scripts_without_a_session_are_sent_to_the_door(portal_server: RunningServer) -> None:
    answer = httpx.get(f"{portal_server.url}/jobs", headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == "/sign-in"
