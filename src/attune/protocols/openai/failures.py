"""Errors in the shape of OpenAI's API: message, type, parameter and code."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.requests import HTTPConnection

from attune.errors import AttuneError, InputError
from attune.protocols.failures import Failure, failure_of
from attune.service.errors import NotFound

__all__ = ["BadParameter", "FailureRoute", "UnknownModel", "error_shape", "failure_document"]

_CODES = {
    401: "invalid_api_key",
    403: "insufficient_permissions",
    404: "not_found",
    413: "file_too_large",
    429: "rate_limit_exceeded",
}


class BadParameter(InputError):
    """A parameter of a request that cannot be used; `param` is its name."""

    def __init__(self, param: str, message: str) -> None:
        super().__init__(f"{param}: {message}")
        self.param = param


class UnknownModel(NotFound):
    """Nothing that this key may use has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The model {name[:200]!r} does not exist or you do not have access to it: GET "
            "/v1/models tells what there is."
        )


def failure_document(failure: Failure, cause: BaseException | None = None) -> dict[str, Any]:
    """The body that tells a client of a failure; its `cause` may say more."""
    status = failure.status
    kind = "server_error" if status >= 500 else "invalid_request_error"
    unknown_model = isinstance(cause, UnknownModel)
    return {
        "error": {
            "message": failure.message,
            "type": "rate_limit_error" if status == 429 else kind,
            "param": "model" if unknown_model else getattr(cause, "param", None),
            "code": "model_not_found" if unknown_model else _CODES.get(status),
        }
    }


def error_shape(connection: HTTPConnection, failure: Failure) -> Response:
    """Answers failures that no route of this API has met, such as a wrong method."""
    return JSONResponse(failure_document(failure), failure.status, failure.headers)


class FailureRoute(APIRoute):
    """A route whose errors have OpenAI's shape, with the parameter where one is at fault."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler that answers errors itself."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except AttuneError as error:
                failure = failure_of(error)
                document = failure_document(failure, error)
                return JSONResponse(document, failure.status, failure.headers)

        return answer
