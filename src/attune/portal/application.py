"""The portal as a part of the service's application."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from attune.portal.pages import PAGES
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
