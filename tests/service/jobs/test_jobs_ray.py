"""Jobs on a real Ray cluster of two nodes, one of which dies while it works."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from job_bench import ADMIN
from job_place import FILES, Place

from attune.data import Utterance
from attune.service import Service, Settings
from attune.service.jobs.worker_names import WorkerName, is_alive
from attune.service.tables import Status

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

STORE = 80 * 2**20


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A head without cores, so that jobs run on other nodes alone."""
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ray.cluster_utils import Cluster

        found = Cluster(
            initialize_head=True,
            head_node_args={
                "num_cpus": 0,
                "object_store_memory": STORE,
                "include_dashboard": False,
            },
        )
    yield found
    found.shutdown()  # type: ignore[no-untyped-call]


@pytest.fixture(scope="module")
def place(
    cluster: Any, tmp_path_factory: pytest.TempPathFactory, samples: Sequence[Utterance]
) -> Iterator[Place]:
    data = tmp_path_factory.mktemp("place") / "data"
    service = Service.open_for_work(Settings(data=data, workers=1, ray=cluster.address))
    found = Place(service, samples[0].path.read_bytes())
    service.start()
    yield found
    service.close()


def test_a_node_dies_and_a_job_is_cancelled(cluster: Any, place: Place) -> None:
    first = cluster.add_node(num_cpus=1, object_store_memory=STORE)
    job_id = place.submit("transcribe", batch := place.batch(5 * FILES))
    worker = place.under_way(job_id, batch)
    before = place.results(batch)
    second = cluster.add_node(num_cpus=1, object_store_memory=STORE)  # Which takes seconds.
    cluster.remove_node(first, allow_graceful=False)
    job = place.done(job_id)
    assert job.attempt == 2
    assert not is_alive(worker)
    assert WorkerName.read(job.worker).pid != worker.pid
    assert before.items() <= place.results(batch).items()

    job_id = place.submit("transcribe", batch := place.batch())
    place.under_way(job_id, batch)
    assert 0.0 < place.wait(job_id, lambda job: job.progress > 0).progress < 1.0
    place.service.jobs.cancel(ADMIN, job_id)
    job = place.ended(job_id)
    assert (job.status, job.reason) == (Status.FAILED, "cancelled")
    cluster.remove_node(second, allow_graceful=False)
