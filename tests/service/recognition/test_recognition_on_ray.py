"""Recognition by replicas on a real Ray cluster, whose nodes die."""

from __future__ import annotations

import asyncio
import os
import threading
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from deployments import Ground, asked
from numpy.typing import NDArray
from waiting import eventually

from attune.cli.serving import whole_application
from attune.client import Recognizer, Reconnected, RemoteStream
from attune.errors import InputError
from attune.keyword import Rejected
from attune.protocols.serving import Server, listening_socket
from attune.recognize import Final, Result
from attune.service import Service, Settings
from attune.service.access import Scope
from attune.service.errors import TooLarge, Unavailable
from attune.service.recognition import ClientKeyword, Recognition, Session, SessionEvent

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
    os.environ["RAY_ENABLE_AUTO_CONNECT"] = "0"  # As the service does before it imports Ray.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = Nodes()
    yield found
    found.close()


@pytest.fixture(scope="module")
def service(nodes: Nodes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    data = tmp_path_factory.mktemp("on-ray") / "data"
    made = Service.open(Settings(data=data, ray=nodes.address))
    yield made
    made.close()


@pytest.fixture(scope="module")
def first(nodes: Nodes, service: Service) -> Any:
    """The node with the first replica, which a test kills; added when the server is connected to
    the head, as it would be lost with the node it is connected to."""
    import ray

    assert service.recognition  # From now on the server joins.
    eventually(ray.is_initialized, what="the server to join the cluster")
    return nodes.add()


@pytest.fixture(scope="module")
def on_ray(service: Service, first: object) -> Recognition:
    """When the first replica is there, for which a busy machine may take minutes."""

    async def attempt() -> None:
        deadline = time.monotonic() + 240
        while True:
            try:
                await (await service.recognition.open(asked())).close()
                return
            except Unavailable:
                if time.monotonic() > deadline:
                    raise

    asyncio.run(attempt())
    return service.recognition


@pytest.fixture(scope="module")
def url(service: Service) -> Iterator[str]:
    """Where the service is served."""
    listener = listening_socket("127.0.0.1", 0)
    server = Server(service, whole_application(service))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(30)
    listener.close()


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
    service: Service, on_ray: Recognition, first: object, dictation: Floats
) -> None:
    place = Ground(service.settings.data, service.database, service.store, service.metrics)
    project = place.project()
    old, new = (
        place.model(project, bundle_hash=place.other_bundle(f"ray-{name}"))
        for name in ("old", "new")
    )
    endpoint = place.endpoint(project, {old: 1.0})

    async def attempt() -> None:
        before = await on_ray.open(asked(endpoint))
        await before.accept(dictation[:40_000])
        place.swap(endpoint, {new: 1.0})
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
    service: Service, on_ray: Recognition, nodes: Nodes, url: str, first: object, dictation: Floats
) -> None:
    """More streams than one replica is to hear bring another on the second node; the first dies.

    Its streams end, those of the other go on, and so does the SDK's, elsewhere.
    """
    begin, rest = dictation[:40_000], dictation[40_000:]
    twice = np.concatenate([dictation, np.zeros(16_000, np.float32), begin])

    async def streams(count: int) -> list[Session]:
        opened = await asyncio.gather(*(on_ray.open(asked()) for _ in range(count)))
        for session in opened:
            await session.accept(begin)
        return opened

    async def attempt(remote: RemoteStream) -> list[Final]:
        told = await asyncio.to_thread(remote.accept, twice)
        at_first = await streams(12)
        nodes.add()
        await running(2)
        at_second = await streams(3)
        nodes.kill(first)
        await asyncio.gather(*(lost(session) for session in at_first))
        for session in at_second:
            (final,) = await heard(session, rest)
            assert final.result.lexical.startswith(WORDS)
            await session.close()
        await running(1)
        (another,) = await streams(1)
        (final,) = await heard(another, rest)
        assert final.result.lexical.startswith(WORDS)
        await another.close()
        told += await asyncio.to_thread(remote.accept, rest)
        told += await asyncio.to_thread(remote.finish)
        assert [event for event in told if isinstance(event, Reconnected)]
        return [event for event in told if isinstance(event, Final)]

    key = service.access.create_key(None, "test", Scope.RECOGNISE)[1]
    with Recognizer(url, key) as recognizer, recognizer.stream() as remote:
        finals = asyncio.run(attempt(remote))
    once, again = (final.result for final in finals)
    assert once.text == again.text
    assert again.words[0].start - once.words[0].start == pytest.approx(6.665, abs=0.1)


def test_servers_share_replicas(service: Service, on_ray: Recognition, dictation: Floats) -> None:
    """Also where the cluster has fewer cores than replicas are wanted, as after the last test."""
    from ray import serve

    from attune.service.recognition.replicas import ReplicaRecognizers

    async def attempt() -> None:
        async with await on_ray.open(asked()) as session:
            await session.accept(dictation[:40_000])
            other = Recognition(
                service.database,
                service.store,
                service.metrics,
                service.settings.limits,
                ReplicaRecognizers(service.settings),
            )
            async with await other.open(asked()) as beside:
                assert len(await heard(beside, dictation)) == 1
            await asyncio.to_thread(other.close)
            assert len(serve.status().applications) == 1
            assert len(await heard(session, dictation[40_000:])) == 1

    asyncio.run(attempt())


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


async def lost(session: Session) -> None:
    """Hear silence until the session ends, as its replica does some moments after its node."""
    deadline = time.monotonic() + 30
    with pytest.raises(Unavailable, match="lost: try again"):
        while time.monotonic() < deadline:
            await session.accept(np.zeros(1600, np.float32))
            await asyncio.sleep(0.1)
    assert session.ended
