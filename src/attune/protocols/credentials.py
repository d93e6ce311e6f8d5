"""Who a request or a WebSocket comes from: the key or token in its headers, looked up."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Security
from fastapi.security import APIKeyHeader, HTTPBearer
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from attune.service import Service
from attune.service.access import Principal, Scope
from attune.service.errors import Denied

__all__ = [
    "Administering",
    "Managing",
    "Recognising",
    "ServiceOf",
    "address_of",
    "authenticated",
    "credential_of",
    "service_of",
]

KEY_HEADER = "Ocp-Apim-Subscription-Key"

_KEY = Security(APIKeyHeader(name=KEY_HEADER, scheme_name="key", auto_error=False))
_BEARER = Security(HTTPBearer(scheme_name="bearer", auto_error=False))


def service_of(connection: HTTPConnection) -> Service:
    """The service that the application serves."""
    service: Service = connection.app.state.service
    return service


def address_of(connection: HTTPConnection) -> str:
    """The address that a request comes from."""
    return connection.client.host if connection.client else ""


def credential_of(connection: HTTPConnection) -> str:
    """The key or token that came along; Denied without one.

    From `Ocp-Apim-Subscription-Key` or `Authorization: Bearer`; of a WebSocket, for which browsers
    cannot set headers, also from the query: `key` or `access_token`.
    """
    key = connection.headers.get(KEY_HEADER, "")
    scheme, _, bearer = connection.headers.get("Authorization", "").partition(" ")
    if not key and scheme.lower() == "bearer":
        key = bearer
    if not key and connection.scope["type"] == "websocket":
        query = connection.query_params
        key = query.get("key") or query.get("access_token") or ""
    if not key.strip():
        raise Denied(f"send your key as {KEY_HEADER}, or as Authorization: Bearer KEY")
    return key.strip()


async def authenticated(connection: HTTPConnection, scope: Scope = Scope.RECOGNISE) -> Principal:
    """Who the request comes from. Denied; Forbidden when the key is not for `scope`; Busy over the
    limit of requests a second."""
    access = service_of(connection).access
    credential, address = credential_of(connection), address_of(connection)
    principal = await run_in_threadpool(access.authenticate, credential, address)
    access.limit(principal)
    principal.require(scope)
    return principal


def _schemes(key: Annotated[object, _KEY], bearer: Annotated[object, _BEARER]) -> None:
    """Both ways to send a key, for the OpenAPI document; `credential_of` reads what was sent."""


_Described = Annotated[None, Depends(_schemes)]


async def _recognising(connection: HTTPConnection, _: _Described) -> Principal:
    return await authenticated(connection, Scope.RECOGNISE)


async def _managing(connection: HTTPConnection, _: _Described) -> Principal:
    return await authenticated(connection, Scope.MANAGE)


async def _administering(connection: HTTPConnection, _: _Described) -> Principal:
    return await authenticated(connection, Scope.ADMIN)


ServiceOf = Annotated[Service, Depends(service_of)]
"""As the type of a route's parameter: the service."""
Recognising = Annotated[Principal, Depends(_recognising)]
"""As the type of a route's parameter: the holder of a key for recognition."""
Managing = Annotated[Principal, Depends(_managing)]
"""As the type of a route's parameter: the holder of a key for managing."""
Administering = Annotated[Principal, Depends(_administering)]
"""As the type of a route's parameter: the holder of a key for everything."""
