"""Who works on a job: a process of a machine, and the token of the one claim that it works under.

A name is written `machine/pid@start/token`; the pid is 0 from the claim until the worker begins.
"""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import uuid
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = ["WorkerName", "is_alive", "kill_group", "machine_name", "process_start"]


@dataclass(frozen=True, slots=True)
class WorkerName:
    """A worker: its machine, its process (id, and its start in ticks since the machine's), and the
    token of its claim."""

    machine: str
    token: str
    pid: int = 0
    start: int = 0

    @classmethod
    def new(cls, machine: str) -> WorkerName:
        """The name of a claim, before there is a process."""
        return cls(machine, uuid.uuid4().hex)

    @classmethod
    def read(cls, text: str) -> WorkerName:
        """The name that `str` wrote."""
        machine, process, token = text.split("/")
        pid, start = process.split("@")
        return cls(machine, token, int(pid), int(start))

    def __str__(self) -> str:
        return f"{self.machine}/{self.pid}@{self.start}/{self.token}"

    def begun(self) -> WorkerName:
        """The same claim, held by this process."""
        return WorkerName(machine_name(), self.token, os.getpid(), process_start(os.getpid()) or 0)


@cache
def machine_name() -> str:
    """A name of this machine, or of this container, until its next boot: process ids mean something
    within it only."""
    parts = [socket.gethostname()]
    with suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text().strip())
        parts.append(os.readlink("/proc/self/ns/pid"))
    digest = hashlib.sha256("/".join(parts).encode()).hexdigest()[:12]
    return f"{parts[0][:40].replace('/', '-')}-{digest}"


def process_start(pid: int) -> int | None:
    """When a living process began, in ticks since the boot (0 where the system does not tell); None
    for one that is gone, or dead and not yet buried."""
    try:
        # The name in parentheses may hold anything.
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return None if Path("/proc/self/stat").exists() else 0
    except OSError:
        return None
    return None if state in "ZX" else int(fields[18])


def is_alive(worker: WorkerName) -> bool:
    """Whether a worker of this machine still runs."""
    start = process_start(worker.pid)
    if start == 0:
        try:
            os.kill(worker.pid, 0)
        except ProcessLookupError:
            return False
        return True
    return start == worker.start


def kill_group(pid: int, number: signal.Signals = signal.SIGKILL) -> None:
    """Signal a worker that leads a process group, and all its children."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)
