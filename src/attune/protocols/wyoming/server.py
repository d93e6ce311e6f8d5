"""The server of Wyoming, beside the web server."""

from __future__ import annotations

import asyncio
import contextlib

from attune.protocols.wyoming.connection import Connection
from attune.protocols.wyoming.keywords import Keywords
from attune.protocols.wyoming.listening import Listener, listen
from attune.protocols.wyoming.wire import HEADER_BYTES
from attune.service import Service
from attune.service.access import Principal, Scope
from attune.service.errors import Busy

__all__ = ["WyomingServer", "start_wyoming"]

_CLOSING_SECONDS = 2.0


class WyomingServer:
    """Listens for clients of Wyoming. Made by `start_wyoming`; used in one event loop."""

    def __init__(self, service: Service, project_id: str | None) -> None:
        self._service = service
        self._principal = Principal("wyoming", "Wyoming", Scope.RECOGNISE, project_id)
        self._keywords = Keywords(service, self._principal)
        self._tasks: set[asyncio.Task[None]] = set()
        self._listener: Listener | None = None

    async def listen(self, uri: str) -> None:
        """Begin to listen; InputError for an address that cannot be used."""
        self._listener = await listen(uri, self._serve, HEADER_BYTES)

    @property
    def uri(self) -> str:
        """The address that it listens at."""
        assert self._listener is not None
        return self._listener.uri

    async def close(self) -> None:
        """Stop listening and end what is going on; clients are told."""
        if self._listener is not None:
            self._listener.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        connection = Connection(self._service, self._principal, self._keywords, reader, writer)
        try:
            if len(self._tasks) > self._service.settings.limits.streams:
                await connection.refuse(Busy("too many clients are connected: try again soon"))
            else:
                await connection.run()
        except asyncio.CancelledError:
            pass  # `close` waits for this task.
        finally:
            self._tasks.discard(task)
            writer.close()
            # Who does not take what is still to be sent is cut off.
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(_CLOSING_SECONDS):
                    await writer.wait_closed()
            writer.transport.abort()


async def start_wyoming(
    service: Service, uri: str, *, project_id: str | None = None
) -> WyomingServer:
    """Listen for clients of Wyoming at tcp://HOST:PORT (0: any that is free) or unix://FILE.

    The protocol knows no keys: whoever can connect may use every endpoint and keyword of the
    project, or of all projects when it is None. InputError for an address that cannot be used.
    """
    server = WyomingServer(service, project_id)
    await server.listen(uri)
    return server
