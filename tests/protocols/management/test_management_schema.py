"""Whatever the OpenAPI document allows, and much that it does not: no 5xx, and answers as told.

Schemathesis makes the requests. Every operation gets some, with ids of things that exist and of
things that do not.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import cycle

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from rest import V3, Rest
from running import RunningServer
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")

EXAMPLES = int(os.environ.get("ATTUNE_SCHEMA_EXAMPLES", "1"))
"""Requests an operation, of those that follow the document and of those that do not."""
OURS = re.compile(r"/(speechtotext|attune)/")
# A stream of a job that waits goes on for long.
LEFT_OUT = re.compile(r"/stream$")
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)


@pytest.fixture(scope="module")
def known(rest: Rest) -> dict[str, Iterator[str]]:
    """Ids of things that exist, by the part of a path before them, and one that does not."""
    project = rest.project("Schema")
    text = {"displayName": "x", "kind": "Language", "text": "stir the soup", "project": project}
    dataset = rest.post("/attune/v1/datasets", text)
    base = rest.get(f"{V3}/models/base")["values"][0]
    endpoint = rest.post(
        f"{V3}/endpoints", {"displayName": "x", "project": project, "model": {"self": base["self"]}}
    )
    batch = {"displayName": "x", "locale": "en-US", "contentUrls": ["http://127.0.0.1:1/a.wav"]}
    transcription = rest.post(f"{V3}/transcriptions", batch)
    job = rest.get("/attune/v1/jobs")["values"][0]
    things = {
        "projects": project,
        "datasets": dataset,
        "models": base,
        "base": base,
        "endpoints": endpoint,
        "transcriptions": transcription,
        "jobs": job,
    }
    nothing = "5a819ac8-1a97-4302-b7ff-149530cbc574"
    return {
        kind: cycle((thing["self"].rpartition("/")[2], nothing)) for kind, thing in things.items()
    }


def ask(
    operation: APIOperation, mode: GenerationMode, server: RunningServer, ids: Iterator[str] | None
) -> int:
    """Make some requests of an operation and check their answers; how many."""
    asked = 0

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def one(case: Case) -> None:
        nonlocal asked
        asked += 1
        if ids is not None:
            case.path_parameters["id"] = next(ids)
        answer = case.call(base_url=server.url, headers=server.headers, timeout=60)
        case.validate_response(answer, checks=CHECKS)

    with suppress(Unsatisfiable):  # There is nothing wrong to send where nothing is sent.
        one()
    return asked


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_no_request_breaks_the_server(
    server: RunningServer, rest: Rest, known: dict[str, Iterator[str]], mode: GenerationMode
) -> None:
    schema = schemathesis.openapi.from_dict(rest.get("/openapi.json"))
    asked = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        if LEFT_OUT.search(operation.path) or not OURS.match(operation.path):
            continue
        kind = re.search(r"/([a-z]+)/\{id\}", operation.path)
        asked += ask(operation, mode, server, known.get(kind[1]) if kind else None)
    assert asked > 80
