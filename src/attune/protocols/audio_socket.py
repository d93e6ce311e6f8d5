"""A WebSocket with audio coming in: bounded both ways, and ended as soon as either side ends."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from attune.errors import AttuneError, InputError
from attune.protocols.credentials import service_of
from attune.protocols.failures import Failure, failure_of
from attune.service.access import Principal
from attune.service.errors import Denied
from attune.service.settings import Limits

__all__ = ["AudioSocket", "Stopping", "close_code", "read_object", "serve_socket", "tell_failure"]

_SEND_SECONDS = 20.0
"""How long a client may take nothing before it counts as gone."""
_WAITING_BYTES = 2**20


class Stopping:
    """What `AudioSocket.take` returns when the service is about to stop: time for last results."""


class Gone(Exception):
    """The client is no longer there, or takes nothing."""


class AudioSocket:
    """An accepted WebSocket. Made by `serve_socket`."""

    def __init__(self, websocket: WebSocket, limits: Limits, stopping: asyncio.Event) -> None:
        self._websocket, self._limits, self._stopping = websocket, limits, stopping
        self._waiting: deque[str | bytes] = deque()
        self._bytes = 0
        self._changed = asyncio.Event()
        self._taken = asyncio.Event()

    async def take(self, *, joined: bool = True) -> str | bytes | Stopping:
        """The next text, or all audio that came since the last call, which is little where this
        keeps up and more where it does not; one message at a time if not `joined`. Idle for a
        client that sends nothing for long."""
        if not self._waiting:
            await self._wait()
        if not self._waiting:
            return Stopping()
        first = self._waiting.popleft()
        if isinstance(first, str):
            self._bytes -= len(first)
        else:
            pieces = [first]
            while joined and self._waiting and isinstance(self._waiting[0], bytes):
                pieces.append(self._waiting.popleft())  # type: ignore[arg-type]
            first = b"".join(pieces)
            self._bytes -= len(first)
        self._taken.set()
        return first

    async def send(self, value: dict[str, Any]) -> None:
        """Send a JSON object; Gone when the client does not take it."""
        await self.send_text(json.dumps(value, ensure_ascii=False, allow_nan=False))

    async def send_text(self, text: str) -> None:
        """Send a message; Gone when the client does not take it."""
        try:
            await asyncio.wait_for(self._websocket.send_text(text), _SEND_SECONDS)
        except (WebSocketDisconnect, TimeoutError, RuntimeError, OSError) as error:
            raise Gone from error

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close the connection, saying why."""
        if self._websocket.application_state is not WebSocketState.CONNECTED:
            return
        short = reason.encode()[:120].decode(errors="ignore")
        try:
            await asyncio.wait_for(self._websocket.close(code, short), _SEND_SECONDS)
        except (WebSocketDisconnect, TimeoutError, RuntimeError, OSError):
            return

    async def read(self) -> None:
        """Receive until the client goes; slows down a client that sends too much or too often."""
        allowed, since = float(self._limits.messages), time.monotonic()
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            now = time.monotonic()
            allowed = min(self._limits.messages, allowed + (now - since) * self._limits.messages)
            since = now
            if allowed < 1:
                await asyncio.sleep((1 - allowed) / self._limits.messages)
            allowed -= 1
            text = message.get("text")
            data: str | bytes = text if text is not None else message.get("bytes") or b""
            while self._bytes and self._bytes + len(data) > _WAITING_BYTES:
                self._taken.clear()
                await self._taken.wait()
            self._bytes += len(data)
            self._waiting.append(data)
            self._changed.set()

    async def _wait(self) -> None:
        """Until something came or the service stops."""
        self._changed.clear()
        came = asyncio.ensure_future(self._changed.wait())
        stop = asyncio.ensure_future(self._stopping.wait())
        try:
            done, _ = await asyncio.wait(
                {came, stop},
                timeout=self._limits.idle,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            came.cancel()
            stop.cancel()
        if not done:
            raise Idle(f"nothing came for {self._limits.idle:g} s")


class Idle(AttuneError):
    """A client that sends nothing."""


async def tell_failure(socket: AudioSocket, failure: Failure) -> None:
    """Send it as {"type": "error", "code": …, "message": …}, then close with 4000 and the HTTP
    status."""
    told: dict[str, Any] = {"type": "error", "code": failure.code, "message": failure.message}
    if "Retry-After" in failure.headers:
        told["retry_after"] = int(failure.headers["Retry-After"])
    await socket.send(told)
    await socket.close(close_code(failure.status), failure.message)


async def serve_socket(
    websocket: WebSocket,
    principal: Principal,
    talk: Callable[[AudioSocket], Awaitable[None]],
    *,
    subprotocol: str | None = None,
    fail: Callable[[AudioSocket, Failure], Awaitable[None]] = tell_failure,
) -> None:
    """Accept, and talk until that is over, the client is gone, or the principal's key has ended.

    `fail` tells the client what goes wrong and closes the connection.
    """
    await websocket.accept(subprotocol)
    service = service_of(websocket)
    socket = AudioSocket(websocket, service.settings.limits, service.stopping)
    loop = asyncio.get_running_loop()
    denied: asyncio.Future[Denied] = loop.create_future()

    def told(error: Denied) -> None:
        loop.call_soon_threadsafe(_settle, denied, error)

    reader = asyncio.ensure_future(socket.read())
    talker = asyncio.ensure_future(talk(socket))
    try:
        with service.access.watching(principal, told):
            ends: set[asyncio.Future[Any]] = {reader, talker, denied}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        if talker.done():
            await _ended(socket, talker.exception(), fail)
        elif denied.done():
            await _cancelled(talker)  # It says no more, and its place is free.
            await _ended(socket, denied.result(), fail)
    finally:
        await _cancelled(talker, reader)


def _settle(future: asyncio.Future[Denied], error: Denied) -> None:
    if not future.done():
        future.set_result(error)


async def _cancelled(*tasks: asyncio.Future[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _ended(
    socket: AudioSocket,
    error: BaseException | None,
    fail: Callable[[AudioSocket, Failure], Awaitable[None]],
) -> None:
    if error is None:
        await socket.close()
    elif not isinstance(error, Gone):
        with suppress(Gone):
            await fail(socket, _failure(error))


def _failure(error: BaseException) -> Failure:
    if isinstance(error, Idle):
        return Failure(408, "RequestTimeout", str(error))
    return failure_of(error)


def close_code(status: int) -> int:
    """The WebSocket close code for an HTTP status."""
    return 1011 if status == 500 else 4000 + status


def read_object(text: str, what: str = "the message") -> dict[str, Any]:
    """A JSON object that a client sent; InputError for anything else."""
    try:
        value = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{what} is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise InputError(f"{what} is not a JSON object")
    return value


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")
