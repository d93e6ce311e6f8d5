"""Where a server of Wyoming listens: tcp://HOST:PORT, or unix://FILE for this machine alone."""

from __future__ import annotations

import asyncio
import contextlib
import stat
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from attune.errors import InputError

__all__ = ["Listener", "listen", "tcp_uri"]

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def tcp_uri(host: str, port: int) -> str:
    """The URI of a host and port."""
    return f"tcp://[{host}]:{port}" if ":" in host else f"tcp://{host}:{port}"


@dataclass(frozen=True)
class Listener:
    """A place that is listened at."""

    uri: str
    """With the port that was free where 0 was asked for."""
    server: asyncio.Server
    socket_file: Path | None = None

    def close(self) -> None:
        """Take no further connections."""
        self.server.close()
        if self.socket_file is not None:
            self.socket_file.unlink(missing_ok=True)


async def listen(uri: str, serve: Serve, limit: int) -> Listener:
    """Have `serve` called for every connection, whose lines have at most `limit` bytes.

    A socket's file that a server left behind when it was killed is replaced. InputError for a URI
    that is none, and for a place that cannot be used.
    """
    host, port, path = _read(uri)
    try:
        if path is not None:
            await _refuse_taken(path)
            server = await asyncio.start_unix_server(serve, path, limit=limit)
            return Listener(uri, server, path)
        server = await asyncio.start_server(serve, host, port, limit=limit)
        return Listener(tcp_uri(host, server.sockets[0].getsockname()[1]), server)
    except (OSError, OverflowError) as error:
        raise InputError(
            f"cannot listen for Wyoming at {uri} ({getattr(error, 'strerror', None) or error}): "
            "choose another place by --wyoming-port or --wyoming-uri"
        ) from error


def _read(uri: str) -> tuple[str, int, Path | None]:
    """Host and port, or a file."""
    with contextlib.suppress(ValueError):
        parts = urlsplit(uri)
        if parts.scheme == "unix" and not parts.netloc and len(parts.path) > 1:
            return "", 0, Path(parts.path)
        if parts.scheme == "tcp" and parts.hostname and parts.port is not None:
            return parts.hostname, parts.port, None
    raise InputError(f"--wyoming-uri {uri!r}: give unix:///PATH/TO/FILE or tcp://HOST:PORT")


async def _refuse_taken(path: Path) -> None:
    """OSError where another server listens, or where there is a file that is no socket."""
    if not path.exists():
        return
    if not stat.S_ISSOCK(path.stat().st_mode):
        raise FileExistsError(0, "there is a file that is no socket")
    with contextlib.suppress(ConnectionRefusedError):
        _, writer = await asyncio.open_unix_connection(path)
        writer.close()
        raise FileExistsError(0, "another server listens there")
