"""One visit of a page: who comes, what was sent, and how to answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import quote, unquote

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from attune.errors import InputError
from attune.portal.templating import Templates
from attune.service import projects
from attune.service.access import Principal, Scope
from attune.service.access.sign_ins import SignedIn
from attune.service.downloads import Download
from attune.service.service import Service
from attune.service.tables import Project

__all__ = ["THEMES", "Visit"]

_NOTICE = "attune_notice"
THEMES = ("light", "dark")


@dataclass
class Visit:
    """A request by somebody who is signed in, with its form, and the means to answer it."""

    service: Service
    templates: Templates
    request: Request
    signed_in: SignedIn
    form: FormData = field(default_factory=FormData)
    body: bytes = b""
    """What a script sent that is no form: a piece of a file."""

    @property
    def principal(self) -> Principal:
        """Whose key this is."""
        return self.signed_in.principal

    @property
    def path(self) -> Mapping[str, str]:
        """The parameters in the address."""
        return self.request.path_params

    @property
    def query(self) -> Mapping[str, str]:
        """What stands after the question mark."""
        return self.request.query_params

    @property
    def is_part(self) -> bool:
        """Whether a script asks for a part of a page."""
        return self.request.headers.get("hx-request") == "true"

    @cached_property
    def project(self) -> Project:
        """The project in the address; NotFound."""
        return projects.get(self.service, self.principal, self.path["project"])

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """How many things of each kind the project has."""
        return projects.counts(self.service, self.principal, self.project.id)

    @property
    def administers(self) -> bool:
        """Whether the key may make keys and read the audit log."""
        return self.principal.scope >= Scope.ADMIN

    def text(self, name: str, default: str = "") -> str:
        """A text field of the form."""
        value = self.form.get(name, default)
        return value if isinstance(value, str) else default

    def texts(self, name: str) -> tuple[str, ...]:
        """All values of a field, such as of boxes that were ticked."""
        return tuple(value for value in self.form.getlist(name) if isinstance(value, str) and value)

    def number(self, name: str, default: float) -> float:
        """A number of the form, or of the address; InputError for what is none."""
        value = (self.text(name) or self.query.get(name, "")).strip().replace(",", ".")
        if not value:
            return default
        try:
            found = float(value)
        except ValueError:
            raise InputError(f"{name}: {value[:40]!r} is no number") from None
        if not -1e12 < found < 1e12:
            raise InputError(f"{name}: {value[:40]!r} is out of reach")
        return found

    def place(self) -> int:
        """Where in a list the page begins."""
        return max(0, int(self.number("skip", 0)))

    def page(self, template: str, /, **values: Any) -> Response:
        """A whole page."""
        notice = unquote(self.request.cookies.get(_NOTICE, ""))
        response = HTMLResponse(self._render(template, notice=notice, **values))
        if notice:
            response.delete_cookie(_NOTICE)
        return response

    def part(self, template: str, /, **values: Any) -> Response:
        """A part of a page, for a script to put in its place."""
        content = self._render(template, notice="", **values)
        return HTMLResponse(content)

    def go(self, address: str, notice: str = "") -> Response:
        """On to another page of the portal, which shows `notice` once."""
        response: Response
        if self.is_part:
            response = Response(status_code=204, headers={"HX-Redirect": address})
        else:
            response = RedirectResponse(address, 303)
        if notice:
            response.set_cookie(_NOTICE, quote(notice), max_age=30, samesite="strict")
        return response

    def send(self, download: Download, *, inline: bool = False) -> Response:
        """A file; parts of it where a player asks for such."""
        return send_download(self.request, download, inline=inline)

    def _render(self, template: str, /, **values: Any) -> str:
        in_project = "project" in self.path
        theme = self.request.cookies.get("attune_theme", "")
        return self.templates.render(
            template,
            {
                "visit": self,
                "project": self.project if in_project else None,
                "theme": theme if theme in THEMES else "",
                "here": self.request.url.path,
                **values,
            },
        )


def send_download(request: Request, download: Download, *, inline: bool) -> Response:
    """The whole download, or the range of bytes that was asked for."""
    start, stop = _range(request.headers.get("range", ""), download.size)
    partly = (start, stop) != (0, download.size)
    kind = "inline" if inline else "attachment"
    headers = {
        "Content-Length": str(stop - start),
        "Accept-Ranges": "bytes",
        "Content-Disposition": f"{kind}; filename*=UTF-8''{quote(download.name, safe='')}",
        # What people uploaded is shown or played, never run.
        "Content-Security-Policy": "default-src 'none'; media-src 'self'; sandbox",
    }
    if partly:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{download.size}"
    chunks: Iterator[bytes] = download.chunks(start, stop)
    return StreamingResponse(
        chunks, 206 if partly else 200, headers=headers, media_type=download.media_type
    )


def _range(header: str, size: int) -> tuple[int, int]:
    """The first and the end of the bytes asked for; all of them for what cannot be understood."""
    unit, _, span = header.partition("=")
    first, dash, last = span.partition("-")
    if unit.strip() != "bytes" or not dash or "," in span:
        return 0, size
    try:
        if not first.strip():
            return max(0, size - int(last)), size
        start = int(first)
        stop = min(size, int(last) + 1) if last.strip() else size
    except ValueError:
        return 0, size
    return (start, stop) if 0 <= start < stop else (0, size)
