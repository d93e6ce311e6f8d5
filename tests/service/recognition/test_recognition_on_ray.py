"""Recognition by replicas on a real Ray cluster, whose nodes die."""

from __future__ import annotations

import asyncio
import os
import time
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from deployments import Ground, asked
from numpy.typing import NDArray

from attune.errors import InputError
from attune.recognize import Final, Model
from attune.service.errors import Unavailable
from attune.service.recognition import Recognition, Session
from attune.service.settings import Limits, Settings

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

Floats = NDArray[np.float32]

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
def on_ray(shared: Ground, nodes: Nodes) -> Iterator[Recognition]:
    from attune.service.recognition.replicas import ReplicaRecognizers

    settings = Settings(data=shared.folder, ray=nodes.address)
    made = Recognition(
        shared.database, shared.store, shared.metrics, Limits(), ReplicaRecognizers(settings)
    )
    yield made
    made.close()


async def heard(session: Session, audio: Floats) -> list[Final]:
    events = []
    for first in range(0, len(audio), 4000):
        events += await session.accept(audio[first : first + 4000])
    events += await session.finish()
    return [event for event in events if isinstance(event, Final)]


def test_replicas_hear_as_this_process_does(
    on_ray: Recognition, recognition: Recognition, nodes: Nodes, dictation: Floats
) -> None:
    nodes.add()

    async def attempt() -> None:
        began = time.monotonic()
        async with await on_ray.open(asked()) as far, await recognition.open(asked()) as near:
            print("opened", time.monotonic() - began)
            began = time.monotonic()
            there = await heard(far, dictation)
            print("heard", time.monotonic() - began)
            assert there == await heard(near, dictation)
            assert far.options == near.options
            assert far.settled == near.settled

    asyncio.run(attempt())
