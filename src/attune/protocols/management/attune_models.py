"""Models beyond REST v3: lineage, training curve, the bundle itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response

from attune.protocols.credentials import Managing, ServiceOf
from attune.protocols.management.addresses import At
from attune.protocols.management.models import ModelDocument, model_document
from attune.protocols.management.sending import FILE_RESPONSE, send
from attune.protocols.management.shapes import Listed, Shape
from attune.service import models

__all__ = ["CurveDocument", "router"]

router = APIRouter(tags=["Models"])


class CurveDocument(Shape):
    """A point of a training curve."""

    time: datetime
    data: dict[str, Any]


@router.get("/models/{id}/lineage", operation_id="Models_Lineage", response_model_exclude_none=True)
def get_lineage(id: str, service: ServiceOf, principal: Managing, at: At) -> Listed[ModelDocument]:
    """The model that this one was made on, the one before it, and so on to the base."""
    found = models.lineage(service, principal, id)
    return Listed(values=[model_document(model, at) for model in found])


@router.get(
    "/models/{id}/children", operation_id="Models_Children", response_model_exclude_none=True
)
def get_children(id: str, service: ServiceOf, principal: Managing, at: At) -> Listed[ModelDocument]:
    """The models that were made on this one, newest first."""
    found = models.children(service, principal, id)
    return Listed(values=[model_document(model, at) for model in found])


@router.get("/models/{id}/curve", operation_id="Models_Curve", response_model_exclude_none=True)
def get_curve(id: str, service: ServiceOf, principal: Managing) -> Listed[CurveDocument]:
    """The training curve so far, for models that learn from recordings."""
    points = models.curve(service, principal, id)
    return Listed(values=[CurveDocument(time=point.time, data=point.data) for point in points])


@router.get(
    "/models/{id}/bundle",
    operation_id="Models_Bundle",
    response_class=Response,
    responses=FILE_RESPONSE,
)
def get_bundle(id: str, request: Request, service: ServiceOf, principal: Managing) -> Response:
    """The model as one zip, which every part of Attune opens."""
    return send(request, models.download(service, principal, id))
