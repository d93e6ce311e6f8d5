"""What goes wrong, told to clients: a status, a code and a message, never a traceback."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Scope
from starlette.websockets import WebSocket, WebSocketState

from attune.errors import AttuneError, InputError
from attune.service.errors import Busy, Denied, ServiceError, Unavailable

__all__ = [
    "ErrorShape",
    "Failure",
    "failure_of",
    "failure_response",
    "install_failures",
    "unexpected",
]

_LOGGER = logging.getLogger("attune.requests")
_CODES = {
    400: "InvalidRequest",
    404: "NotFound",
    405: "MethodNotAllowed",
    408: "RequestTimeout",
    413: "PayloadTooLarge",
    415: "UnsupportedMediaType",
    505: "HTTPVersionNotSupported",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """What a client is told: the HTTP status, a code for programs, a message for people."""

    status: int
    code: str
    message: str
    headers: dict[str, str] = field(default_factory=dict)


ErrorShape = Callable[[HTTPConnection, Failure], Response | None]
"""Makes an answer in an API's own shape; None leaves it to the usual one."""


def failure_of(error: BaseException) -> Failure:
    """What a client is told about an exception. Our own faults are logged, not told."""
    match error:
        case Busy() | Unavailable():
            return Failure(
                error.status, error.code, str(error), {"Retry-After": str(error.retry_after)}
            )
        case Denied():
            return Failure(error.status, error.code, str(error), {"WWW-Authenticate": "Bearer"})
        case ServiceError():
            return Failure(error.status, error.code, str(error))
        case InputError():
            return Failure(400, "InvalidRequest", str(error))
        case RequestValidationError():
            return Failure(400, "InvalidRequest", _fields_in_words(error))
        case HTTPException(__cause__=ServiceError() as cause):
            return failure_of(cause)  # FastAPI calls whatever stops a body a bad one.
        case HTTPException():
            return Failure(
                error.status_code,
                _CODES.get(error.status_code, "InvalidRequest"),
                str(error.detail),
                dict(error.headers or {}),
            )
    _LOGGER.error("an error that is ours", exc_info=error)
    told = str(error) if isinstance(error, AttuneError) else "something went wrong here"
    return Failure(500, "InternalServerError", f"{told}; the server's log says more")


def failure_response(connection: HTTPConnection, failure: Failure) -> Response:
    """The answer for a failure, in the shape of the API that was asked.

    `app.state.error_shapes` says which: the start of a path -> ErrorShape, the longest first.
    """
    shapes: dict[str, ErrorShape] = connection.app.state.error_shapes
    path = connection.scope["path"]
    for start in sorted(shapes, key=len, reverse=True):
        if path.startswith(start):
            response = shapes[start](connection, failure)
            if response is not None:
                return response
    error = {"code": failure.code, "message": failure.message}
    return JSONResponse({"error": error}, failure.status, failure.headers)


def install_failures(app: FastAPI) -> None:
    """Have every exception answered."""
    app.state.error_shapes = {}
    answer: Any = _answer  # Of both kinds of connection, which Starlette's types keep apart.
    for kind in (AttuneError, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, answer)
    app.add_exception_handler(ClientDisconnect, _leave)


async def _answer(connection: HTTPConnection, error: Exception) -> Response | None:
    failure = failure_of(error)
    if isinstance(connection, WebSocket):
        await _refuse(connection, failure)
        return None
    return failure_response(connection, failure)


async def _leave(request: Request, error: Exception) -> Response:
    return Response(status_code=499)  # Nobody is there to read it.


async def _refuse(websocket: WebSocket, failure: Failure) -> None:
    """Refuse a WebSocket: with an HTTP answer before it is accepted, closing it afterwards."""
    if websocket.application_state is WebSocketState.CONNECTING:
        await websocket.send_denial_response(failure_response(websocket, failure))
    elif websocket.application_state is WebSocketState.CONNECTED:
        await websocket.close(1011 if failure.status >= 500 else 1008, failure.message[:100])


def _fields_in_words(error: RequestValidationError) -> str:
    """Which fields are wrong and how, such as "body.name: Field required"."""
    faults: list[dict[str, Any]] = list(error.errors())
    told = []
    for fault in faults[:5]:
        place = ".".join(str(part) for part in fault.get("loc", ()))
        told.append(f"{place[:100]}: {fault.get('msg', 'not valid')}")
    more = len(faults) - len(told)
    return "; ".join(told) + (f"; and {more} more" if more > 0 else "")


def unexpected(scope: Scope, error: Exception) -> Response:
    """The answer for an exception that nothing expected."""
    return failure_response(Request(scope), failure_of(error))
