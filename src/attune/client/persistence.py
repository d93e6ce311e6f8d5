"""Trying again: which requests, after which failures, and after how long a pause."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from typing import TypeVar

import httpx

from attune.client.address import Credential
from attune.client.errors import ApiError, Unreachable, api_error
from attune.client.exchange import Exchange, Pause, Request, Response
from attune.client.patience import Patience
from attune.errors import AttuneError

__all__ = ["Attempts", "Outcome", "Persistence", "refusal", "retry_after"]

T = TypeVar("T")

Outcome = Response | httpx.TransportError | None
"""What came of a try; None of a pause."""
Attempts = Generator[Request | Pause, Outcome, T]
"""Requests to send once each, and pauses."""

_TRY_AGAIN = {429, 503}
"""The server did nothing of what was asked."""
_PERHAPS_DONE = {502, 504}


class Persistence:
    """Sends what failed again for up to `patience` seconds, renews tokens, and raises what stays
    wrong: ApiError (RefusedError) and Unreachable.

    An address that never answered is not tried again: it is most likely wrong.
    """

    def __init__(self, credential: Credential, patience: float) -> None:
        self._credential, self._patience = credential, patience
        self._reached = False

    def attempts(self, steps: Exchange[T]) -> Attempts[T]:
        """The requests of an exchange, as often as they are to be sent."""
        answer = Response(0, {}, b"")
        try:
            step = next(steps)
            while True:
                try:
                    if isinstance(step, Pause):
                        yield step
                    else:
                        answer = yield from self._until_answered(step)
                except AttuneError as error:
                    step = steps.throw(error)
                else:
                    step = steps.send(answer)
        except StopIteration as done:
            result: T = done.value
            return result

    def _until_answered(self, request: Request) -> Attempts[Response]:
        patience = Patience(self._patience)
        renewed = False
        while True:
            outcome = yield request
            if isinstance(outcome, Response):
                self._reached = True
                if outcome.status < 300:
                    return outcome
                if outcome.status == 401 and self._credential.renewable and not renewed:
                    self._credential.forget()
                    renewed = True
                    continue
                again = outcome.status in _TRY_AGAIN
                again |= outcome.status in _PERHAPS_DONE and request.repeatable
                pause = patience.pause(retry_after(outcome.headers)) if again else None
                if pause is None:
                    raise refusal(outcome.status, outcome.headers, outcome.content)
            else:
                assert outcome is not None
                unsent = isinstance(outcome, httpx.ConnectError | httpx.ConnectTimeout)
                again = self._reached if unsent else request.repeatable
                pause = patience.pause() if again else None
                if pause is None:
                    raise Unreachable(_unreachable(request, outcome)) from outcome
            yield Pause(pause)


def refusal(status: int, headers: Mapping[str, str], content: bytes) -> ApiError:
    """The error that an answer tells of which is no success."""
    if status < 400:
        place = headers.get("location", "elsewhere")
        message = f"the server sends its callers to {place}: give the address there"
        return api_error(status, "Moved", message)
    try:
        told = json.loads(content)
        told = told.get("error", told)  # REST v3 has no frame around it.
        code, message = str(told["code"]), str(told["message"])
    except (ValueError, KeyError, TypeError, AttributeError):
        code = f"Http{status}"
        said = content[:200].decode("utf-8", "replace").strip()
        message = f"the server answered with status {status}" + (f": {said}" if said else "")
    return api_error(status, code, message, retry_after(headers))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds after which a server wants to be asked again, None when it does not say."""
    try:
        return max(0.0, float(headers.get("retry-after", "")))
    except ValueError:
        return None


def _unreachable(request: Request, error: Exception) -> str:
    asked = f"{request.method} {request.path}"
    if isinstance(error, httpx.TimeoutException) and not isinstance(error, httpx.ConnectTimeout):
        return f"{asked}: the server did not answer in time"
    return (
        f"{asked}: no server was reached ({error or type(error).__name__}): check the address, "
        "and that `attune serve` runs there"
    )
