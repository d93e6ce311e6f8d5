"""The Ray Serve application of an installation, shared by its servers, and their mailboxes."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, replace
from typing import Any

import ray
from ray import serve
from ray.util import list_named_actors
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from attune import __version__
from attune.service.ray_connection import connect, disconnect
from attune.service.recognition.replicas.mailbox import Mailbox
from attune.service.recognition.replicas.replica import Replica
from attune.service.settings import Settings
from attune.service.tables import new_id

__all__ = ["Place"]

_PREFIX = "attune-recognizers-"
_STREAMS = 20
"""That one core hears at most."""
_COMFORTABLE = 12
"""Streams of a replica, above which there are to be more replicas."""
_QUEUED = 200
"""Streams of a server that wait for a replica."""
_REPLICAS = 1_000
_CONVERSATIONS = 10_000
_LIVING = ("RUNNING", "DEPLOYING", "UNHEALTHY")
"""States in which Ray Serve looks after the application itself: it is unhealthy while a lost
replica finds no core to be replaced on, and who ran it again would wait for that."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server's streams are heard: the application's handle, and the server's mailbox."""

    settings: Settings
    handle: Any
    mailbox: Any
    mailbox_name: str

    @classmethod
    def taken(cls, settings: Settings) -> Place:
        """Join the cluster of the settings and start what is not there yet. Takes as long as the
        first replica needs to start, which waits for a node with a free core.

        Unavailable when the cluster cannot be reached.
        """
        connect(settings.ray)
        try:
            logging.getLogger("ray.serve").setLevel(logging.WARNING)
            application = _name(settings)
            mailbox_name = f"{application}/{new_id()}"
            mailbox = _start_mailbox(mailbox_name)
            _delete_deserted()
            handle = _handle(application, settings)
            return cls(settings, handle, mailbox, mailbox_name)
        except BaseException:
            disconnect()
            raise

    def mend(self) -> None:
        """Start the application again where it was deleted or has failed."""
        _handle(_name(self.settings), self.settings)

    def leave(self) -> None:
        """Take the mailbox away, and the application where no other server uses it."""
        try:
            ray.kill(self.mailbox)
            # Else it goes on telling the controller of its queue.
            self.handle.shutdown()
            _delete_deserted(besides=self.mailbox_name)
        finally:
            disconnect()


def _name(settings: Settings) -> str:
    """The same for the servers that can share replicas: of one version, with one database and
    store."""
    shared = (__version__, settings.database_url, settings.blobs_url)
    return _PREFIX + hashlib.sha256(repr(shared).encode()).hexdigest()[:12]


def _start_mailbox(name: str) -> Any:
    """Beside the server, where that runs on a node of the cluster. It ends with the server, and is
    begun anew, empty, when its node dies."""
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=True)
    options: dict[str, Any] = {
        "name": name,
        "num_cpus": 0,
        "max_concurrency": _CONVERSATIONS,
        "max_restarts": -1,
        "scheduling_strategy": here,
    }
    return ray.remote(**options)(Mailbox).remote()


def _handle(application: str, settings: Settings) -> Any:
    there = serve.status().applications.get(application)
    if there is not None and there.status in _LIVING:
        return serve.get_app_handle(application)
    serve.start(proxy_location="Disabled")
    deployment = serve.deployment(
        name="recognizer",
        ray_actor_options={"num_cpus": 1},
        max_ongoing_requests=_STREAMS,
        max_queued_requests=_QUEUED,
        autoscaling_config={
            "min_replicas": 1,
            "max_replicas": _REPLICAS,
            "target_ongoing_requests": _COMFORTABLE,
            "metrics_interval_s": 1.0,
            "look_back_period_s": 5.0,
            "upscale_delay_s": 3.0,
            "downscale_delay_s": 600.0,
        },
        # A replica that is taken away, or replaced, hears its streams to their ends before.
        graceful_shutdown_timeout_s=settings.limits.stream_audio,
    )(Replica)
    there_too = replace(settings, data=settings.data.resolve())
    return serve.run(deployment.bind(there_too), name=application, route_prefix=None)


def _delete_deserted(besides: str = "") -> None:
    """Delete applications that no server has a mailbox for, which one that was killed left."""
    used = {name.partition("/")[0] for name in list_named_actors() if name != besides}
    for application in serve.status().applications:
        if application.startswith(_PREFIX) and application not in used:
            serve.delete(application)
