"""From an address to the function that answers it, and from what it raises to what people see."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from attune.errors import AttuneError, InputError
from attune.portal.templating import Templates
from attune.portal.visits import THEMES, Visit
from attune.service.access.sign_ins import COOKIE, SignedIn
from attune.service.errors import Denied, ServiceError
from attune.service.service import Service

__all__ = [
    "Answer",
    "Pages",
    "error_page",
    "page_error",
    "read_form",
    "require_session",
    "sentence",
]

Answer = Callable[[Visit], Response]

_MOST_FIELDS = 2_000
_log = logging.getLogger("attune.portal")


class Pages:
    """Pages and forms by address, which modules add with `get` and `post`."""

    def __init__(self) -> None:
        self._added: list[tuple[str, str, Answer]] = []

    def get(self, path: str) -> Callable[[Answer], Answer]:
        """Answer requests for a page or a part of one."""
        return self._adding("GET", path)

    def post(self, path: str) -> Callable[[Answer], Answer]:
        """Answer a form or a script's change. Its token was checked before."""
        return self._adding("POST", path)

    def _adding(self, method: str, path: str) -> Callable[[Answer], Answer]:
        def add(answer: Answer) -> Answer:
            self._added.append((method, path, answer))
            return answer

        return add

    def routes(self, service: Service, templates: Templates) -> list[BaseRoute]:
        """The routes of a service's portal."""
        return [
            Route(path, _endpoint(service, templates, answer), methods=[method])
            for method, path, answer in self._added
        ]


def _endpoint(
    service: Service, templates: Templates, answer: Answer
) -> Callable[[Request], Awaitable[Response]]:
    async def respond(request: Request) -> Response:
        try:
            signed_in = await run_in_threadpool(require_session, service, request)
        except Denied:
            return _to_sign_in(request)
        except AttuneError as error:
            return page_error(templates, request, error)
        visit = Visit(service, templates, request, signed_in)
        try:
            if request.method == "POST":
                # The token of a script stands in its header, and nothing is read without one.
                token = request.headers.get("x-csrf-token")
                if token is not None:
                    signed_in.check(token)
                visit.form = await read_form(request)
                if token is None:
                    signed_in.check(visit.text("csrf"))
                elif media_type(request) == "application/octet-stream":
                    visit.body = await request.body()
            return await run_in_threadpool(answer, visit)
        except HTTPException as error:  # The form could not be read.
            return page_error(templates, request, InputError(str(error.detail)), visit)
        except AttuneError as error:
            return page_error(templates, request, error, visit)
        except Exception:
            _log.exception("%s %s", request.method, request.url.path)
            return page_error(templates, request, None, visit)

    return respond


def require_session(service: Service, request: Request) -> SignedIn:
    """The session of whoever asks; Denied."""
    return service.access.session(request.cookies.get(COOKIE, ""))


async def read_form(request: Request) -> FormData:
    """The form of a request, nothing for other content. Files are not sent by forms here."""
    if media_type(request) == "application/x-www-form-urlencoded":
        return await request.form(max_files=0, max_fields=_MOST_FIELDS)
    return FormData()


def media_type(request: Request) -> str:
    """What kind of body a request has."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def page_error(
    templates: Templates, request: Request, error: AttuneError | None, visit: Visit | None = None
) -> Response:
    """What people see instead of a page: what was wrong and what to do; `error` None is a fault of
    ours."""
    if error is None:
        message = "something went wrong in the service, and its log says what"
        return error_page(templates, request, 500, message, visit)
    status = error.status if isinstance(error, ServiceError) else 400
    return error_page(templates, request, status, str(error), visit)


def error_page(
    templates: Templates, request: Request, status: int, message: str, visit: Visit | None = None
) -> Response:
    """A page that says what was wrong. Scripts get the message alone, for the place where it
    belongs."""
    theme = request.cookies.get("attune_theme", "")
    values = {
        "status": status,
        "message": sentence(message),
        "visit": visit,
        "project": None,
        "theme": theme if theme in THEMES else "",
        "here": request.url.path,
        "notice": "",
    }
    part = request.headers.get("hx-request") == "true"
    content = templates.render("parts/error.html" if part else "error.html", values)
    return HTMLResponse(content, status)


# Fields as the APIs call them, and as the portal's forms do.
_FIELDS = {
    "displayName": "the name",
    "maxStreams": "streams at once",
    "retentionDays": "days to keep it",
    "baseModel": "the model to start on",
    "locale": "the language",
}
_FIELD = re.compile(rf"\b({'|'.join(_FIELDS)})\b")


def sentence(message: str) -> str:
    """A message as a sentence of its own, in the words of the portal."""
    message = _FIELD.sub(lambda found: _FIELDS[found[0]], message)
    text = message[:1].upper() + message[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _to_sign_in(request: Request) -> Response:
    if request.headers.get("hx-request") == "true":
        return Response(status_code=204, headers={"HX-Redirect": "/sign-in"})
    wanted = request.url.path if request.method == "GET" else "/"
    address = "/sign-in" if wanted == "/" else f"/sign-in?next={quote(wanted)}"
    return RedirectResponse(address, 303)
