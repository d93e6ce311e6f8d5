"""Which model recognises."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from deployments import ANYBODY, Ground, asked
from numpy.typing import NDArray

from attune.errors import InputError
from attune.recognize import Final
from attune.service.access import Principal, Scope
from attune.service.database import Database
from attune.service.errors import Conflict, NotFound, ServiceError, Unavailable
from attune.service.recognition import Recognition
from attune.service.recognition.in_threads import ThreadRecognizers
from attune.service.recognition.routing import Router
from attune.service.tables import Status

Floats = NDArray[np.float32]


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is deployed is seen at once."""
    monkeypatch.setattr("attune.service.recognition.routing._FRESH_SECONDS", 0.0)


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ([1.0], [12]),
        ([1.0, 1.0], [6, 6]),
        ([3.0, 1.0], [9, 3]),
        ([0.5, 0.25, 0.25], [6, 3, 3]),
        ([1.0, 0.0], [12, 0]),
    ],
)
def test_models_take_turns_by_their_weights(
    shared: Ground, weights: list[float], expected: list[int]
) -> None:
    project = shared.project()
    models = [shared.model(project) for _ in weights]
    endpoint = shared.endpoint(project, dict(zip(models, weights, strict=True)))
    router = Router(shared.database)
    chosen = [router.target(ANYBODY, endpoint_id=endpoint).model_id for _ in range(12)]
    counts = Counter(chosen)
    assert [counts[model] for model in models] == expected
    # Evenly: no long run of one and then of the other.
    half = Counter(chosen[:6])
    assert all(abs(half[m] - e / 2) <= 1 for m, e in zip(models, expected, strict=True))


@pytest.mark.usefixtures("at_once")
def test_a_swap_is_for_new_streams_and_drops_none(shared: Ground, dictation: Floats) -> None:
    recognition = shared.recognition()
    project = shared.project()
    old, new = (
        shared.model(project, bundle_hash=shared.other_bundle(f"swap-{name}"))
        for name in ("old", "new")
    )
    endpoint = shared.endpoint(project, {old: 1.0})
    recognizers = recognition._recognizers
    assert isinstance(recognizers, ThreadRecognizers)
    models = recognizers.models

    async def attempt() -> None:
        first = await recognition.open(asked(endpoint))
        await first.accept(dictation[:40_000])
        shared.swap(endpoint, {new: 1.0})
        async with await recognition.open(asked(endpoint)) as second:
            assert (first.model_id, second.model_id) == (old, new)
            assert models.loaded == 2
            events = await first.accept(dictation[40_000:]) + await first.finish()
            (final,) = [event for event in events if isinstance(event, Final)]
            assert final.result.lexical.startswith("we had a long walk")
            await first.close()
            models._idle_seconds = 0.0
            recognition.sweep()
            assert models.loaded == 1

    asyncio.run(attempt())


def test_another_process_sees_a_swap_within_a_second(shared: Ground) -> None:
    project = shared.project()
    old, new = shared.model(project), shared.model(project)
    endpoint = shared.endpoint(project, {old: 1.0})
    router = Router(Database(f"sqlite:///{shared.folder / 'attune.db'}"))
    assert router.target(ANYBODY, endpoint_id=endpoint).model_id == old
    shared.swap(endpoint, {new: 1.0})

    async def seen() -> None:
        while router.target(ANYBODY, endpoint_id=endpoint).model_id != new:
            await asyncio.sleep(0.05)

    asyncio.run(asyncio.wait_for(seen(), 2.0))
    router._database.close()


@pytest.mark.usefixtures("at_once")
def test_while_the_database_is_away_the_last_state_serves(
    shared: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = shared.project()
    model = shared.model(project)
    endpoint = shared.endpoint(project, {model: 1.0})
    router = Router(shared.database)
    router.target(ANYBODY, endpoint_id=endpoint)

    def gone(self: Database) -> None:
        raise Unavailable("the database cannot be reached")

    monkeypatch.setattr(Database, "reading", gone)
    assert router.target(ANYBODY, endpoint_id=endpoint).model_id == model
    with pytest.raises(Unavailable):
        router.target(ANYBODY, model_id=model)


@pytest.mark.parametrize("language", [None, "en-US", "en-us"])
def test_without_an_endpoint_the_base_of_the_language_recognises(
    shared: Ground, language: str | None
) -> None:
    target = Router(shared.database).target(ANYBODY, language=language)
    assert target.model_id == shared.base.id
    assert target.endpoint_id is None


@pytest.mark.parametrize(
    ("fields", "error", "message"),
    [
        ({"endpoint_id": "nothing"}, NotFound, "there is no endpoint"),
        ({"endpoint_id": "x" * 5000}, NotFound, "there is no endpoint"),
        ({"endpoint_id": "a\0b"}, NotFound, "there is no endpoint"),
        ({"endpoint_id": "'; drop table endpoints; --"}, NotFound, "there is no endpoint"),
        ({"model_id": "nothing"}, NotFound, "there is no model"),
        ({"language": "de-DE"}, NotFound, "there is en-US"),
    ],
)
def test_what_is_not_there_is_told(
    recognition: Recognition,
    fields: dict[str, str],
    error: type[ServiceError],
    message: str,
) -> None:
    with pytest.raises(error, match=message):
        asyncio.run(recognition.open(asked(**fields)))


def test_what_is_not_ready_is_told(shared: Ground) -> None:
    project = shared.project()
    model = shared.model(project, status=Status.RUNNING, bundle_hash=None)
    endpoint = shared.endpoint(project, {})
    router = Router(shared.database)
    with pytest.raises(Conflict, match="not ready"):
        router.target(ANYBODY, model_id=model)
    with pytest.raises(Conflict, match="deploy one"):
        router.target(ANYBODY, endpoint_id=endpoint)
    with pytest.raises(InputError, match="not a keyword"):
        router.target(ANYBODY, model_id=shared.base.id, kind="keyword")


def test_a_project_s_key_reaches_its_own_endpoints_and_the_base(shared: Ground) -> None:
    mine, other = shared.project(), shared.project()
    endpoints = {p: shared.endpoint(p, {shared.model(p): 1.0}) for p in (mine, other)}
    principal = Principal("key", "mine", Scope.RECOGNISE, mine)
    router = Router(shared.database)
    assert router.target(principal, endpoint_id=endpoints[mine]).endpoint_id == endpoints[mine]
    with pytest.raises(NotFound):
        router.target(principal, endpoint_id=endpoints[other])
    assert router.target(principal).model_id == shared.base.id
    served = router.served(principal)
    assert endpoints[mine] in {one.id for one in served}
    assert {one.project_id for one in served} == {mine, None}
    everything = {one.id for one in router.served(replace(principal, project_id=None))}
    assert {*endpoints.values(), shared.base.id} <= everything
