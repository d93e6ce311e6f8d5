"""The web server: uvicorn with limits against slow clients, and an end that loses nothing."""

from __future__ import annotations

import asyncio
import socket
from typing import ClassVar

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
    """A connection that is closed when the headers of a request do not come, or nothing of its body
    for `body_seconds`."""

    body_seconds: ClassVar[float]
    _deadline: asyncio.TimerHandle | None = None
    _in_body = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_headers()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        state = self.conn.their_state
        # A WebSocket's request, behind which another protocol goes on, never ends here.
        ours = self.transport.get_protocol() is self and not self.transport.is_closing()
        if not ours or state not in (h11.IDLE, h11.SEND_BODY):
            self._stop()
        elif state is h11.SEND_BODY:
            self._await_body()
        elif self._deadline is None or self._in_body:
            self._await_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        super().connection_lost(exc)

    def _await_headers(self) -> None:
        self._stop()
        self._deadline = self.loop.call_later(_HEADER_SECONDS, self.transport.abort)

    def _await_body(self) -> None:
        self._stop()
        self._in_body = True
        self._deadline = self.loop.call_later(self.body_seconds, self._miss_body)

    def _miss_body(self) -> None:
        """A client whose network is gone says nothing more, and nobody else says so."""
        if self.flow.read_paused:
            self._await_body()  # It is we who do not read.
        else:
            self.transport.abort()

    def _stop(self) -> None:
        self._in_body = False
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
        idle = service.settings.limits.idle
        config = uvicorn.Config(
            app,
            http=type("_Connection", (_Connection,), {"body_seconds": idle}),
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
