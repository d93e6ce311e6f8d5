"""All routes of the API, and errors in its shape at all of its paths."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI

from attune.protocols.openai import models, transcriptions
from attune.protocols.openai.failures import error_shape

__all__ = ["install", "router"]

router = APIRouter()
router.include_router(transcriptions.router)
router.include_router(models.router)


def install(app: FastAPI) -> None:
    """Have errors of this API's paths answered in its shape, those of no route, too."""
    for start in ("/v1/audio", "/v1/models"):
        app.state.error_shapes[start] = error_shape
