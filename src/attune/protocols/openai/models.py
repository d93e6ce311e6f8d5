"""`/v1/models`: what can be named as the model of a transcription."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter

from attune.protocols.credentials import Recognising, ServiceOf
from attune.protocols.model_names import find_recognizer, named_recognizers
from attune.protocols.openai.failures import FailureRoute, UnknownModel
from attune.service.recognition import ServedModel

__all__ = ["router"]

router = APIRouter(prefix="/v1/models", tags=["OpenAI"], route_class=FailureRoute)


@router.get("", summary="List models")
async def list_models(service: ServiceOf, principal: Recognising) -> dict[str, Any]:
    """Endpoints and models by name, in the shape of OpenAI's API."""
    served = await asyncio.to_thread(service.recognition.models, principal)
    data = [_document(name, one) for name, one in named_recognizers(served)]
    return {"object": "list", "data": data}


@router.get("/{model:path}", summary="Show a model")
async def show_model(model: str, service: ServiceOf, principal: Recognising) -> dict[str, Any]:
    """One endpoint or model by its name or id, in the shape of OpenAI's API."""
    served = await asyncio.to_thread(service.recognition.models, principal)
    found = find_recognizer(served, model)
    if found is None:
        raise UnknownModel(model)
    return _document(model, found)


def _document(name: str, one: ServedModel) -> dict[str, Any]:
    return {
        "id": name,
        "object": "model",
        "created": int(one.created.timestamp()),
        "owned_by": one.project_id or "attune",
    }
