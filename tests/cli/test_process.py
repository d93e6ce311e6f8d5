"""The console script as a process: exit codes, clean streams, interrupts, what starting costs."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from processes import ATTUNE, environment

import attune
from attune.audio import write_wav

Process = Callable[..., "subprocess.CompletedProcess[str]"]

HEAVY = ("numpy", "onnxruntime", "soundfile", "torch", "scipy", "yaml", "rich", "attune.recognize")


def test_version(attune_process: Process) -> None:
    done = attune_process("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"attune {attune.__version__}\n", "")


def test_help_needs_nothing_heavy(attune_process: Process) -> None:
    code = f"import attune.cli, sys; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, env=environment(), check=True, text=True
    )
    assert done.stdout == "[]\n"
    shown = attune_process("--help", TERM="dumb", COLUMNS="100")
    assert shown.returncode == 0
    for command in ("transcribe", "listen", "evaluate", "data", "train", "model"):
        assert f" {command} " in shown.stdout


# arguments -> what stderr says; every one is bad input
BAD = [
    (["transcribe"], "Missing argument 'AUDIO...'"),
    (["transcribe", "a.wav", "--bogus"], "No such option: --bogus"),
    (["transcribe", "a.wav", "--format", "doc"], "Invalid value for '--format'"),
    (["nonsense"], "No such command 'nonsense'"),
    (["data", "check", "gone.tsv"], "gone.tsv: cannot read: No such file or directory"),
    (["model", "show", "gone"], "gone: no such bundle: give the path of a bundle folder or zip"),
    (["train", "language", "gone.txt", "--out", "x"], "gone.txt: cannot be read"),
    (["transcribe", "a.wav", "--model", "gone"], "gone: no such bundle"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD)
def test_bad_input_is_a_message_and_code_2(
    attune_process: Process, arguments: list[str], message: str
) -> None:
    done = attune_process(*arguments, TERM="dumb", COLUMNS="200")
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_json_is_alone_on_stdout_whatever_happens_on_stderr(
    attune_process: Process, tmp_path: Path
) -> None:
    text = tmp_path / "text.txt"
    text.write_text("hello world\n" * 10)
    done = attune_process("train", "language", text, "--out", tmp_path / "x.ngram", "--json")
    assert json.loads(done.stdout)["words"] == 20
    assert "attune: reading" in done.stderr


def test_file_names_that_are_no_text_do_not_break_the_output(
    attune_process: Process, tmp_path: Path
) -> None:
    name = os.fsdecode(b"caf\xe9.tsv")
    done = attune_process("data", "check", tmp_path / name, LC_ALL="C", PYTHONIOENCODING="ascii")
    assert done.returncode == 2
    assert r"caf\udce9.tsv: cannot read" in done.stderr


@pytest.fixture
def slow_job(tmp_path: Path) -> Path:
    """A manifest whose check takes longer than any test waits."""
    write_wav(tmp_path / "a.wav", np.zeros(16_000 * 120, np.int16), 16_000)
    rows = "".join(f"./{'./' * i}a.wav\t120.0\t\thello\n" for i in range(400))
    (tmp_path / "long.tsv").write_text("path\tseconds\tspeaker\ttext\n" + rows)
    return tmp_path / "long.tsv"


def test_ctrl_c_is_a_message_and_code_130(slow_job: Path) -> None:
    main, side = pty.openpty()
    process = subprocess.Popen(
        [*ATTUNE, "data", "check", str(slow_job), "--audio"],
        stdout=subprocess.PIPE,
        stderr=side,
        env=environment(TERM="xterm"),
    )
    os.close(side)
    # The bar on the terminal tells that the work has begun.
    seen = b""
    while b"checking" not in seen:
        seen += os.read(main, 1000)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    while b"stopped" not in seen:
        seen += os.read(main, 1000)
    os.close(main)
    assert (process.returncode, output) == (130, b"")
    assert b"attune: stopped before the end" in seen
    assert b"Traceback" not in seen


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    # More than any pipe holds, so that the writer cannot be done before the reader leaves.
    rows = "".join(f"{i}.wav\t1.0\t\t{'hello ' * 100}\n" for i in range(2000))
    (tmp_path / "long.tsv").write_text("path\tseconds\tspeaker\ttext\n" + rows)
    with subprocess.Popen(
        [*ATTUNE, "data", "show", str(tmp_path / "long.tsv"), "--limit", "2000"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_output_to_a_full_disk_is_a_message_and_code_1() -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*ATTUNE, "data", "show", "hello"],
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment(),
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == b"attune: error: No space left on device\n"
