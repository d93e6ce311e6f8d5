"""Models of REST v3: recognisers of projects, and base models."""

from __future__ import annotations

import uuid
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import Field

from attune.protocols.credentials import Managing, Recognising, ServiceOf
from attune.protocols.management.addresses import (
    Addresses,
    At,
    Pages,
    Paging,
    project_of,
    reference_id,
    reference_ids,
)
from attune.protocols.management.describing import changes, common, failure
from attune.protocols.management.sending import FILE_RESPONSE, send
from attune.protocols.management.shapes import (
    Change,
    CustomProperties,
    FileDocument,
    FileLinks,
    FileProperties,
    Listed,
    Problem,
    Reference,
    Shape,
    Text,
    Thing,
)
from attune.service import models
from attune.service.access import Principal
from attune.service.errors import NotFound
from attune.service.service import Service
from attune.service.tables import Model

__all__ = ["ModelDocument", "model_document", "model_page", "router"]

router = APIRouter(tags=["Models"])


class ModelLinks(Shape):
    """Where a model's bundle is described and found."""

    manifest: str
    files: str


class ModelProperties(Shape):
    """How a model was made, and its card: what to know before relying on it."""

    kind: Literal["recognizer", "keyword"]
    method: str | None = None
    unsupervised: bool | None = None
    card: dict[str, Any] | None = None
    error: Problem | None = None


class ModelDocument(Thing):
    """A recogniser or a keyword."""

    base_model: Reference | None = None
    datasets: list[Reference] | None = None
    text: str | None = None
    project: Reference | None = None
    links: ModelLinks
    properties: ModelProperties


class NewModelProperties(Shape):
    """How to learn from recordings."""

    method: Literal["auto", "adapters", "full"] = Field(
        default="auto",
        description="How much of the encoder is learnt.",
    )
    unsupervised: bool = Field(
        default=False, description="Learn from what the base model itself recognises in recordings."
    )


class NewModel(Shape):
    """A model to make, of data sets, of text, or of both."""

    display_name: Text = Field(examples=["Kitchen words"])
    project: Reference | None = Field(default=None, description="A key of one needs none.")
    locale: Text | None = None
    base_model: Reference | None = Field(default=None, description="Default: the newest.")
    datasets: list[Reference] = Field(default_factory=list, max_length=50)
    text: Text = Field(default="", description="Sentences, one a line, at most 500 KB.")
    description: Text = ""
    properties: NewModelProperties = NewModelProperties()
    custom_properties: CustomProperties | None = None


def model_document(model: Model, at: Addresses) -> ModelDocument:
    """A row as a document."""
    collection = ("models",) if model.project_id is not None else ("models", "base")
    address = at.v3(*collection, model.id)
    own = model.project_id is not None
    settings = model.settings if own else {}
    return ModelDocument(
        **common(model, address),
        base_model=None if model.base_id is None else at.reference("models", model.base_id),
        datasets=[at.reference("datasets", one.dataset_id) for one in model.datasets] or None,
        text=settings.get("text") or None,
        project=None if model.project_id is None else at.reference("projects", model.project_id),
        links=ModelLinks(manifest=f"{address}/manifest", files=f"{address}/files"),
        properties=ModelProperties(
            kind=model.kind,  # type: ignore[arg-type]
            method=settings.get("method"),
            unsupervised=settings.get("unsupervised"),
            card=model.card or None,
            error=failure(model),
        ),
    )


def model_page(
    service: Service, principal: Principal, at: Addresses, paging: Pages, project_id: str | None
) -> Listed[ModelDocument]:
    """A page of the recognisers that projects made."""
    page = models.listing(
        service, principal, project_id=project_id, kind="recognizer", **paging.arguments
    )
    return paging.listed(page, [model_document(model, at) for model in page.values])


@router.get("/models", operation_id="Models_List", response_model_exclude_none=True)
def list_models(
    service: ServiceOf, principal: Managing, at: At, paging: Paging
) -> Listed[ModelDocument]:
    """The recognisers that projects made, newest first."""
    return model_page(service, principal, at, paging, None)


@router.post(
    "/models", operation_id="Models_Create", status_code=201, response_model_exclude_none=True
)
def create_model(
    new: NewModel, response: Response, service: ServiceOf, principal: Managing, at: At
) -> ModelDocument:
    """Make a recogniser of any mix of data sets, of text, or of both. Then watch its `status`."""
    model = models.create(
        service,
        principal,
        project_of(new.project, principal),
        name=new.display_name,
        base_id=None if new.base_model is None else reference_id(new.base_model, "baseModel"),
        dataset_ids=reference_ids(new.datasets, "datasets"),
        text=new.text,
        method=new.properties.method,
        unsupervised=new.properties.unsupervised,
        language=new.locale,
        description=new.description,
        custom=new.custom_properties,
    )
    response.headers["Location"] = at.v3("models", model.id)
    return model_document(model, at)


