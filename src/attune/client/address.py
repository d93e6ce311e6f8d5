"""Where a server is, and how a program says who it is."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit, urlunsplit

from attune.errors import InputError

__all__ = ["Credential", "Token", "http_address", "socket_address"]

Token = str | Callable[[], str] | Callable[[], Awaitable[str]]
"""A token, or a function that fetches one: it is called when one is needed, and again when the
server no longer takes the last."""

_SOCKETS = {"http": "ws", "https": "wss"}


def http_address(url: str) -> str:
    """`url` without a slash at its end; InputError unless it is http or https."""
    parts = urlsplit(url)
    if parts.scheme not in _SOCKETS or not parts.hostname or parts.query or parts.fragment:
        raise InputError(f"{url!r}: give a server's address such as http://127.0.0.1:8090")
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))


def socket_address(url: str) -> str:
    """The WebSocket address of what `http_address` gave."""
    scheme, _, rest = url.partition(":")
    return f"{_SOCKETS[scheme]}:{rest}"


class Credential:
    """A key, or a token that is renewed; InputError when both or neither are given."""

    def __init__(self, key: str | None, token: Token | None) -> None:
        if (key is None) == (token is None):
            raise InputError("give a key= or a token= (the server wrote its first key to a file)")
        fixed = key if key is not None else token if isinstance(token, str) else None
        self._fetch = token if callable(token) else None
        self._current = fixed

    @property
    def renewable(self) -> bool:
        """Whether there may be a newer token than the last."""
        return self._fetch is not None

    def forget(self) -> None:
        """The server no longer takes the last token."""
        if self._fetch is not None:
            self._current = None

    def headers(self) -> dict[str, str]:
        """The header that says who asks; InputError for a function that has to be awaited."""
        if self._current is None:
            self._take(self._fetched())
        return self._header()

    async def headers_async(self) -> dict[str, str]:
        """As `headers`, where the function may have to be awaited."""
        if self._current is None:
            fetched = self._fetched()
            self._take(await fetched if inspect.isawaitable(fetched) else fetched)
        return self._header()

    def _fetched(self) -> str | Awaitable[str]:
        assert self._fetch is not None
        return self._fetch()

    def _take(self, token: object) -> None:
        if inspect.iscoroutine(token):
            token.close()
        if not isinstance(token, str):
            raise InputError(
                f"token= gave {type(token).__name__}: a function that returns a string is needed "
                "(one to be awaited only with the asyncio clients)"
            )
        self._current = token

    def _header(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._current}"}
