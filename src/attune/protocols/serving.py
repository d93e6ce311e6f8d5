"""The web server: uvicorn with limits against slow clients, and an end that loses nothing."""

from __future__ import annotations

import asyncio
import socket

import h11
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from attune.errors import InputError
from attune.service import Service

__all__ = ["Server", "listening_socket"]

_HEADER_SECONDS = 20.0
"""From the connection, or from the last answer, to the end of a request's headers."""
_GOODBYE_SECONDS = 5.0
"""For streams to send their last results."""
_SHUTDOWN_SECONDS = 10
_PONG_SECONDS = 60.0
"""For a WebSocket's client to answer a ping, behind audio that it may have sent ahead."""
_LINGER_SECONDS = 15.0
"""For a WebSocket's client to read the last of what it was sent."""


class _Connection(H11Protocol):
    """A connection that is closed when the headers of a request do not come."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE or self.transport.is_closing():
            self._stop()
        elif self._deadline is None:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._deadline = self.loop.call_later(_HEADER_SECONDS, self.transport.abort)

    def _stop(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class _WebSocket(WebSocketsSansIOProtocol):
    """A WebSocket that does not outlive its conversation where the client reads no more."""

    async def run_asgi(self) -> None:
        await super().run_asgi()
        self.loop.call_later(_LINGER_SECONDS, self.transport.abort)


class Server(uvicorn.Server):
    """Serves an application until a signal comes or `should_exit` is set.

    Then `service.stopping` is set and streams get a few seconds for their last results before
    connections are closed.
    """

    def __init__(self, service: Service, app: FastAPI) -> None:
        self._service = service
        config = uvicorn.Config(
            app,
            http=_Connection,
            ws=_WebSocket,
            ws_ping_timeout=_PONG_SECONDS,
            ws_max_size=service.settings.limits.message,
            # It would let a client have us unpack a thousand times what it sends.
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
        )
        super().__init__(config)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what is going on, then the connections; uvicorn calls it."""
        for server in self.servers:
            server.close()
        self._service.stopping.set()
        deadline = asyncio.get_running_loop().time() + _GOODBYE_SECONDS
        while self._websockets() and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.05)
        await super().shutdown(sockets)

    def _websockets(self) -> int:
        return sum(not isinstance(each, H11Protocol) for each in self.server_state.connections)


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket that listens at an address (port 0: any that is free); InputError where that cannot
    be."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(1024)
        except BaseException:
            listener.close()
            raise
    except (OSError, OverflowError) as error:
        raise InputError(
            f"cannot listen at {host} port {port} ({getattr(error, 'strerror', None) or error}): "
            "choose another --port or --host"
        ) from error
    return listener
