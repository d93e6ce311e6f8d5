"""Everything that the portal does, from programs: with and without asyncio."""

from __future__ import annotations

from types import TracebackType
from typing import TypeVar

from attune.client.address import Credential, Token, http_address
from attune.client.carriers import AsyncHttpCarrier, HttpCarrier
from attune.client.exchange import Awaited, Blocking
from attune.client.management.datasets import DatasetCalls
from attune.client.management.endpoints import EndpointCalls, LogCalls
from attune.client.management.evaluations import EvaluationCalls
from attune.client.management.jobs import JobCalls, JobProgress, waited
from attune.client.management.keys import KeyCalls
from attune.client.management.keywords import KeywordCalls
from attune.client.management.models import ModelCalls
from attune.client.management.projects import ProjectCalls
from attune.client.management.records import Made
from attune.client.management.transcriptions import TranscriptionCalls
from attune.client.management.uploads import UploadCalls

__all__ = ["AsyncManagement", "Management"]

M = TypeVar("M", bound=Made)


class _Calls(
    ProjectCalls,
    UploadCalls,
    DatasetCalls,
    ModelCalls,
    KeywordCalls,
    EvaluationCalls,
    EndpointCalls,
    LogCalls,
    TranscriptionCalls,
    JobCalls,
    KeyCalls,
):
    """All that can be done."""


class Management(_Calls, Blocking):
    """The management of a service. Threads may share one; a context manager, or `close` it.

    Things may be named by their records or their ids. Every method raises RefusedError for what
    the server refuses, ApiError for its own failures, and Unreachable.
    """

    _carrier: HttpCarrier

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        token: Token | None = None,
        timeout: float = 60.0,
        patience: float = 60.0,
    ) -> None:
        """`url` is the server's, `key` one for managing, or `token` a short-lived one. Seconds:
        `timeout` is how long the server may be silent, `patience` how long failures that may pass
        (429, 503, no connection) are tried again; Retry-After is honoured."""
        credential = Credential(key, token)
        self._carrier = HttpCarrier(http_address(url), credential, timeout, patience)

    def wait(
        self, made: M, *, timeout: float | None = None, progress: JobProgress | None = None
    ) -> M:
        """Wait until a data set, model, keyword, evaluation or transcription is made, and return
        it as it is then. `progress` is told about its job whenever that has come further.

        WorkFailed, with the reason; TimeoutError after `timeout` seconds (it goes on then).
        """
        return self._carrier.perform(waited(made, timeout, progress))

    def close(self) -> None:
        """Close the connections."""
        self._carrier.close()

    def __enter__(self) -> Management:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class AsyncManagement(_Calls, Awaited):
    """As `Management`, for asyncio: methods are awaited, listings are asynchronous iterators."""

    _carrier: AsyncHttpCarrier

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        token: Token | None = None,
        timeout: float = 60.0,
        patience: float = 60.0,
    ) -> None:
        """Arguments as of `Management`; `token` may be a function to be awaited."""
        credential = Credential(key, token)
        self._carrier = AsyncHttpCarrier(http_address(url), credential, timeout, patience)

    async def wait(
        self, made: M, *, timeout: float | None = None, progress: JobProgress | None = None
    ) -> M:
        """As `Management.wait`."""
        return await self._carrier.perform(waited(made, timeout, progress))

    async def close(self) -> None:
        """Close the connections."""
        await self._carrier.close()

    async def __aenter__(self) -> AsyncManagement:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()
