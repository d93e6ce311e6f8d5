"""What goes wrong is told where it was asked, in words."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from browsing import Browsing, Course, signed_in_client
from running import RunningServer

NOWHERE = "00000000-0000-0000-0000-000000000000"
ASK = "htmx.ajax('GET', '/jobs', '#jobs').catch(() => null)"


@pytest.fixture(scope="module")
def client(portal_server: RunningServer) -> Iterator[httpx.Client]:
    with signed_in_client(portal_server) as client:
        client.headers["Accept"] = "text/html"
        yield client


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/projects/{NOWHERE}", 404),
        ("/projects/not-an-id/models", 404),
        ("/no-such-page", 404),
        ("/help/no-such-page", 404),
        ("/help/..%2f..%2fetc", 404),
        ("/help/files/..%2f..%2fLICENSE", 404),
        ("{root}/texts/Nothing", 404),
        (f"{{root}}/datasets/{NOWHERE}", 404),
        ("{root}/datasets/{recordings}/audio/999", 404),
        ("{root}/datasets/{recordings}/audio/x", 400),
        ("{root}/datasets/{recordings}?skip=x", 400),
        (f"{{root}}/tests/{NOWHERE}", 404),
        ("{root}/tests/{test}?order=sideways", 400),
        ("{root}/keywords/say?phrase=12", 400),
        ("{root}/keywords/{model}", 400),
        (f"/jobs/{NOWHERE}", 404),
    ],
)
def test_pages_that_cannot_be_say_why(
    path: str, status: int, client: httpx.Client, course: Course
) -> None:
    answer = client.get(path.format(root=course.root, **vars(course)))
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert "Traceback" not in answer.text
    assert "Go back" in answer.text


@pytest.mark.parametrize(
    ("path", "form", "words"),
    [
        ("/projects", {"name": " ", "language": "en-US"}, "give a name"),
        ("/projects", {"name": "x", "language": "klingon"}, "no language"),
        ("{root}/models", {"name": "x"}, "Give datasets, text or both"),
        ("{root}/models", {"name": "x", "dataset": NOWHERE}, "There is no dataset"),
        ("{root}/tests", {"name": "x"}, "Choose the recordings"),
        ("{root}/endpoints", {"name": "x"}, "Choose a model"),
        ("{root}/endpoints", {"name": "x", "model": "{model}", "max_streams": "many"}, "no number"),
        ("{root}/endpoints/{endpoint}/deploy", {"model": ""}, "0 models"),
        ("{root}/keywords", {"phrase": "20 + cats"}, "digit"),
        ("{root}/texts/Language", {"name": "x", "text": ""}, "empty"),
        ("{root}/datasets", {"name": "x", "kind": "Acoustic", "upload": NOWHERE}, "no upload"),
        ("{root}/datasets/{recordings}/correct", {"number": "99", "text": "a"}, "no recording 99"),
        ("{root}/datasets/{recordings}/delete", {}, "delete that first"),
        ("{root}/models/{model}/delete", {}, "change or delete that first"),
        ("{root}/endpoints/{endpoint}/logs/dataset", {"name": "x"}, "no such entry"),
        ("/keys", {"name": "x", "scope": "world"}, "what the key is for"),
        ("/keys", {"name": "x", "scope": "admin", "expires": "soon"}, "no day"),
        ("{root}/uploads", {"name": "x", "size": "0"}, "at least one byte"),
    ],
)
def test_forms_that_cannot_be_say_why(
    path: str, form: dict[str, str], words: str, client: httpx.Client, course: Course
) -> None:
    names = {"root": course.root, **vars(course)}
    sent = {name: value.format(**names) for name, value in form.items()}
    answer = client.post(path.format(**names), data=sent, headers={"HX-Request": "true"})
    assert 400 <= answer.status_code < 500
    assert 'role="alert"' in answer.text
    assert words in answer.text


def test_what_is_wrong_shows_beside_the_button(browsing: Browsing, course: Course) -> None:
    with browsing.at(f"{course.root}/models/new") as page:
        page.get_by_role("button", name="Create model").click()
        alert = page.locator("form .form-error [role=alert]")
        alert.wait_for()
        assert alert.inner_text() == ("Give datasets, text or both: a model is made of something.")
        assert page.get_by_label("Name", exact=True).input_value() == "Reptile house"
        # The browser itself notes in its console that the answer was 400.
        browsing.faults.clear()


def test_what_cannot_be_undone_is_asked_first(browsing: Browsing, course: Course) -> None:
    with browsing.at(f"{course.root}/models/{course.model}") as page:
        page.get_by_text("Name and description").click()
        page.get_by_role("button", name="Delete this model").click()
        dialog = page.get_by_role("dialog")
        assert "Delete the model Reptile house?" in dialog.inner_text()
        dialog.get_by_role("button", name="No").click()
        page.get_by_role("button", name="Delete this model").click()
        dialog.get_by_role("button", name="Yes").click()
        toast = page.locator(".toast.error")
        toast.wait_for()
        assert "needs this model" in toast.inner_text()
        browsing.faults.clear()


def test_a_service_that_is_away_is_told_once(browsing: Browsing) -> None:
    with browsing.at("/jobs") as page:
        page.route("**/jobs*", lambda route: route.abort())
        toast = page.locator(".toast.error")
        page.evaluate(ASK)
        toast.wait_for()
        assert "does not answer" in toast.inner_text()
        page.evaluate(ASK)
        page.wait_for_timeout(200)
        assert toast.count() == 1
        browsing.faults.clear()


def test_a_fault_of_ours_shows_no_traceback(
    portal_server: RunningServer, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from attune.service import activity

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a secret of the machine")

    monkeypatch.setattr(activity, "jobs", broken)
    answer = client.get("/jobs")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "Something went wrong in the service" in answer.text
