"""Wyoming as `attune serve` starts and stops it."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from wyoming.client import AsyncClient
from wyoming.info import Describe, Info


@pytest.mark.parametrize("kind", ["tcp", "unix"])
def test_serve_starts_and_stops_it(tmp_path: Path, kind: str) -> None:
    place = tmp_path / "wyoming.sock"
    command = ["-m", "attune.cli", "serve", "--data", str(tmp_path / "data")]
    command += ["--port", "0", "--wyoming-project", "none"]
    command += ["--wyoming-uri", f"unix://{place}"] if kind == "unix" else ["--wyoming-port", "0"]
    with subprocess.Popen([sys.executable, *command], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            told = ""
            while (found := re.search(r"serving Wyoming at (\S+)", told)) is None:
                line = process.stderr.readline()
                assert line, told
                told += line
            assert found[1].startswith(f"{kind}://")
            assert asyncio.run(models(found[1])) == ["en-US base"]
        finally:
            process.send_signal(signal.SIGTERM)
            rest = process.stderr.read()
        assert process.wait(30) == 0, rest
        assert "Traceback" not in rest
    assert not place.exists()


async def models(uri: str) -> list[str]:
    async with AsyncClient.from_uri(uri) as client:
        await client.write_event(Describe().event())
        event = await client.read_event()
        assert event is not None
        return [model.name for model in Info.from_event(event).asr[0].models]


def test_one_address_is_chosen(tmp_path: Path) -> None:
    command = ["-m", "attune.cli", "serve", "--data", str(tmp_path / "data"), "--port", "0"]
    command += ["--wyoming-port", "0", "--wyoming-uri", f"unix://{tmp_path}/socket"]
    done = subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert "give --wyoming-port or --wyoming-uri, not both" in done.stderr
