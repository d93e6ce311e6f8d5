"""Killed again and again while it starts, a server starts the next time."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from killed_start import __file__ as program
from mortal_server import mortal_server

pytestmark = pytest.mark.slow
MOMENTS = ("CREATE TABLE jobs", "COMMIT", "INSERT INTO models", "INSERT INTO api_keys")
"""In the middle of the tables, with all of them but none kept, and behind that."""


def test_killed_again_and_again_it_starts(tmp_path: Path, database_url: str) -> None:
    said = tmp_path / "said"
    with mortal_server(tmp_path / "data", said, "--database", database_url) as server:
        for moment in MOMENTS:
            process = server.begin(program, moment)
            assert process.wait(200) == -9, (moment, server.said)
            server.process = None
        server.start()
        assert httpx.get(f"{server.url}/health/ready").status_code == 200
        bases = server.call("GET", "/speechtotext/v3.2/models/base")["values"]
        assert len({base["self"] for base in bases}) == len(bases) == 1
        keys = server.call("GET", "/attune/v1/keys")["values"]
        assert len(keys) == 1
