"""The portal as a part of the service's application."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from attune.portal.pages import PAGES
from attune.portal.routing import error_page
from attune.portal.sign_in import sign_in_routes
from attune.portal.static_files import StaticFiles
from attune.portal.templating import Templates
from attune.service.service import Service

__all__ = ["install"]


def install(app: FastAPI, service: Service) -> None:
    """Add the portal to an application that has the APIs already: pages at `/`, what they need
    under `/static/`."""
    static = StaticFiles()
    templates = Templates(static)

    async def static_file(request: Request) -> Response:
        return static.respond(request)

    async def favicon(_: Request) -> Response:
        return RedirectResponse(static.address("mark.svg"), 301)

    app.router.routes.append(Route("/static/{version}/{name:path}", static_file))
    app.router.routes.append(Route("/favicon.ico", favicon))
    app.router.routes.extend(sign_in_routes(service, templates))
    for pages in PAGES:
        app.router.routes.extend(pages.routes(service, templates))
    app.state.error_shapes["/"] = _shape(templates)


def _shape(templates: Templates) -> Callable[[HTTPConnection, Any], Response | None]:
    """How errors outside the portal's pages look to people: whoever asks for HTML is one."""

    def shape(connection: HTTPConnection, failure: Any) -> Response | None:
        asks_for_page = "text/html" in connection.headers.get("accept", "")
        if not asks_for_page or not isinstance(connection, Request):
            return None
        message = "there is no such page" if failure.status == 404 else failure.message
        return error_page(templates, connection, failure.status, message)

    return shape
