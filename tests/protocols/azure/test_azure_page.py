"""The Python in docs/azure.md runs as it is written, against a running server."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from conftest import SAMPLES
from running import RunningServer

PAGE = Path(__file__).parents[3] / "docs" / "azure.md"


def blocks(language: str) -> list[str]:
    found = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    return [text for name, text in found if name == language]


def test_the_page_runs(server: RunningServer, tmp_path: Path) -> None:
    shutil.copy(SAMPLES / "dictation.wav", tmp_path / "note.wav")
    code = "\n".join(blocks("python"))
    code = code.replace("localhost:8090", f"127.0.0.1:{server.port}").replace(
        "YOUR_KEY", server.key
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("We had a long walk by the river")
    assert sum("long walk by the river" in line for line in lines) > 4
    assert any(line.startswith("... we had") for line in lines)
    assert re.fullmatch(r"0\.\d+ We ha.*", lines[-1])


def test_the_commands_run(server: RunningServer, tmp_path: Path) -> None:
    shutil.copy(SAMPLES / "dictation.wav", tmp_path / "note.wav")
    answers = []
    for command in (block for block in blocks("") if block.startswith("curl ")):
        command = command.replace("localhost:8090", f"127.0.0.1:{server.port}").replace(
            "YOUR_KEY", server.key
        )
        done = subprocess.run(
            ["bash", "-c", command.replace("curl ", "curl -sS ", 1)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
        )
        answers.append(done.stdout)
    assert '"NBest"' in answers[0]
    assert answers[1].count(".") == 2
