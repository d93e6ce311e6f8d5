"""The routes of the management API, put together."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, Response

from attune.protocols.failures import Failure
from attune.protocols.management import (
    attune_activity,
    attune_datasets,
    attune_endpoints,
    attune_evaluations,
    attune_keys,
    attune_keywords,
    attune_models,
    attune_texts,
    dataset_uploads,
    datasets,
    endpoints,
    evaluations,
    models,
    projects,
    transcriptions,
)
from attune.protocols.management.shapes import ErrorDocument
from attune.protocols.management.versions import NEWEST, OlderVersions

__all__ = ["install", "router"]

_V3 = "/speechtotext/"


def _routes() -> APIRouter:
    whole = APIRouter()
    for part in (
        projects,
        dataset_uploads,
        datasets,
        models,
        evaluations,
        endpoints,
        transcriptions,
    ):
        whole.include_router(
            part.router,
            prefix=f"{_V3}{NEWEST}",
            responses={"default": {"model": ErrorDocument, "description": "Not done, and why."}},
        )
    for own in (
        attune_datasets,
        attune_texts,
        attune_models,
        attune_evaluations,
        attune_endpoints,
        attune_keywords,
        attune_activity,
        attune_keys,
    ):
        whole.include_router(own.router, prefix="/attune/v1")
    return whole


router = _routes()


def install(app: FastAPI) -> None:
    """Have older versions of v3 answered, and failures in its own shape."""
    app.add_middleware(OlderVersions)
    app.state.error_shapes[_V3] = _shaped


def _shaped(connection: HTTPConnection, failure: Failure) -> Response:
    content = {"code": failure.code, "message": failure.message}
    return JSONResponse(content, failure.status, failure.headers)
