"""What goes wrong between a program and a server: refused, unreachable, or out of time."""

from __future__ import annotations

from attune.errors import AttuneError, InputError

__all__ = ["ApiError", "RefusedError", "Unreachable", "api_error"]


class ApiError(AttuneError):
    """A server answered with an error.

    `status` is the HTTP status, `code` the server's word for it (`NotFound`, …), `message` what it
    says; `retry_after` seconds may help, where the server says so.
    """

    def __init__(
        self, status: int, code: str, message: str, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.retry_after = retry_after


class RefusedError(ApiError, InputError):
    """A server refused what was asked (4xx), or is elsewhere (3xx): the caller's to mend."""


class Unreachable(AttuneError):
    """No server answered, or the connection was lost and could not be made again in time."""


def api_error(status: int, code: str, message: str, retry_after: float | None = None) -> ApiError:
    """The error for a status: RefusedError for those that the caller can mend."""
    refused = status < 500 and status != 429
    return (RefusedError if refused else ApiError)(status, code, message, retry_after)
