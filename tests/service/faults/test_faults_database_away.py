"""The database gone for ten seconds in the middle of streams and a batch: nothing is lost."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from mortal_server import SAMPLES, mortal_server
from postgresql import Cluster
from spoken import SAID, Speaker
from waiting import eventually

from attune.client import Recognizer

pytestmark = pytest.mark.slow
STREAMS = 6


def test_streams_logs_and_jobs_outlive_an_absent_database(
    tmp_path: Path, postgresql: Cluster
) -> None:
    content = (SAMPLES / "weather.wav").read_bytes()
    database = postgresql.new_database()
    with mortal_server(
        tmp_path / "data", tmp_path / "said", "--database", database, "--workers", "1"
    ) as server:
        server.start()
        project = server.project()
        endpoint = server.logging_endpoint(project)
        uploads = [server.upload("a.wav", content)] * 20
        with Recognizer(server.url, server.key, endpoint=endpoint) as recognizer:
            go_on = threading.Event()
            speakers = [Speaker(recognizer, n / STREAMS, go_on) for n in range(STREAMS)]
            for speaker in speakers:
                speaker.start()
            eventually(lambda: all(speaker.sent.is_set() for speaker in speakers))
            batch = server.batch(uploads, project)
            eventually(lambda: server.call("GET", batch["self"])["status"] == "Running")
            postgresql.stop()
            try:
                went = time.monotonic()
                go_on.set()
                time.sleep(max(0.0, 10 - (time.monotonic() - went)))
            finally:
                postgresql.start()
            for speaker in speakers:
                speaker.join(120)
        for speaker in speakers:
            assert speaker.failure is None
            assert speaker.texts == SAID
        eventually(lambda: len(server.logged(endpoint)) >= len(SAID) * STREAMS)
        assert sorted(server.logged(endpoint).values()) == sorted(SAID * STREAMS)
        ended = server.ended(batch)
        assert ended["status"] == "Succeeded", ended
        files = server.call("GET", f"{batch['self']}/files?top=100")["values"]
        assert sum(one["kind"] == "Transcription" for one in files) == len(uploads)
