"""The shape of REST v3: addresses, lists, errors, older versions; and what is refused."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from rest import V3, Rest
from running import RunningServer

NOTHING = "5a819ac8-1a97-4302-b7ff-149530cbc574"


def test_things_are_shaped_as_in_v3(rest: Rest) -> None:
    answer = rest.client.post(
        f"{V3}/projects",
        json={"displayName": "Shapes", "locale": "en-US", "customProperties": {"a": "b"}},
    )
    made = answer.json()
    assert answer.headers["Location"] == made["self"]
    assert made.keys() == {
        *("self", "displayName", "locale", "createdDateTime", "lastActionDateTime", "status"),
        *("customProperties", "links", "properties"),
    }
    assert made["links"]["datasets"] == f"{made['self']}/datasets"
    assert rest.get(f"{made['self']}/datasets") == {"values": []}
    changed = rest.patch(made["self"], {"description": "More.", "status": "ignored"})
    assert (changed["description"], changed["displayName"]) == ("More.", "Shapes")
    rest.delete(made["self"])


def test_lists_come_in_pages_that_lead_on(rest: Rest) -> None:
    for name in ("page a", "page b", "page c"):
        rest.project(name)
    wanted = {"filter": "displayName ge 'page a' and displayName le 'page c'"}
    page = rest.get(
        "/speechtotext/v3.1/projects", params={**wanted, "top": 2, "orderby": "displayName desc"}
    )
    assert [one["displayName"] for one in page["values"]] == ["page c", "page b"]
    assert "/speechtotext/v3.1/projects?" in page["@nextLink"]
    last = rest.get(page["@nextLink"])
    assert [one["displayName"] for one in last["values"]] == ["page a"]
    assert "@nextLink" not in last


@pytest.mark.parametrize("version", ["v3.0", "v3.1", "v3.2"])
def test_older_versions_are_answered_alike(rest: Rest, version: str) -> None:
    made = rest.post(
        f"/speechtotext/{version}/projects", {"displayName": version, "locale": "en-US"}
    )
    assert f"/speechtotext/{version}/projects/" in made["self"]
    assert rest.get(made["self"]) == made


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code", "told"),
    [
        ("GET", "/projects/x", None, 404, "NotFound", "no project"),
        ("GET", f"/datasets/{NOTHING}", None, 404, "NotFound", "no dataset"),
        ("GET", f"/datasets/{NOTHING}/files/x", None, 404, "NotFound", "no dataset"),
        ("GET", "/datasets/..%2f..%2fetc%2fpasswd", None, 404, "NotFound", ""),
        ("GET", "/nothing", None, 404, "NotFound", ""),
        ("PUT", "/projects", None, 405, "MethodNotAllowed", ""),
        ("GET", "/projects?top=0", None, 400, "InvalidRequest", "query.top"),
        ("GET", "/projects?skip=99999999999999999999", None, 400, "InvalidRequest", "query.skip"),
        ("GET", "/projects?filter=hash%20eq%20'x'", None, 400, "InvalidRequest", "no field"),
        ("POST", "/projects", b"{", 400, "InvalidRequest", "body"),
        ("POST", "/projects", {"locale": "en-US"}, 400, "InvalidRequest", "body.displayName"),
        (
            "POST",
            "/projects",
            b'{"displayName": "\\ud800", "locale": "en-US"}',
            400,
            "InvalidRequest",
            "surrogate",
        ),
        (
            "POST",
            "/projects",
            {"displayName": "x", "locale": "en-US", "customProperties": {"a": 1}},
            400,
            "InvalidRequest",
            "customProperties",
        ),
        (
            "POST",
            "/datasets",
            {"displayName": "x", "kind": "Language"},
            400,
            "InvalidRequest",
            "project is missing",
        ),
        (
            "POST",
            "/datasets",
            {"displayName": "x", "kind": "Language", "project": {"self": "../../x"}},
            400,
            "InvalidRequest",
            "project.self",
        ),
        (
            "POST",
            "/models",
            {"displayName": "x", "text": "x", "project": {"self": NOTHING}},
            404,
            "NotFound",
            "no project",
        ),
        ("POST", "/datasets/upload", {}, 400, "InvalidRequest", "multipart"),
        (
            "POST",
            "/transcriptions",
            {
                "displayName": "x",
                "locale": "en-US",
                "contentUrls": ["http://example.com/a.wav"],
                "properties": {"diarizationEnabled": True},
            },
            400,
            "InvalidRequest",
            "diarizationEnabled",
        ),
        (
            "POST",
            "/transcriptions",
            {
                "displayName": "x",
                "locale": "en-US",
                "contentUrls": ["http://example.com/a.wav"],
                "properties": {"timeToLive": "soon"},
            },
            400,
            "InvalidRequest",
            "timeToLive",
        ),
    ],
)
def test_what_is_wrong_is_told_in_the_shape_of_v3(
    rest: Rest, method: str, path: str, body: Any, status: int, code: str, told: str
) -> None:
    content = {"content": body} if isinstance(body, bytes) else {"json": body} if body else {}
    answer = rest.client.request(
        method, f"{V3}{path}", headers={"Content-Type": "application/json"}, **content
    )
    assert answer.status_code == status, answer.text
    error = answer.json()
    assert error["code"] == code and told in error["message"]


def test_keys_open_what_they_are_for(rest: Rest, server: RunningServer) -> None:
    assert httpx.get(f"{server.url}{V3}/projects").json()["code"] == "Unauthorized"
    made = rest.post("/attune/v1/keys", {"name": "ear", "scope": "recognise"})
    ear = Rest(server, made["key"])
    refused = ear.get(f"{V3}/projects", 403)
    assert refused["code"] == "Forbidden" and "this needs one for manage" in refused["message"]
    assert ear.get("/attune/v1/jobs", 403)["error"]["code"] == "Forbidden"
    assert ear.get(f"{V3}/models/base")["values"]
    assert isinstance(ear.get(f"{V3}/endpoints")["values"], list)
    ear.client.close()


def test_texts_are_checked_while_they_are_written(rest: Rest) -> None:
    text = {"kind": "Language", "text": "good day\nwww.example.com\n"}
    found = rest.post("/attune/v1/texts/validate", text, 200)
    assert (found["passed"], found["failed"]) == (1, 1)
    assert (found["problems"][0]["line"], found["problems"][0]["severity"]) == (2, "error")
    shown = rest.post("/attune/v1/texts/preview", {**text, "text": "It costs $3.14"}, 200)
    assert shown["values"][0]["after"] == "it costs three fourteen"


def test_an_upload_of_the_wrong_kind_is_refused(rest: Rest) -> None:
    project = rest.project("Wrong")["self"]
    form = {"displayName": "x", "kind": "Acoustic", "project": project}
    files = {"data": ("notes.pdf", b"%PDF", "application/pdf")}
    told = rest.call("POST", f"{V3}/datasets/upload", 400, data=form, files=files)
    assert "recordings come as one .zip" in told["message"]
    told = rest.call("POST", f"{V3}/datasets/upload", 400, data=form, files={"other": b"x"})
    assert "data is missing" in told["message"]
    del form["kind"]
    told = rest.call("POST", f"{V3}/datasets/upload", 400, data=form, files=files)
    assert "kind is missing" in told["message"]


def test_the_openapi_document_has_operations_with_names_and_words(rest: Rest) -> None:
    document = rest.get("/openapi.json")
    operations = [
        (path, operation)
        for path, methods in document["paths"].items()
        if path.startswith(("/speechtotext", "/attune"))
        for operation in methods.values()
    ]
    assert len(operations) > 100
    names = [operation["operationId"] for _, operation in operations]
    assert len(set(names)) == len(names)
    assert all(operation.get("description") for _, operation in operations)
    assert {path.split("/")[2] for path, _ in operations if "speechtotext" in path} == {"v3.2"}
