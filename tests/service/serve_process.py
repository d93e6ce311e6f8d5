"""`attune serve` as a process, as people start it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Serving:
    """A process that serves: its address, what it said while starting, its key."""

    process: subprocess.Popen[str]
    url: str
    said: str
    key: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Ocp-Apim-Subscription-Key": self.key}

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(timeout=30)

    def terminate(self) -> int:
        """The exit status after SIGTERM."""
        self.process.terminate()
        return self.process.wait(timeout=30)


@contextmanager
def serving(data: Path, *options: str) -> Iterator[Serving]:
    """`attune serve` with its data in a folder and at a free port, until the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "attune.cli", "serve", "--data", data, "--port", "0", *options],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert process.stderr is not None
    try:
        said = ""
        while not (found := re.search(r"serving at (http://\S+)", said)):
            line = process.stderr.readline()
            assert line, f"it ended: {said}"
            said += line
        key = (data / "admin-key.txt").read_text("ascii").strip()
        yield Serving(process, found[1], said, key)
    finally:
        process.kill()
        process.wait(timeout=30)
        process.stderr.close()
