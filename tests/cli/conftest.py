"""Running the command line: as a process, and inside this one with a scripted recogniser."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from processes import ATTUNE, environment
from scripted_model import ScriptedModel
from typer.testing import CliRunner, Result

import attune
from attune.audio import write_wav
from attune.bundle import Bundle, BundleWriter, Lineage, ModelCard, NewPart
from attune.recognize import Options


@pytest.fixture
def attune_process() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs `attune` with arguments in a process of its own."""

    def run(
        *arguments: str | Path, stdin: bytes | None = None, **changes: str
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*ATTUNE, *map(str, arguments)],
            input=b"" if stdin is None else stdin,
            capture_output=True,
            env=environment(**changes),
            timeout=120,
            check=False,
        )
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
        )

    return run


@pytest.fixture
def attune_here() -> Callable[..., Result]:
    """Runs `attune` with arguments inside this process."""
    from attune.cli import app

    runner = CliRunner()

    def run(*arguments: str | Path, stdin: bytes | None = None) -> Result:
        result = runner.invoke(app, list(map(str, arguments)), input=stdin)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def small_bundle(tmp_path: Path) -> Bundle:
    """A bundle that can be shown, checked and exported, but not recognised with."""
    parts = {
        "encoder": NewPart(bytes(range(256)) * 8, "onnx", "encoder.onnx"),
        "symbols": NewPart(b"<blank>\nAA\nAE\n", "text", "symbols.txt"),
        "lexicon": NewPart(b"hello\t1\tHH AH L OW\n", "text", "lexicon.txt"),
        "language_model": NewPart(b"ATNGRAM1" + bytes(100), "ngram-trie", "words.ngram"),
    }
    writer = BundleWriter(
        kind="recognizer",
        language="en-US",
        name="small",
        version="1.0",
        created="2025-01-02T03:04:05Z",
        settings={"decoding": {"lm_weight": 0.8}},
        lineage=Lineage(command="attune train acoustic small.yaml", date="2025-01-02"),
        model_card=ModelCard(description="A model for tests.", licence="CC0-1.0"),
    )
    for role, part in parts.items():
        writer.add(role, part)
    return writer.write(tmp_path / "small")


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch, small_bundle: Bundle) -> ScriptedModel:
    """Makes `attune.load` give a scripted recogniser, and returns it."""
    model = ScriptedModel(small_bundle, Options(), [])
    monkeypatch.setattr(attune, "load", lambda path=None: model, raising=False)
    return model


@pytest.fixture
def tone(tmp_path: Path) -> Callable[..., Path]:
    """Writes a recording of a tone into the test's folder."""

    def write(name: str, seconds: float = 1.0, level: float = 0.3) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        time = np.arange(int(seconds * 16_000)) / 16_000
        write_wav(path, (level * np.sin(2 * np.pi * 440 * time)).astype(np.float32), 16_000)
        return path

    return write
