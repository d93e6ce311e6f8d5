"""Workers on a Ray cluster: a task for each attempt, which holds a worker's process on its node.

The worker is the same as on this machine, with the same database and blob store, which every node
must reach; so progress and cancelling do not pass through Ray. When a node dies its task fails, and
the job goes back into the queue.
"""

from __future__ import annotations

import logging
import time
from typing import Any

import ray
from ray.exceptions import RayError

from attune.service.jobs.attempts import Ending
from attune.service.jobs.local_processes import LocalProcess
from attune.service.jobs.orders import Order
from attune.service.ray_connection import connect, disconnect

__all__ = ["RayCluster"]

_CHECK_SECONDS = 0.5
_GRACE = 10.0
_COUNTED_SECONDS = 5.0
"""By then Ray's figures know of a task."""
_log = logging.getLogger(__name__)


class RayCluster:
    """The cluster at an address ("auto", host:port or ray://host:port).

    Unavailable when it cannot be reached.
    """

    machine = "ray"

    def __init__(self, address: str) -> None:
        self._fresh: list[tuple[float, int]] = []
        connect(address)

    @property
    def cores(self) -> int:
        """Those of the largest node: no task can have more."""
        nodes: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
        cores = (node["Resources"].get("CPU", 0.0) for node in nodes if node["Alive"])
        return int(max(cores, default=0.0))

    def free(self) -> int | None:
        """What Ray has not given away, as far as it knows by now: it counts late."""
        before = time.monotonic() - _COUNTED_SECONDS
        self._fresh = [(at, cores) for at, cores in self._fresh if at > before]
        available = ray.available_resources().get("CPU", 0.0)  # type: ignore[no-untyped-call]
        return int(available) - sum(cores for _, cores in self._fresh)

    def start(self, order: Order) -> RayTask:
        """Have Ray place a worker where it finds the cores."""
        self._fresh.append((time.monotonic(), order.cores))
        return RayTask(order)

    def close(self) -> None:
        """Leave the cluster."""
        disconnect()


class RayTask:
    """One attempt, as a task of the cluster."""

    def __init__(self, order: Order) -> None:
        self.order = order
        # Lost tasks go back into our own queue, which counts attempts.
        options: dict[str, Any] = {"num_cpus": order.cores, "max_retries": 0}
        self._result = ray.remote(**options)(hold_worker).remote(order.to_json())

    def poll(self) -> Ending | None:
        """How it ended; None while it runs or waits for its place."""
        ready, _ = ray.wait([self._result], timeout=0)
        if not ready:
            return None
        try:
            return Ending(ray.get(self._result))
        except RayError as error:
            _log.warning("job %s: %s", self.order.job_id, error)
            return Ending("the machine of the cluster that it ran on was lost")

    def ask_to_stop(self) -> None:
        """Have it end: its worker saves what it has when Ray takes the task away."""
        ray.cancel(self._result, force=False)

    def kill(self) -> None:
        """End it at once."""
        ray.cancel(self._result, force=True)


def hold_worker(order: str) -> str:
    """On a node: run a worker to its end; why it ended, "" when nothing was wrong with it.

    When Ray cancels the task the worker is asked to stop, and may take ten seconds. When the node's
    Ray goes, so does the pipe to the worker, which then ends by itself.
    """
    process = LocalProcess(Order.from_json(order))
    try:
        while (ending := process.poll()) is None:
            time.sleep(_CHECK_SECONDS)
    except KeyboardInterrupt:  # So Ray says that the task is cancelled.
        process.ask_to_stop()
        deadline = time.monotonic() + _GRACE
        while (ending := process.poll()) is None and time.monotonic() < deadline:
            time.sleep(_CHECK_SECONDS)
        if ending is None:
            process.kill()
        raise
    return ending.cause
