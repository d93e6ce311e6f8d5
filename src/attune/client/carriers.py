"""Sending requests with httpx, with and without asyncio."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, TypeVar
from uuid import uuid4

import httpx

from attune.client.address import Credential, http_address
from attune.client.exchange import Exchange, Pause, Request, Response
from attune.client.persistence import Outcome, Persistence
from attune.errors import InputError

__all__ = ["AsyncHttpCarrier", "HttpCarrier"]

T = TypeVar("T")


class HttpCarrier:
    """Sends requests to the server at `url`; failures that may pass are tried again for `patience`
    seconds. `timeout` is how long the server may be silent, in seconds.

    Raises ApiError (RefusedError) and Unreachable.
    """

    def __init__(self, url: str, credential: Credential, timeout: float, patience: float) -> None:
        self._persistence = Persistence(credential, patience)
        self._client = httpx.Client(base_url=http_address(url), timeout=timeout)
        self._credential = credential

    def perform(self, steps: Exchange[T]) -> T:
        """What comes of an exchange."""
        attempts = self._persistence.attempts(steps)
        outcome: Outcome = None
        try:
            while True:
                attempt = attempts.send(outcome)
                if isinstance(attempt, Pause):
                    time.sleep(attempt.seconds)
                    outcome = None
                else:
                    outcome = self._send(attempt)
        except StopIteration as done:
            result: T = done.value
            return result

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _send(self, request: Request) -> Outcome:
        headers = self._credential.headers()
        try:
            with (
                _sendable(request, headers) as arguments,
                self._client.stream(request.method, request.path, **arguments) as answer,
            ):
                if request.save_to is None or not answer.is_success:
                    return Response(answer.status_code, dict(answer.headers), answer.read())
                with _WholeFile(request.save_to) as file:
                    for block in answer.iter_bytes():
                        file.write(block)
                return Response(answer.status_code, dict(answer.headers), b"")
        except httpx.TransportError as error:
            return error


class AsyncHttpCarrier:
    """As `HttpCarrier`, in an event loop."""

    def __init__(self, url: str, credential: Credential, timeout: float, patience: float) -> None:
        self._persistence = Persistence(credential, patience)
        self._client = httpx.AsyncClient(base_url=http_address(url), timeout=timeout)
        self._credential = credential

    async def perform(self, steps: Exchange[T]) -> T:
        """What comes of an exchange."""
        attempts = self._persistence.attempts(steps)
        outcome: Outcome = None
        try:
            while True:
                attempt = attempts.send(outcome)
                if isinstance(attempt, Pause):
                    await asyncio.sleep(attempt.seconds)
                    outcome = None
                else:
                    outcome = await self._send(attempt)
        except StopIteration as done:
            result: T = done.value
            return result

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _send(self, request: Request) -> Outcome:
        headers = await self._credential.headers_async()
        try:
            with _sendable(request, headers) as arguments:
                async with self._client.stream(request.method, request.path, **arguments) as answer:
                    if request.save_to is None or not answer.is_success:
                        content = await answer.aread()
                        return Response(answer.status_code, dict(answer.headers), content)
                    with _WholeFile(request.save_to) as file:
                        async for block in answer.aiter_bytes():
                            file.write(block)
                    return Response(answer.status_code, dict(answer.headers), b"")
        except httpx.TransportError as error:
            return error


@contextmanager
def _sendable(request: Request, credential: dict[str, str]) -> Iterator[dict[str, Any]]:
    """What httpx calls the parts of a request; files are open as long as they are sent."""
    query = {name: value for name, value in request.query.items() if value is not None}
    arguments: dict[str, Any] = {
        "params": query or None,
        "json": request.json,
        "content": request.content,
        "headers": {**request.headers, **credential},
    }
    if request.timeout is not None:
        arguments["timeout"] = request.timeout
    with ExitStack() as files:
        if request.form is not None:
            arguments["data"] = {k: v for k, v in request.form.items() if isinstance(v, str)}
            arguments["files"] = {
                name: (name, value)
                if isinstance(value, bytes)
                else (value.name, files.enter_context(_opened(value)))
                for name, value in request.form.items()
                if not isinstance(value, str)
            }
        yield arguments


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error


class _WholeFile:
    """A file that is there whole or not at all."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = path.with_name(f".{path.name}.{uuid4().hex[:8]}.part")

    def __enter__(self) -> BinaryIO:
        self._file = open(self._part, "wb")
        return self._file

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._file.close()
        if kind is None:
            os.replace(self._part, self._path)
        else:
            with suppress(OSError):
                self._part.unlink()
