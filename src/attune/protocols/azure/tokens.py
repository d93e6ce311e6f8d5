"""Tokens that stand for a key for ten minutes, for programs that should not have the key."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse

from attune.protocols.credentials import ServiceOf, address_of, credential_of
from attune.service.access import Scope

__all__ = ["router"]

router = APIRouter(tags=["Recognition"])

_SECONDS = 600.0


@router.post("/sts/v1.0/issuetoken", include_in_schema=False)
@router.post(
    "/sts/v1.0/issueToken",
    response_class=PlainTextResponse,
    summary="Issue a token",
    openapi_extra={"security": [{"key": []}]},
)
async def issue_token(request: Request, service: ServiceOf) -> PlainTextResponse:
    """A token for ten minutes of recognition, as plain text: `Authorization: Bearer TOKEN`.

    Send your key as `Ocp-Apim-Subscription-Key`; a token gets no other token.
    """
    access = service.access
    credential, address = credential_of(request), address_of(request)
    principal = await run_in_threadpool(access.authenticate, credential, address, tokens=False)
    access.limit(principal)
    recogniser = replace(principal, scope=Scope.RECOGNISE)
    return PlainTextResponse(access.issue_token(recogniser, _SECONDS))
