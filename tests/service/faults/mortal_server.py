"""`attune serve` as a process that is killed and comes back at the same port, and calls to it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from waiting import eventually

__all__ = ["SAMPLES", "MortalServer", "eventually", "mortal_server"]

SAMPLES = Path(__file__).parents[3] / "samples"
_V3 = "/speechtotext/v3.2"


class MortalServer:
    """A server with its data in a folder. What it says goes to a file beside it."""

    def __init__(self, data: Path, said: Path, *options: str) -> None:
        self.data, self._said, self._options = data, said, options
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def key(self) -> str:
        return (self.data / "admin-key.txt").read_text("ascii").strip()

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def said(self) -> str:
        return self._said.read_text("utf-8")

    def begin(self, *program: str) -> subprocess.Popen[bytes]:
        """Start it, by another program if given, and do not wait."""
        assert self.process is None
        command = [sys.executable, *(program or ("-m", "attune.cli")), "serve"]
        command += ["--data", str(self.data), "--port", str(self.port), *self._options]
        with self._said.open("ab") as said:
            environment = {**os.environ, "OMP_NUM_THREADS": "1"}
            self.process = subprocess.Popen(command, stdout=said, stderr=said, env=environment)
        return self.process

    def start(self, *program: str) -> None:
        """Start it, by another program if given, and wait until it is ready."""
        process = self.begin(*program)

        def ready() -> bool:
            assert process.poll() is None, self.said
            with contextlib.suppress(httpx.TransportError):
                return httpx.get(f"{self.url}/health/ready", timeout=30).status_code == 200
            return False

        eventually(ready, 120)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.end(signal.SIGKILL)

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it, and wait for that."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(60)
            self.process = None

    def client(self) -> httpx.Client:
        headers = {"Ocp-Apim-Subscription-Key": self.key}
        return httpx.Client(base_url=self.url, headers=headers, timeout=60)

    def call(self, method: str, path: str, expected: int = 200, **fields: Any) -> Any:
        """The JSON of an answer, which must have this status."""
        with self.client() as client:
            answer = client.request(method, path, **fields)
        assert answer.status_code == expected, answer.text
        return answer.json()

    def project(self) -> dict[str, str]:
        """A reference to a new project."""
        body = {"displayName": "Faults", "locale": "en-US"}
        return {"self": self.call("POST", f"{_V3}/projects", 201, json=body)["self"]}

    def logging_endpoint(self, project: dict[str, str]) -> str:
        """The id of a new endpoint of the base model that keeps what it hears."""
        bases = self.call("GET", f"{_V3}/models/base")["values"]
        body = {
            "displayName": "Faults",
            "project": project,
            "model": {"self": bases[0]["self"]},
            "properties": {"loggingEnabled": True},
        }
        made = self.call("POST", f"{_V3}/endpoints", 201, json=body)
        return str(made["self"]).rpartition("/")[2]

    def logged(self, endpoint: str) -> dict[str, str]:
        """What an endpoint has kept: texts by id."""
        found: dict[str, str] = {}
        path: str | None = f"/attune/v1/endpoints/{endpoint}/logs?top=100"
        while path is not None:
            page = self.call("GET", path)
            found |= {entry["id"]: entry["text"] for entry in page["values"]}
            path = page.get("@nextLink")
        return found

    def upload(self, name: str, content: bytes) -> dict[str, str]:
        """A reference to a finished upload."""
        body = {"name": name, "size": len(content)}
        made = self.call("POST", "/attune/v1/uploads", 201, json=body)
        self.call("PATCH", made["self"], content=content, headers={"Upload-Offset": "0"})
        return {"self": made["self"]}

    def batch(self, uploads: list[dict[str, str]], project: dict[str, str]) -> dict[str, Any]:
        """A new batch of recordings."""
        body = {
            "displayName": "Faults",
            "locale": "en-US",
            "project": project,
            "uploads": uploads,
        }
        made: dict[str, Any] = self.call("POST", f"{_V3}/transcriptions", 201, json=body)
        return made

    def ended(self, thing: dict[str, Any], seconds: float = 120) -> dict[str, Any]:
        """The thing when its job has ended, well or not."""
        found: dict[str, Any] = {}

        def over() -> bool:
            found.update(self.call("GET", thing["self"]))
            time.sleep(0.2)
            return found["status"] in ("Succeeded", "Failed")

        eventually(over, seconds)
        return found


@contextmanager
def mortal_server(data: Path, said: Path, *options: str) -> Iterator[MortalServer]:
    """A server that was not started yet, until the block ends."""
    server = MortalServer(data, said, *options)
    try:
        yield server
    finally:
        # Not by a kill, which workers outlive.
        server.end()
