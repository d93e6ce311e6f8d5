"""Coming in with a key, and leaving."""

from __future__ import annotations

import re

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from attune.errors import AttuneError
from attune.portal.routing import page_error, read_form, require_session, sentence
from attune.portal.templating import Templates
from attune.portal.visits import THEMES
from attune.service.access import Scope
from attune.service.access.sign_ins import COOKIE, SignedIn, cookie_flags
from attune.service.errors import Denied, Forbidden, ServiceError
from attune.service.service import Service

__all__ = ["sign_in_routes"]

_OWN_PAGE = re.compile(r"/(?:[A-Za-z0-9][A-Za-z0-9/_.-]*)?")


def sign_in_routes(service: Service, templates: Templates) -> list[BaseRoute]:
    """The pages for those who are not signed in."""

    def form(request: Request, next_page: str, error: str = "", status: int = 200) -> Response:
        theme = request.cookies.get("attune_theme", "")
        values = {
            "error": error,
            "next": next_page,
            "key_file": service.admin_key_file,
            "theme": theme if theme in THEMES else "",
        }
        return HTMLResponse(templates.render("sign_in.html", values), status)

    async def show(request: Request) -> Response:
        return form(request, own_page(request.query_params.get("next", "")))

    async def enter(request: Request) -> Response:
        if not from_here(request):
            return page_error(templates, request, Forbidden("this form came from another site"))
        sent = await read_form(request)
        next_page = own_page(str(sent.get("next", "")))
        address = request.client.host if request.client else ""
        try:
            key = str(sent.get("key", ""))
            signed_in = await run_in_threadpool(sign_in_manager, service, key, address)
        except AttuneError as error:
            status = error.status if isinstance(error, ServiceError) else 400
            return form(request, next_page, sentence(str(error)), status)
        response = RedirectResponse(next_page, 303)
        secure = request.url.scheme == "https"
        flags = cookie_flags(secure=secure)
        response.set_cookie(COOKIE, signed_in.id, **flags)  # type: ignore[arg-type]
        return response

    async def leave(request: Request) -> Response:
        sent = await read_form(request)
        try:
            signed_in = await run_in_threadpool(require_session, service, request)
            signed_in.check(str(sent.get("csrf", "")))
            await run_in_threadpool(service.access.sign_out, signed_in.id)
        except Denied:
            pass  # Signed out already.
        except AttuneError as error:
            return page_error(templates, request, error)
        response = RedirectResponse("/sign-in", 303)
        response.delete_cookie(COOKIE)
        return response

    return [
        Route("/sign-in", show, methods=["GET"]),
        Route("/sign-in", enter, methods=["POST"]),
        Route("/sign-out", leave, methods=["POST"]),
    ]


def sign_in_manager(service: Service, key: str, address: str) -> SignedIn:
    """A session for the holder of a key; Denied, Busy, and Forbidden for keys that only
    recognise, which have nothing to do here."""
    signed_in = service.access.sign_in(key, address)
    if signed_in.principal.scope < Scope.MANAGE:
        service.access.sign_out(signed_in.id)
        raise Forbidden("this key is for recognition alone: sign in with one for manage or admin")
    return signed_in


def own_page(address: str) -> str:
    """A page of this portal to go to, whatever an address may ask for."""
    return address if _OWN_PAGE.fullmatch(address) else "/"


def from_here(request: Request) -> bool:
    """Whether a form was sent from a page of this service: nobody is to be signed in by others."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    return origin in (None, f"{request.url.scheme}://{request.headers.get('host', '')}")
