"""Around every request: an id, security headers, what is counted and logged, and the last net."""

from __future__ import annotations

import logging
import re
import secrets
import time

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from attune.protocols.failures import unexpected
from attune.service.metrics import Metrics

__all__ = ["SECURITY_HEADERS", "Envelope"]

_LOGGER = logging.getLogger("attune.requests")
_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)
_VERSIONS = ("1.0", "1.1")
"""Of HTTP, which h11 does not check (RFC 9110, section 15.6.6)."""

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    "Cache-Control": "no-store",
}
"""What every answer says unless it says otherwise itself."""


class Envelope:
    """The outermost layer. `scope["attune.request_id"]` is the request's id, which its answer has
    as X-Request-ID: the client's own where it sent a sensible one."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request as ASGI has it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        identity = scope["attune.request_id"] = _request_id(scope)
        begun, status = time.perf_counter(), 0

        async def dressed(message: Message) -> None:
            nonlocal status
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = identity
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            elif message["type"] == "websocket.accept":
                status = 101
            await send(message)

        try:
            if scope["http_version"] not in _VERSIONS:
                raise HTTPException(505, "this server speaks HTTP/1.1: ask by that")
            await self._app(scope, receive, dressed)
        except Exception as error:
            if status or scope["type"] == "websocket":
                _LOGGER.error("an error that is ours, id %s", identity, exc_info=error)
            else:
                await unexpected(scope, error)(scope, receive, dressed)
        finally:
            self._note(scope, status, time.perf_counter() - begun, identity)

    def _note(self, scope: Scope, status: int, seconds: float, identity: str) -> None:
        route = _route(scope)
        method = scope.get("method", "WEBSOCKET")
        # Only methods that exist, so that no client makes a metric for each of its inventions.
        method = method if method in _METHODS else "OTHER"
        self._metrics.requests.labels(method, route, str(status)).inc()
        if scope["type"] == "http":
            self._metrics.request_seconds.labels(route).observe(seconds)
        # Without its query, in which keys may be.
        path = scope["path"].encode("unicode_escape").decode("ascii")
        _LOGGER.info("%s %s %d %.0f ms %s", method, path, status, seconds * 1000, identity)


_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "WEBSOCKET"}


def _route(scope: Scope) -> str:
    """The path's pattern, such as /v1/models/{id}: its own ids would be endless metrics."""
    return str(getattr(scope.get("route"), "path", "") or "other")


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            text = value.decode("latin-1")
            if _ID.fullmatch(text):
                return str(text)
    return secrets.token_hex(8)
