"""The web application: the APIs behind one set of limits, headers, errors and counters."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI
from pydantic import BaseModel
from starlette.responses import JSONResponse

from attune import __version__
from attune.protocols import health, uploads
from attune.protocols.bodies import BodyLimit
from attune.protocols.envelope import Envelope
from attune.protocols.failures import install_failures
from attune.service import Service

__all__ = ["create_app"]

_BODY_PATIENCE_SECONDS = 60.0
_DESCRIPTION = (
    "Self-hosted custom speech recognition and keywords. Send your key as "
    "`Ocp-Apim-Subscription-Key` or as `Authorization: Bearer KEY`."
)


class ErrorDetail(BaseModel):
    """What went wrong: a code for programs, a message for people."""

    code: str
    message: str


class ErrorDocument(BaseModel):
    """The body of every answer that is no success."""

    error: ErrorDetail


def create_app(service: Service, *routers: APIRouter) -> FastAPI:
    """The application that serves `service` by health, uploads and the `routers`, in this order.

    Routes find the service as `app.state.service`. An API with errors in a shape of its own adds
    it to `app.state.error_shapes`.
    """
    app = FastAPI(
        title="Attune",
        version=__version__,
        description=_DESCRIPTION,
        # FastAPI's own pages of documentation load scripts from elsewhere.
        docs_url=None,
        openapi_url=None,  # Ours is made in a thread, see below.
        redoc_url=None,
        responses={"default": {"model": ErrorDocument, "description": "Not done, and why."}},
    )
    app.state.service = service
    install_failures(app)
    for router in (health.router, uploads.router, *routers):
        app.include_router(router)

    @app.get("/openapi.json", include_in_schema=False)
    def describe() -> JSONResponse:
        # Making it takes a second, for which streams are not to wait.
        return JSONResponse(app.openapi())

    limits = service.settings.limits
    app.add_middleware(BodyLimit, limit=limits.body, patience=_BODY_PATIENCE_SECONDS)
    app.add_middleware(Envelope, metrics=service.metrics)  # The last one added is outermost.
    return app
