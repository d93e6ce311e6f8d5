"""Requests as values: what is asked is written once, and sent with or without asyncio.

An exchange is a generator: it yields requests (or pauses), is sent their responses, and returns
what came of them. A class says whether it is `Blocking` or `Awaited`; methods that are an
`exchange` then return their result or are awaited for it.
"""

from __future__ import annotations

import functools
import json
from collections.abc import (
    AsyncIterator,
    Callable,
    Coroutine,
    Generator,
    Iterator,
    Mapping,
)
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, overload

from attune.errors import AttuneError

__all__ = [
    "AsyncCarrier",
    "Awaited",
    "Blocking",
    "Carrier",
    "Exchange",
    "Pause",
    "Request",
    "Response",
    "exchange",
    "listing",
]

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. `path` is below the server's address; at most one of `json`, `content` and
    `form`, whose values are fields, or files where they are bytes or a path.

    `save_to` is a file that takes the body of the answer. `repeatable` requests may be sent again
    when it is not known whether the server did what they ask. `timeout` in seconds, None: the
    client's own.
    """

    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    json: object = None
    content: bytes | None = None
    form: Mapping[str, str | bytes | Path] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    save_to: Path | None = None
    repeatable: bool = True
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """What a server answered; headers in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    def json(self) -> Any:
        """The content as JSON; AttuneError when it is none."""
        try:
            return json.loads(self.content)
        except ValueError as error:
            raise AttuneError(
                f"the server answered {self.content[:60]!r} where JSON was expected: check that "
                "the address is that of an Attune server"
            ) from error


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait before going on, in seconds."""

    seconds: float


Exchange = Generator[Request | Pause, Response, T]
"""Requests, and what comes of their responses; a pause is answered by the response before it."""


class Carrier(Protocol):
    """Sends requests and waits for the answers."""

    def perform(self, steps: Exchange[T]) -> T:
        """What comes of an exchange."""
        ...


class AsyncCarrier(Protocol):
    """Sends requests in an event loop."""

    async def perform(self, steps: Exchange[T]) -> T:
        """What comes of an exchange."""
        ...


class Blocking:
    """A class whose exchanges return when they are over."""

    _carrier: Carrier


class Awaited:
    """A class whose exchanges are awaited."""

    _carrier: AsyncCarrier


class exchange(Generic[P, T]):
    """A method that is an `Exchange`, of classes that are `Blocking` or `Awaited`."""

    def __init__(self, steps: Callable[Concatenate[Any, P], Exchange[T]]) -> None:
        self.steps = steps
        self.__doc__ = steps.__doc__

    @overload
    def __get__(self, owner: None, kind: type) -> exchange[P, T]: ...
    @overload
    def __get__(self, owner: Blocking, kind: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, owner: Awaited, kind: type) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, owner: Any, kind: type) -> Any:
        if owner is None:
            return self

        @functools.wraps(self.steps)
        def perform(*args: P.args, **named: P.kwargs) -> Any:
            return owner._carrier.perform(self.steps(owner, *args, **named))

        return perform


class listing(Generic[P, T]):
    """A method that describes the first page of a listing: (request, how to read an item).

    Of a `Blocking` class it returns an iterator over the items of all pages, of an `Awaited` one
    an asynchronous iterator. Pages are asked for when they are needed.
    """

    def __init__(
        self, first: Callable[Concatenate[Any, P], tuple[Request, Callable[[Any], T]]]
    ) -> None:
        self.first = first
        self.__doc__ = first.__doc__

    @overload
    def __get__(self, owner: None, kind: type) -> listing[P, T]: ...
    @overload
    def __get__(self, owner: Blocking, kind: type) -> Callable[P, Iterator[T]]: ...
    @overload
    def __get__(self, owner: Awaited, kind: type) -> Callable[P, AsyncIterator[T]]: ...
    def __get__(self, owner: Any, kind: type) -> Any:
        if owner is None:
            return self
        pages = _pages_awaited if isinstance(owner, Awaited) else _pages

        @functools.wraps(self.first)
        def walk(*args: P.args, **named: P.kwargs) -> Any:
            return pages(owner._carrier, *self.first(owner, *args, **named))

        return walk


def _page(request: Request) -> Exchange[tuple[list[Any], Request | None]]:
    """The items of a page, and the request for the next."""
    answer = (yield request).json()
    following = answer.get("@nextLink")
    if not following:
        return answer["values"], None
    # Only the path: behind a proxy the server may not know the name that it is called by, and the
    # key is for nobody else.
    _, _, behind = following.partition("://")
    path = f"/{behind.partition('/')[2]}" if behind else following
    return answer["values"], Request("GET", path)


def _pages(carrier: Carrier, first: Request, read: Callable[[Any], T]) -> Iterator[T]:
    request: Request | None = first
    while request is not None:
        values, request = carrier.perform(_page(request))
        yield from map(read, values)


async def _pages_awaited(
    carrier: AsyncCarrier, first: Request, read: Callable[[Any], T]
) -> AsyncIterator[T]:
    request: Request | None = first
    while request is not None:
        values, request = await carrier.perform(_page(request))
        for value in values:
            yield read(value)
