"""One running server for all tests of protocols."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from running import RunningServer, running_server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with an empty data folder. Tests make projects and endpoints of their own."""
    with running_server(tmp_path_factory.mktemp("server") / "data") as running:
        yield running
