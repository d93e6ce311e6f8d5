"""`attune serve` as a process of its own that can be killed, and a proxy that drops connections."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class ServerProcess:
    """A server with its data in `folder`, at the same ports after each start."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self.wyoming_port = folder, free_port(), free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def key(self) -> str:
        return (self.folder / "admin-key.txt").read_text("ascii").strip()

    def start(self) -> None:
        """Start unless it runs, and wait until it is ready."""
        if self._process is not None:
            return
        command = [sys.executable, "-m", "attune.cli", "serve", "--data", str(self.folder)]
        with (self.folder.parent / f"{self.folder.name}.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--port", str(self.port), "--wyoming-port", str(self.wyoming_port)],
                stderr=log,
                stdout=log,
            )
        deadline = time.monotonic() + 120
        while True:
            assert self._process.poll() is None, "the server ended"
            assert time.monotonic() < deadline, "the server takes too long to start"
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/health/ready").status_code == 200:
                    return
            time.sleep(0.1)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it as its owner would."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, how)
            self._process.wait(30)
            self._process = None


class _Pair:
    """Both ends of a connection that is passed on, until it is `stuck`."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.client, self.server = client, server
        self.ends = threading.Barrier(2)
        self.stuck = threading.Event()


class DroppingProxy:
    """Passes TCP on to a port, counts what goes there, and drops connections on demand.

    Or it loses what they send, as a network that is gone does: neither end is told (`lose`).
    """

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.sent = 0
        """Bytes from clients to the server."""
        self.connections = 0
        self._dropping_at = math.inf
        self._open: list[_Pair] = []
        self._lost: list[socket.socket] = []
        self._away = threading.Event()
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def drop(self) -> None:
        """Cut all connections."""
        with self._lock:
            victims, self._open = self._open, []
        for pair in victims:
            for each in (pair.client, pair.server):
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def lose(self) -> None:
        """Pass on nothing more of all connections, and nothing of new ones until `find`: all stay
        open, for ever."""
        with self._lock:
            self._away.set()
            for pair in self._open:
                pair.stuck.set()
                self._lost += [pair.client, pair.server]
            self._open = []

    def find(self) -> None:
        """The network is back: new connections are passed on. Those of before do not know."""
        self._away.clear()

    def drop_soon(self) -> None:
        """Cut all connections when a little more was sent."""
        self._dropping_at = self.sent + 2**20

    def close(self) -> None:
        # A thread in accept() is not woken by closing alone.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.drop()
        for each in self._lost:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._away.is_set():
                self._lost.append(client)
                continue
            try:
                server = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                client.close()
                continue
            pair = _Pair(client, server)
            with self._lock:
                self.connections += 1
                self._open.append(pair)
            for way in ((client, server, True), (server, client, False)):
                threading.Thread(target=self._pass_on, args=(pair, *way), daemon=True).start()

    def _pass_on(
        self, pair: _Pair, source: socket.socket, target: socket.socket, count: bool
    ) -> None:
        with contextlib.suppress(OSError):
            while block := source.recv(65536):
                if pair.stuck.is_set():
                    return  # It is lost, and so is what follows.
                if count:
                    self.sent += len(block)
                    if self.sent >= self._dropping_at:
                        self._dropping_at = math.inf
                        self.drop()
                        break
                target.sendall(block)
        if pair.stuck.is_set():
            return
        for each in (source, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        pair.ends.wait()
        source.close()
