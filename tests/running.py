"""A real server on a free port, in a thread of the tests."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from fastapi import FastAPI

from attune.cli.serving import whole_application
from attune.protocols.serving import Server, listening_socket
from attune.service import Service, Settings


@dataclass(frozen=True)
class RunningServer:
    """Where a server is, its administrator's key, and the service behind it."""

    url: str
    key: str
    service: Service
    app: FastAPI
    port: int

    @property
    def websocket(self) -> str:
        return self.url.replace("http://", "ws://")

    @property
    def headers(self) -> dict[str, str]:
        return {"Ocp-Apim-Subscription-Key": self.key}


@contextmanager
def running_server(folder: Path, **settings: object) -> Iterator[RunningServer]:
    """The whole of the service with its data in `folder`, until the block ends."""
    listener = listening_socket("127.0.0.1", 0)
    port: int = listener.getsockname()[1]
    chosen = replace(Settings(data=folder, port=port), **settings)  # type: ignore[arg-type]
    try:
        service = Service.open(chosen)
        app = whole_application(service)
    except BaseException:
        listener.close()
        raise
    server = Server(service, app)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])), daemon=True)
    service.start()
    thread.start()
    try:
        deadline = time.monotonic() + 30
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            assert time.monotonic() < deadline, "the server takes too long to start"
            time.sleep(0.01)
        key = service.admin_key_file.read_text("ascii").strip()
        yield RunningServer(f"http://127.0.0.1:{port}", key, service, app, port)
    finally:
        server.should_exit = True
        thread.join(timeout=30)
        service.close()
        listener.close()
    assert not thread.is_alive(), "the server did not stop"
