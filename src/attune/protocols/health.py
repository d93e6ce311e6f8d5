"""Whether the server lives and can work, and what it counted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from attune.protocols.credentials import ServiceOf, authenticated
from attune.service.access import Scope
from attune.service.errors import ServiceError
from attune.service.metrics import CONTENT_TYPE

__all__ = ["router"]

router = APIRouter(tags=["Health"])

_PATIENCE_SECONDS = 5.0


@router.get("/health/live")
async def live() -> dict[str, str]:
    """Whether the server runs."""
    return {"status": "live"}


@router.get("/health/ready", responses={503: {"description": "Something cannot be reached."}})
async def ready(service: ServiceOf) -> Response:
    """Whether the server can work: its database and its blob store answer."""
    states = dict(
        zip(
            ("database", "store"),
            await asyncio.gather(_state(service.database.check), _state(service.store.check)),
            strict=True,
        )
    )
    if service.stopping.is_set():
        states["server"] = "stopping"
    well = all(state == "ok" for state in states.values())
    content = {"status": "ready" if well else "unavailable", **states}
    return JSONResponse(content, 200 if well else 503)


async def _state(check: Callable[[], None]) -> str:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await run_in_threadpool(check)
    except ServiceError:
        return "unavailable"
    except TimeoutError:
        return "does not answer"
    return "ok"


@router.get("/metrics", response_class=Response)
async def metrics(request: Request, service: ServiceOf) -> Response:
    """The service's counters for Prometheus.

    Open where only this machine can connect; else for keys that manage.
    """
    if not service.settings.loopback:
        await authenticated(request, Scope.MANAGE)
    return Response(await run_in_threadpool(service.metrics.text), media_type=CONTENT_TYPE)
