"""Addresses of things: made for answers, and read from requests."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Query
from starlette.requests import Request

from attune.errors import InputError
from attune.protocols.management.shapes import Listed, Reference, Value
from attune.protocols.management.versions import asked_path, asked_version
from attune.service.access import Principal
from attune.service.listing import MOST_A_PAGE, Page

__all__ = [
    "Addresses",
    "At",
    "Pages",
    "Paging",
    "project_of",
    "reference_id",
    "reference_ids",
]

_UUID = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
_END = re.compile(rf"(?:^|/)(?P<id>{_UUID})/?(?:\?.*)?$")


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses of one server as the client calls it, in the client's version of v3."""

    host: str
    version: str

    def v3(self, *parts: str) -> str:
        """An address of the v3 API."""
        return "/".join((self.host, "speechtotext", self.version, *parts))

    def attune(self, *parts: str) -> str:
        """An address of Attune's own API."""
        return "/".join((self.host, "attune/v1", *parts))

    @property
    def socket(self) -> str:
        """The server's address for WebSockets."""
        return self.host.replace("http", "ws", 1)

    def reference(self, kind: str, id: str) -> Reference:
        """A reference to a thing of v3."""
        return Reference(address=self.v3(kind, id))


def _addresses(request: Request) -> Addresses:
    return Addresses(str(request.base_url).rstrip("/"), asked_version(request.scope))


At = Annotated[Addresses, Depends(_addresses)]
"""As the type of a route's parameter: the addresses."""


def reference_id(reference: Reference, field: str) -> str:
    """The id in an address, or the id itself; InputError when there is none."""
    found = _END.search(reference.address)
    if found is None:
        raise InputError(f"{field}.self {reference.address[:200]!r} is no address of such a thing")
    return found["id"]


def project_of(reference: Reference | None, principal: Principal) -> str:
    """The id of the project that is meant: that of the key, where none is named; InputError."""
    if reference is not None:
        return reference_id(reference, "project")
    if principal.project_id is None:
        raise InputError('project is missing: give {"self": its address}')
    return principal.project_id


def reference_ids(references: list[Reference], field: str) -> list[str]:
    """The ids in several addresses."""
    return [reference_id(reference, field) for reference in references]


@dataclass(frozen=True, slots=True)
class Pages:
    """Which part of a list is wanted."""

    skip: int
    top: int
    filter: str
    order: str
    address: Request

    def next_link(self, page: Page[Any]) -> str | None:
        """Where the next page is; None after the last."""
        if page.next is None:
            return None
        asked = self.address.url.replace(path=asked_path(self.address.scope))
        return str(asked.include_query_params(skip=page.next, top=self.top))

    def listed(self, page: Page[Any], values: list[Value]) -> Listed[Value]:
        """What a list answers: `values`, the page's things as they are shown, and its next page."""
        return Listed(values=values, next_link=self.next_link(page))

    @property
    def arguments(self) -> dict[str, Any]:
        """For the functions that list."""
        return {"skip": self.skip, "top": self.top, "filter": self.filter, "order": self.order}


def _pages(
    request: Request,
    skip: Annotated[int, Query(ge=0, le=2**31 - 1, description="How many to pass over.")] = 0,
    top: Annotated[int, Query(ge=1, le=MOST_A_PAGE, description="How many to return.")] = 100,
    filter: Annotated[
        str,
        Query(
            max_length=1000,
            description="Such as `status eq 'Failed' and createdDateTime gt 2026-01-31`: the "
            "fields displayName, description, createdDateTime, lastActionDateTime, status, locale "
            "and kind; eq, ne, gt, ge, lt, le; and, or, not and brackets.",
        ),
    ] = "",
    orderby: Annotated[
        str,
        Query(max_length=1000, description="Such as `displayName,createdDateTime desc`."),
    ] = "",
) -> Pages:
    return Pages(skip, top, filter, orderby, request)


Paging = Annotated[Pages, Depends(_pages)]
"""As the type of a route's parameter: which part of a list."""
