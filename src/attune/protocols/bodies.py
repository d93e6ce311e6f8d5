"""Bodies of requests: how large they may be, and how slowly they may come."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from attune.service.errors import TooLarge

__all__ = ["BodyLimit", "allow_body"]

_KEY = "attune.body"


@dataclass(slots=True)
class _Allowed:
    limit: int


def allow_body(connection: HTTPConnection, limit: int) -> None:
    """Let the body of this request have up to `limit` bytes: before anything of it is read."""
    connection.scope[_KEY].limit = limit


class BodyLimit:
    """Counts bodies while they come: over the limit reading them raises TooLarge, and a client
    that sends nothing for `patience` seconds gets a 408."""

    def __init__(self, app: ASGIApp, limit: int, patience: float) -> None:
        self._app = app
        self._limit = limit
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request as ASGI has it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        allowed = scope[_KEY] = _Allowed(self._limit)
        declared = _declared_length(scope)
        received, more = 0, True

        async def limited() -> Message:
            nonlocal received, more
            if not more:
                return await receive()  # Waits for the client to go away.
            if declared > allowed.limit:
                raise _too_large(allowed.limit)
            try:
                async with asyncio.timeout(self._patience):
                    message = await receive()
            except TimeoutError as error:
                raise HTTPException(408, "the rest of the request did not come") from error
            received += len(message.get("body", b""))
            more = bool(message.get("more_body", False))
            if received > allowed.limit:
                raise _too_large(allowed.limit)
            return message

        await self._app(scope, limited, send)


def _declared_length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and len(value) < 20:
            return int(value)
    return 0


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"the body is larger than the {limit:,} bytes that are allowed here")
