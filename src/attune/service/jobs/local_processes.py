"""Workers as processes of this machine, each with a group of its own, and why they ended."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from attune.service.jobs.attempts import Ending
from attune.service.jobs.orders import Order, log_file
from attune.service.jobs.worker_names import kill_group, machine_name

__all__ = ["LocalMachine", "LocalProcess", "ending_of"]

_OOM_EVENTS = Path("/sys/fs/cgroup/memory.events")
_SUSPICIOUS_SHARE = 0.5
_TAIL_BYTES = 4_096


class LocalMachine:
    """This machine, with a budget of `cores`."""

    def __init__(self, cores: int) -> None:
        self.machine, self.cores = machine_name(), cores

    def free(self) -> int | None:
        """To be told from the database."""
        return None

    def start(self, order: Order) -> LocalProcess:
        """Start a worker."""
        return LocalProcess(order)

    def close(self) -> None:
        """Nothing to do."""


class LocalProcess:
    """One worker."""

    def __init__(self, order: Order) -> None:
        self.order = order
        log = log_file(order.settings, order.job_id)
        log.parent.mkdir(parents=True, exist_ok=True)
        self._log = log
        self._oom_kills = _oom_kills()
        self._most_memory = 0
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "attune.service.jobs.worker"],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                start_new_session=True,
                env={"OMP_NUM_THREADS": str(order.cores), **os.environ},
            )
        self._send(order.to_json())

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def poll(self) -> Ending | None:
        """How it ended; None while it runs."""
        status = self._process.poll()
        if status is None:
            self._most_memory = max(self._most_memory, _memory(self.pid))
            return None
        kill_group(self.pid)  # Children that it left.
        with suppress(OSError):
            assert self._process.stdin is not None
            self._process.stdin.close()
        killed_for_memory = _oom_kills() > self._oom_kills
        return ending_of(status, self._most_memory, killed_for_memory, self._log)

    def ask_to_stop(self) -> None:
        """Have it save what it has and end."""
        self._send("stop\n")

    def kill(self) -> None:
        """End it at once, with its children."""
        kill_group(self.pid)

    def _send(self, line: str) -> None:
        assert self._process.stdin is not None
        with suppress(OSError):  # It has ended already: `poll` tells why.
            self._process.stdin.write(line.encode())
            self._process.stdin.flush()


def ending_of(status: int, memory: int, killed_for_memory: bool, log: Path) -> Ending:
    """What an exit status means, with the most `memory` in bytes that was seen in use."""
    if status == 0:
        return Ending()
    if status > 0:
        return Ending(f"its process ended with status {status}{_last_line(log)}")
    total = _total_memory()
    used = f"it had used {memory / 1e9:.1f} GB of {total / 1e9:.1f} GB" if memory and total else ""
    if status == -signal.SIGKILL:
        if killed_for_memory or (total and memory > _SUSPICIOUS_SHARE * total):
            told = f" ({used})" if used else ""
            return Ending(f"the system ended its process because memory ran out{told}")
        told = f": {used}" if used else ""
        return Ending(f"its process was killed, by somebody or for want of memory{told}")
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    return Ending(f"its process crashed ({name}){_last_line(log)}")


def _last_line(log: Path) -> str:
    """The last line that the worker wrote, to follow a sentence."""
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, log.stat().st_size - _TAIL_BYTES))
            lines = stream.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    return f": {lines[-1].strip()[:300]}" if lines and lines[-1].strip() else ""


def _memory(pid: int) -> int:
    """Bytes of memory that a process holds; 0 where the system does not tell."""
    with suppress(OSError):
        found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
        return int(found[1]) * 1024 if found else 0
    return 0


def _total_memory() -> int:
    """Bytes of memory of this machine; 0 where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (OSError, ValueError):
        return 0


def _oom_kills() -> int:
    """How many processes of this container were ended for want of memory so far."""
    with suppress(OSError):
        found = re.search(r"^oom_kill (\d+)$", _OOM_EVENTS.read_text(), re.MULTILINE)
        return int(found[1]) if found else 0
    return 0
