"""A server without its HTTP: a process that looks after the jobs of a data folder until it dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from attune.service import Service, Settings

__all__ = ["ServingProcess"]


class ServingProcess:
    """Such a process. `kill` ends it as a power cut would, `stop` as its administrator does."""

    def __init__(self, data: Path, workers: int = 2, database: str = "") -> None:
        command = [sys.executable, __file__, str(data), str(workers), database]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ready\n"

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        os.kill(self._process.pid, number)
        self._process.wait(30)
        if self._process.stdout is not None:
            self._process.stdout.close()


def main(data: str, workers: str, database: str) -> None:
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    settings = Settings(data=Path(data), workers=int(workers), database=database)
    service = Service.open_for_work(settings)
    service.start()
    print("ready", flush=True)
    stopped.wait()
    service.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
