"""A client with the administrator's key."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from rest import Rest
from running import RunningServer


@pytest.fixture(scope="session")
def rest(server: RunningServer) -> Iterator[Rest]:
    """Calls with the administrator's key."""
    made = Rest(server)
    yield made
    made.client.close()
