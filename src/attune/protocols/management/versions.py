"""The older versions of REST v3, which are answered like the newest."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["NEWEST", "OlderVersions", "asked_path", "asked_version"]

NEWEST = "v3.2"
_OLDER = ("v3.1", "v3.0")
_START = "/speechtotext/"
_ASKED = "attune.asked_path"


class OlderVersions:
    """Takes requests for older versions to the routes of the newest one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request as ASGI has it."""
        if scope["type"] == "http":
            for version in _OLDER:
                old = f"{_START}{version}/"
                if scope["path"].startswith(old):
                    path = f"{_START}{NEWEST}/{scope['path'].removeprefix(old)}"
                    scope = {**scope, "path": path, _ASKED: scope["path"]}
        await self._app(scope, receive, send)


def asked_path(scope: Scope) -> str:
    """The path that the client asked for."""
    return str(scope.get(_ASKED, scope["path"]))


def asked_version(scope: Scope) -> str:
    """The version of REST v3 that the client speaks."""
    parts = asked_path(scope).split("/")
    return parts[2] if len(parts) > 2 and parts[2] in _OLDER else NEWEST
