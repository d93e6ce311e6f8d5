"""Wyoming as `attune serve` starts and stops it."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
import sys
from pathlib import Path

from wyoming.client import AsyncTcpClient
from wyoming.info import Describe, Info


def test_serve_starts_and_stops_it(tmp_path: Path) -> None:
    command = ["-m", "attune.cli", "serve", "--data", str(tmp_path / "data")]
    command += ["--port", "0", "--wyoming-port", "0", "--wyoming-project", "none"]
    with subprocess.Popen([sys.executable, *command], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            told = ""
            while (found := re.search(r"Wyoming at tcp://localhost:(\d+)", told)) is None:
                line = process.stderr.readline()
                assert line, told
                told += line
            assert asyncio.run(models(int(found[1]))) == ["en-US base"]
        finally:
            process.send_signal(signal.SIGTERM)
            rest = process.stderr.read()
        assert process.wait(30) == 0, rest
        assert "Traceback" not in rest


async def models(port: int) -> list[str]:
    async with AsyncTcpClient("127.0.0.1", port) as client:
        await client.write_event(Describe().event())
        event = await client.read_event()
        assert event is not None
        return [model.name for model in Info.from_event(event).asr[0].models]
