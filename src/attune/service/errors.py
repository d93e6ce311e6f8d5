"""What the service refuses, each with the HTTP status and code that clients are told."""

from __future__ import annotations

from attune.errors import AttuneError

__all__ = [
    "Busy",
    "Conflict",
    "Denied",
    "Forbidden",
    "NotFound",
    "ServiceError",
    "StorageFull",
    "TooLarge",
    "Unavailable",
]


class ServiceError(AttuneError):
    """Something that a request asked for and does not get; the message says why."""

    status = 400
    code = "InvalidRequest"


class Denied(ServiceError):
    """No key or token, or one that is not known, revoked or expired."""

    status = 401
    code = "Unauthorized"


class Forbidden(ServiceError):
    """A key or token that is not for this."""

    status = 403
    code = "Forbidden"


class NotFound(ServiceError):
    """Nothing has this name or id, or not for this key."""

    status = 404
    code = "NotFound"


class Conflict(ServiceError):
    """Not possible as things stand, such as deleting what is in use."""

    status = 409
    code = "Conflict"


class TooLarge(ServiceError):
    """More than a limit allows."""

    status = 413
    code = "PayloadTooLarge"


class Busy(ServiceError):
    """At the limit of what is served at once; `retry_after` seconds may help."""

    status = 429
    code = "TooManyRequests"

    def __init__(self, message: str, retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(ServiceError):
    """The database or the store cannot be reached, or the service is stopping; nothing was done,
    and `retry_after` seconds may help."""

    status = 503
    code = "ServiceUnavailable"

    def __init__(self, message: str, retry_after: int = 5) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class StorageFull(ServiceError):
    """There is no room for what was sent; nothing of it was kept."""

    status = 507
    code = "InsufficientStorage"
