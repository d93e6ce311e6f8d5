"""One server process for all tests of clients, and recordings with known words."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from server_processes import ServerProcess


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A running server. Tests make projects of their own."""
    process = ServerProcess(tmp_path_factory.mktemp("client") / "data")
    process.start()
    yield process
    process.stop()
