"""docs/api.md: its examples run, and it knows every operation."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from rest import SAMPLES, V3, Rest, archive
from running import RunningServer

PAGE = (Path(__file__).parents[3] / "docs" / "api.md").read_text("utf-8")


def examples(language: str) -> str:
    """All examples in a language, one after the other."""
    return "\n".join(re.findall(rf"(?s)```{language}\n(.*?)```", PAGE))


def run(server: RunningServer, folder: Path, command: list[str], code: str) -> str:
    code = code.replace("http://localhost:8090", server.url).replace("YOUR_KEY", server.key)
    done = subprocess.run(
        command, input=code, cwd=folder, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done.stdout


@pytest.mark.slow
@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="needs curl and jq")
def test_the_examples_for_a_shell_run(server: RunningServer, tmp_path: Path) -> None:
    (tmp_path / "recordings.zip").write_bytes(archive(3))
    shutil.copy(SAMPLES / "weather.wav", tmp_path / "note.wav")
    shell = ["bash", "-euo", "pipefail", "-s"]
    told = run(server, tmp_path, shell, examples("bash"))
    for expected in (
        "en-US base",
        '"passed": 3',
        "line 2: web address",
        "it costs three fourteen",
        "Open the GastroNator",
        "[\n  2,\n  1\n]",
        "[90,10]",
        "it may rain tomorrow",
        "1 HH EY | AE T L AH S",
        "event: end",
        "Build server",
    ):
        assert expected in told, (expected, told)
    assert (tmp_path / "test.csv").read_text("utf-8-sig").startswith("number,name")
    for name in ("kitchen.attune.zip", "hey-atlas.attune.zip"):
        assert (tmp_path / name).read_bytes()[:2] == b"PK"
    assert (tmp_path / "heard.flac").read_bytes()[:4] == b"fLaC"


@pytest.mark.slow
def test_the_example_in_python_runs(server: RunningServer, tmp_path: Path) -> None:
    told = run(server, tmp_path, [sys.executable, "-"], examples("python"))
    assert told.startswith("ws://127.0.0.1") and "cid=" in told


def test_every_operation_is_told_of(rest: Rest) -> None:
    document = rest.get("/openapi.json")
    operations = {
        f"{method.upper()} {path.removeprefix(V3)}"
        for path, methods in document["paths"].items()
        for method in methods
        if path.startswith(("/speechtotext/", "/attune/"))
    }
    told = set(re.findall(r"(?m)^\| `((?:GET|POST|PUT|PATCH|DELETE) /[^`]*)` \|", PAGE))
    assert told == operations