@router.get("/models/locales", operation_id="Models_ListSupportedLocales")
def list_locales(service: ServiceOf, principal: Recognising) -> list[str]:
    """The languages that there is a base model for."""
    found = models.base_models(service, principal, kind="recognizer", top=1000).values
    return sorted({model.language for model in found})


@router.get("/models/base", operation_id="Models_ListBaseModels", response_model_exclude_none=True)
def list_base_models(
    service: ServiceOf, principal: Recognising, at: At, paging: Paging
) -> Listed[ModelDocument]:
    """The recognisers that come with the service."""
    page = models.base_models(service, principal, kind="recognizer", **paging.arguments)
    return paging.listed(page, [model_document(model, at) for model in page.values])


@router.get(
    "/models/base/{id}", operation_id="Models_GetBaseModel", response_model_exclude_none=True
)
def get_base_model(id: str, service: ServiceOf, principal: Recognising, at: At) -> ModelDocument:
    """One base model."""
    return model_document(_base(service, principal, id), at)


@router.get("/models/base/{id}/manifest", operation_id="Models_GetBaseModelManifest")
def get_base_manifest(id: str, service: ServiceOf, principal: Managing) -> dict[str, Any]:
    """What the bundle of a base model says of itself."""
    return models.manifest(service, principal, _base(service, principal, id).id)


@router.get(
    "/models/base/{id}/files",
    operation_id="Models_ListBaseModelFiles",
    response_model_exclude_none=True,
)
def list_base_files(
    id: str, service: ServiceOf, principal: Managing, at: At
) -> Listed[FileDocument]:
    """The bundle of a base model, to take away."""
    return _files(service, _base(service, principal, id), at)


@router.get("/models/{id}", operation_id="Models_Get", response_model_exclude_none=True)
def get_model(id: str, service: ServiceOf, principal: Managing, at: At) -> ModelDocument:
    """One model."""
    return model_document(models.get(service, principal, id), at)


@router.patch("/models/{id}", operation_id="Models_Update", response_model_exclude_none=True)
def update_model(
    id: str, change: Change, service: ServiceOf, principal: Managing, at: At
) -> ModelDocument:
    """Rename or describe a model; what it is never changes."""
    return model_document(models.update(service, principal, id, **changes(change)), at)


@router.delete("/models/{id}", operation_id="Models_Delete", status_code=204)
def delete_model(id: str, service: ServiceOf, principal: Managing) -> None:
    """Remove a model. 409 while it is made, or an endpoint, another model or a test needs it."""
    models.delete(service, principal, id)


@router.get("/models/{id}/manifest", operation_id="Models_GetManifest")
def get_manifest(id: str, service: ServiceOf, principal: Managing) -> dict[str, Any]:
    """What the bundle says of itself: its parts, settings, lineage and card."""
    return models.manifest(service, principal, id)


@router.get("/models/{id}/files", operation_id="Models_ListFiles", response_model_exclude_none=True)
def list_files(id: str, service: ServiceOf, principal: Managing, at: At) -> Listed[FileDocument]:
    """The model's bundle, to take away: one zip that every part of Attune opens."""
    return _files(service, models.get(service, principal, id), at)


@router.get(
    "/models/{id}/files/{fileId}",
    operation_id="Models_GetFile",
    response_model_exclude_none=True,
)
def get_file(id: str, fileId: str, service: ServiceOf, principal: Managing, at: At) -> FileDocument:
    """One file of a model."""
    listed = _files(service, models.get(service, principal, id), at)
    return _named(listed, fileId)


@router.get(
    "/models/{id}/files/{fileId}/content",
    operation_id="Models_DownloadFile",
    response_class=Response,
    responses=FILE_RESPONSE,
)
def download_file(
    id: str, fileId: str, request: Request, service: ServiceOf, principal: Managing, at: At
) -> Response:
    """The content of a file of a model."""
    _named(_files(service, models.get(service, principal, id), at), fileId)
    return send(request, models.download(service, principal, id))


def _base(service: Service, principal: Principal, id: str) -> Model:
    model = models.get(service, principal, id)
    if model.project_id is not None:
        raise NotFound("there is no base model with this id")
    return model


def _files(service: Service, model: Model, at: Addresses) -> Listed[FileDocument]:
    if model.bundle_hash is None:
        return Listed(values=[])
    id = str(uuid.uuid5(uuid.UUID(model.id), "bundle"))
    address = at.v3("models", model.id, "files", id)
    file = FileDocument(
        address=address,
        name="bundle.attune.zip",
        kind="ModelBundle",
        created_date_time=model.changed,
        properties=FileProperties(size=service.store.size(model.bundle_hash)),
        links=FileLinks(content_url=f"{address}/content"),
    )
    return Listed(values=[file])


def _named(listed: Listed[FileDocument], file_id: str) -> FileDocument:
    for file in listed.values:
        if file.address.endswith(f"/{file_id.lower()}"):
            return file
    raise NotFound("there is no file with this id")
