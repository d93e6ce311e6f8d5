"""A real PostgreSQL for tests: a cluster of its own in a temporary folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

_OPTIONS = {
    "fsync": "off",  # Nobody pulls the plug of this machine during a test.
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "64MB",
    "listen_addresses": "",
    "max_connections": "200",
    "timezone": "Pacific/Auckland",  # Whatever it is set to, times come back right.
}


def programs() -> Path | None:
    """The folder of PostgreSQL's programs, the newest where there are several."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parts[-2]))
    on_path = shutil.which("initdb")
    return found[-1] if found else Path(on_path).parent if on_path else None


class Cluster:
    """A cluster that listens at a socket in its folder. It may be stopped and started again."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs = programs
        self._folder = folder
        self._numbers = count()
        # PostgreSQL refuses to run as root.
        self._user = {"user": "postgres", "group": "postgres"} if os.getuid() == 0 else {}
        if self._user:
            shutil.chown(folder, **self._user)
        folder.chmod(0o755)
        self._run("initdb", "-U", "attune", "-A", "trust", "-N", "--locale=C.UTF-8", "-D", "data")
        with open(folder / "data" / "postgresql.conf", "a", encoding="utf-8") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in _OPTIONS.items())
            file.write(f"unix_socket_directories = '{folder}'\n")

    def start(self) -> None:
        self._run("pg_ctl", "start", "-w", "-D", "data", "-l", "log")

    def stop(self) -> None:
        """At once, as in a crash."""
        self._run("pg_ctl", "stop", "-w", "-D", "data", "-m", "immediate")

    def new_database(self) -> str:
        """The URL of a new, empty database."""
        name = f"test{next(self._numbers)}"
        self._execute(f"CREATE DATABASE {name}")
        return f"postgresql://attune@/{name}?host={self._folder}"

    def drop(self, url: str) -> None:
        """Remove a database of `new_database`: each takes 7 MB."""
        name = url.partition("@/")[2].partition("?")[0]
        self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _execute(self, statement: Any) -> None:
        with psycopg.connect(f"host={self._folder} user=attune dbname=postgres") as connection:
            connection.autocommit = True
            connection.execute(statement)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._programs / program, *arguments],
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL,
            timeout=120,
            check=False,
            **self._user,  # type: ignore[call-overload]
        )
        assert done.returncode == 0, f"{program}: {done.stderr}"


@contextmanager
def running_cluster() -> Iterator[Cluster | None]:
    """A cluster until the block ends; None where PostgreSQL is not installed."""
    found = programs()
    if found is None:
        yield None
        return
    # Not in pytest's folder, which no other user may enter; and sockets need short paths.
    folder = Path(tempfile.mkdtemp(prefix="attune-pg-"))
    try:
        cluster = Cluster(found, folder)
        cluster.start()
        try:
            yield cluster
        finally:
            if (folder / "data" / "postmaster.pid").exists():
                cluster.stop()
    finally:
        shutil.rmtree(folder)
