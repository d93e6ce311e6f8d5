"""Recognition by replicas on a real Ray cluster, whose nodes die."""

from __future__ import annotations

import asyncio
import os
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from deployments import Ground, asked
from numpy.typing import NDArray

from attune.errors import InputError
from attune.keyword import Rejected
from attune.recognize import Final, Result
from attune.service.errors import TooLarge, Unavailable
from attune.service.recognition import ClientKeyword, Recognition, Session, SessionEvent
from attune.service.settings import Limits, Settings

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

Floats = NDArray[np.float32]

SAMPLES = Path(__file__).parents[3] / "samples"
STORE = 80 * 2**20
WORDS = "we had a long walk"


class Nodes:
    """A head without cores, and nodes of one core each."""

    def __init__(self) -> None:
        from ray.cluster_utils import Cluster

        self._cluster: Any = Cluster(
            initialize_head=True,
            head_node_args={
                "num_cpus": 0,
                "object_store_memory": STORE,
                "include_dashboard": False,
            },
        )
        self.address: str = self._cluster.address

    def add(self) -> Any:
        return self._cluster.add_node(num_cpus=1, object_store_memory=STORE)

    def kill(self, node: Any) -> None:
        self._cluster.remove_node(node, allow_graceful=False)

    def close(self) -> None:
        self._cluster.shutdown()


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    os.environ["RAY_ENABLE_AUTO_CONNECT"] = "0"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = Nodes()
    yield found
    found.close()


@pytest.fixture(scope="module")
def first(nodes: Nodes) -> Any:
    """The node with the first replica, which the last test kills."""
    return nodes.add()


@pytest.fixture(scope="module")
def on_ray(shared: Ground, nodes: Nodes) -> Iterator[Recognition]:
    from attune.service.recognition.replicas import ReplicaRecognizers

    settings = Settings(data=shared.folder, ray=nodes.address)
    made = Recognition(
        shared.database, shared.store, shared.metrics, Limits(), ReplicaRecognizers(settings)
    )
    yield made
    made.close()


async def heard(session: Session, audio: Floats) -> list[Final]:
    """What a stream of the rest of the audio brings."""
    events: list[SessionEvent] = []
    for first in range(0, len(audio), 4000):
        events += await session.accept(audio[first : first + 4000])
    events += await session.finish()
    return [event for event in events if isinstance(event, Final)]


def test_replicas_hear_as_this_process_does(
    on_ray: Recognition, recognition: Recognition, first: object, dictation: Floats
) -> None:
    request = asked(phrases=("meadow",), options={"alternatives": 3})

    async def attempt() -> None:
        async with await on_ray.open(request) as far, await recognition.open(request) as near:
            assert await heard(far, dictation) == await heard(near, dictation)
            assert (far.options, far.seconds) == (near.options, near.seconds)
            assert (far.heard, far.settled) == (near.heard, near.settled)
        for source in (SAMPLES / "dictation.wav", (SAMPLES / "dictation.wav").read_bytes()):
            told: list[Result] = []
            result = await on_ray.transcribe(request, source, each=told.append)
            assert result == await recognition.transcribe(request, source)
            assert [utterance.text for utterance in told] == [result.text]

    asyncio.run(attempt())


def test_what_a_replica_refuses_is_told_as_here(
    on_ray: Recognition, first: object, dictation: Floats
) -> None:
    async def attempt() -> None:
        with pytest.raises(InputError, match="option 'nonsense' is unknown"):
            await on_ray.open(asked(options={"nonsense": 1}))
        with pytest.raises(InputError, match="not a recording that can be read"):
            await on_ray.transcribe(asked(), b"no audio at all")
        with pytest.raises(TooLarge, match="the recording has 6 s"):
            await on_ray.transcribe(asked(), SAMPLES / "dictation.wav", longest=2.0)
        keyword = ClientKeyword(("hey computer",), 0.3, 1.0)
        async with await on_ray.open(asked(keyword=keyword)) as session:
            events = await session.accept(dictation)
            assert [type(event) for event in events] == [Rejected]
            assert session.rejected
        assert on_ray._admission.taken == 0

    asyncio.run(attempt())


def test_a_swap_is_for_new_streams(
    on_ray: Recognition, shared: Ground, first: object, dictation: Floats
) -> None:
    project = shared.project()
    old, new = (
        shared.model(project, bundle_hash=shared.other_bundle(f"ray-{name}"))
        for name in ("old", "new")
    )
    endpoint = shared.endpoint(project, {old: 1.0})

    async def attempt() -> None:
        before = await on_ray.open(asked(endpoint))
        await before.accept(dictation[:40_000])
        shared.swap(endpoint, {new: 1.0})
        await asyncio.sleep(1.1)
        async with await on_ray.open(asked(endpoint)) as after:
            assert (before.model_id, after.model_id) == (old, new)
            (final,) = await heard(before, dictation[40_000:])
            assert final.result.lexical.startswith(WORDS)
            await before.close()
            (final,) = await heard(after, dictation)
            assert final.result.lexical.startswith(WORDS)

    asyncio.run(attempt())


def test_replicas_are_added_and_lost(
    on_ray: Recognition, nodes: Nodes, first: object, dictation: Floats
) -> None:
    second = nodes.add()
    begin, rest = dictation[:40_000], dictation[40_000:]

    async def streams(count: int) -> list[Session]:
        opened = await asyncio.gather(*(on_ray.open(asked()) for _ in range(count)))
        for session in opened:
            await session.accept(begin)
        return opened

    async def attempt() -> None:
        at_first = await streams(13)
        await running(2)
        at_second = await streams(3)
        nodes.kill(first)
        for session in at_first:
            with pytest.raises(Unavailable, match=r"lost: try again|was closed"):
                await session.accept(rest)
            assert session.ended
        for session in at_second:
            (final,) = await heard(session, rest)
            assert final.result.lexical.startswith(WORDS)
            await session.close()
        (another,) = await streams(1)
        (final,) = await heard(another, rest)
        assert final.result.lexical.startswith(WORDS)
        await another.close()
        assert on_ray._admission.taken == 0

    asyncio.run(attempt())
    nodes.kill(second)


async def running(count: int) -> None:
    """Wait until so many replicas are there."""
    from ray import serve

    deadline = time.monotonic() + 60
    while True:
        (application,) = serve.status().applications.values()
        (deployment,) = application.deployments.values()
        states = deployment.replica_states
        if sum(states[state] for state in states if state == "RUNNING") == count:
            return
        assert time.monotonic() < deadline, deployment
        await asyncio.sleep(0.2)
