"""The server killed in the middle of 20 streams: the same words, and what was kept is kept."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from mortal_server import mortal_server
from spoken import SAID, Speaker
from waiting import eventually

from attune.client import Recognizer, Reconnected

pytestmark = pytest.mark.slow
STREAMS = 20


def test_twenty_streams_outlive_a_killed_server(tmp_path: Path) -> None:
    with mortal_server(tmp_path / "data", tmp_path / "said") as server:
        server.start()
        endpoint = server.logging_endpoint(server.project())
        with Recognizer(server.url, server.key, endpoint=endpoint, patience=120) as recognizer:
            go_on = threading.Event()
            # Some are killed before they said a word, some when everything was heard.
            speakers = [Speaker(recognizer, n / (STREAMS - 1), go_on) for n in range(STREAMS)]
            for speaker in speakers:
                speaker.start()
            eventually(lambda: sum(bool(speaker.texts) for speaker in speakers) >= STREAMS // 4)
            kept = server.logged(endpoint)
            server.kill()
            told = sum(len(speaker.texts) for speaker in speakers)
            go_on.set()
            server.start()
            for speaker in speakers:
                speaker.join(120)
        for speaker in speakers:
            assert speaker.failure is None
            assert speaker.texts == SAID
        again = sum(any(isinstance(e, Reconnected) for e in s.events) for s in speakers)
        assert again == STREAMS
        # Logging goes on behind the streams: what was told is kept soon, what is told now as well.
        expected = len(SAID) * STREAMS - told
        eventually(lambda: len(server.logged(endpoint)) >= len(kept) + expected)
        logged = server.logged(endpoint)
        assert kept.items() <= logged.items()
        assert set(logged.values()) == set(SAID)
        with server.client() as client:
            for entry in kept:
                audio = client.get(f"/attune/v1/logs/{entry}/audio")
                assert audio.content.startswith(b"fLaC")
