"""The API of OpenAI's speech to text: transcriptions and models, for clients made for it."""

from __future__ import annotations

from fastapi import FastAPI

from attune.protocols.openai.failures import error_shape
from attune.protocols.openai.routes import router

__all__ = ["install", "router"]


def install(app: FastAPI) -> None:
    """Have errors of this API's paths answered in its shape."""
    app.state.error_shapes |= {"/v1/audio": error_shape, "/v1/models": error_shape}
