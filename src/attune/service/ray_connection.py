"""This process's connection to a Ray cluster, which jobs and recognisers share.

The only module of the service, with those below `replicas` and the cluster of the jobs, that needs
Ray: it is imported when the settings have an address.
"""

from __future__ import annotations

import logging
import threading

import ray
from ray.exceptions import RayError

from attune.service.errors import Unavailable

__all__ = ["NAMESPACE", "connect", "disconnect"]

NAMESPACE = "attune"
"""Of the actors' names."""

_lock = threading.Lock()
_users = 0


def connect(address: str) -> None:
    """Be connected to the cluster at an address ("auto", host:port or ray://host:port), until
    `disconnect` was called as often as this. Unavailable when it cannot be reached."""
    global _users
    with _lock:
        try:
            ray.init(
                address=address,
                namespace=NAMESPACE,
                ignore_reinit_error=True,
                log_to_driver=False,
                logging_level=logging.WARNING,
            )
        except (RayError, ConnectionError, RuntimeError, ValueError) as error:
            raise Unavailable(f"the Ray cluster at {address} cannot be reached: {error}") from error
        _users += 1


def disconnect() -> None:
    """Leave the cluster, unless somebody else in this process still uses it."""
    global _users
    with _lock:
        _users -= 1
        if not _users:
            ray.shutdown()
