"""Killed in the middle of an upgrade, a server goes on with it; the one before then stays away."""

from __future__ import annotations

from pathlib import Path

import pytest
from mortal_server import SAMPLES, mortal_server
from revisions import further_revision

pytestmark = pytest.mark.slow

PROGRAM = str(Path(__file__).with_name("newer_start.py"))
MOMENTS = ("INSERT INTO teams", "UPDATE projects", "COMMIT")
"""In the middle of it, near its end, and with all done but nothing kept."""
NEVER = "NOTHING BEGINS SO"


def test_killed_in_the_middle_of_an_upgrade_it_loses_nothing(
    tmp_path: Path, database_url: str
) -> None:
    folder = str(further_revision(tmp_path))
    data, said = tmp_path / "data", tmp_path / "said"
    with mortal_server(data, said, "--database", database_url) as server:
        server.start()
        project = server.project()
        upload = server.upload("weather.wav", (SAMPLES / "weather.wav").read_bytes())
        batch = server.ended(server.batch([upload], project))
        assert batch["status"] == "Succeeded"
        server.end()

        for moment in MOMENTS:
            process = server.begin(PROGRAM, folder, moment)
            assert process.wait(200) == -9, (moment, server.said)
            server.process = None
        # The version from before starts, for nothing was changed.
        server.start()
        assert server.call("GET", batch["self"])["status"] == "Succeeded"
        server.end()

        server.start(PROGRAM, folder, NEVER)
        assert server.call("GET", project["self"])["displayName"] == "Faults"
        files = server.call("GET", f"{batch['self']}/files")["values"]
        assert {file["kind"] for file in files} == {"Transcription", "TranscriptionReport"}
        server.end()

        before = len(server.said)
        process = server.begin()
        assert process.wait(200) == 2
        server.process = None
        told = server.said[before:]
        assert "error: the database is of revision further" in told
        assert "a newer Attune wrote it" in told
        assert "Traceback" not in told
        server.start(PROGRAM, folder, NEVER)
        assert server.call("GET", batch["self"])["status"] == "Succeeded"
