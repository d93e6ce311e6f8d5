"""One server that no test kills, for what clients do to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from mortal_server import MortalServer, mortal_server


@pytest.fixture(scope="session")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MortalServer]:
    """A running server, which is to say nothing of what clients send, and to end well."""
    folder = tmp_path_factory.mktemp("standing")
    with mortal_server(folder / "data", folder / "said") as server:
        server.start()
        yield server
        assert server.process is not None and server.process.poll() is None
        assert "Traceback" not in server.said
        server.end()
