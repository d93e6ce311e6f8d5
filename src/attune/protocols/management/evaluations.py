"""Evaluations of REST v3."""

from __future__ import annotations

import uuid
from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import ConfigDict, Field

from attune.protocols.credentials import Managing, ServiceOf
from attune.protocols.management.addresses import (
    Addresses,
    At,
    Pages,
    Paging,
    project_of,
    reference_id,
)
from attune.protocols.management.describing import changes, common, failure
from attune.protocols.management.evaluation_figures import evaluation_figures
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
from attune.service import evaluations, models
from attune.service.access import Principal
from attune.service.errors import NotFound
from attune.service.service import Service
from attune.service.tables import Evaluation

__all__ = ["EvaluationDocument", "evaluation_page", "router"]

router = APIRouter(tags=["Evaluations"])


class EvaluationLinks(Shape):
    """Where the files of an evaluation are listed."""

    files: str


class EvaluationProperties(Shape):
    """The figures of each model, named as in REST v3 with 1 or 2 at the end (-1 until they are
    known), such as `wordErrorRate1` and `tokenErrorRate2`; intervals and significance besides."""

    model_config = ConfigDict(extra="allow")

    testing_kind: Literal["Evaluation", "Inspection"]
    error: Problem | None = None


class EvaluationDocument(Thing):
    """One model or two on a data set."""

    model1: Reference
    model2: Reference | None = None
    dataset: Reference
    project: Reference
    links: EvaluationLinks
    properties: EvaluationProperties


class NewEvaluation(Shape):
    """An evaluation to make."""

    display_name: Text = Field(examples=["Kitchen words against the base"])
    project: Reference | None = Field(default=None, description="A key of one needs none.")
    locale: Text | None = None
    model1: Reference
    model2: Reference | None = None
    dataset: Reference
    description: Text = ""
    testing_kind: Literal["Evaluation", "Inspection"] | None = Field(
        default=None,
        description="Inspection for recordings without transcripts. Azure's clients write it into "
        "customProperties, which serves as well.",
    )
    custom_properties: CustomProperties | None = None


def evaluation_document(evaluation: Evaluation, at: Addresses) -> EvaluationDocument:
    """A row as a document."""
    address = at.v3("evaluations", evaluation.id)
    second = evaluation.model2_id
    return EvaluationDocument(
        **common(evaluation, address),
        model1=at.reference("models", evaluation.model1_id),
        model2=None if second is None else at.reference("models", second),
        dataset=at.reference("datasets", evaluation.dataset_id),
        project=at.reference("projects", evaluation.project_id),
        links=EvaluationLinks(files=f"{address}/files"),
        properties=EvaluationProperties(
            testing_kind=evaluation.kind,  # type: ignore[arg-type]
            error=failure(evaluation),
            **evaluation_figures(evaluation),
        ),
    )


def evaluation_page(
    service: Service, principal: Principal, at: Addresses, paging: Pages, project_id: str | None
) -> Listed[EvaluationDocument]:
    """A page of evaluations."""
    page = evaluations.listing(service, principal, project_id=project_id, **paging.arguments)
    return paging.listed(page, [evaluation_document(evaluation, at) for evaluation in page.values])


@router.get("/evaluations", operation_id="Evaluations_List", response_model_exclude_none=True)
def list_evaluations(
    service: ServiceOf, principal: Managing, at: At, paging: Paging
) -> Listed[EvaluationDocument]:
    """The evaluations that the key may see, newest first."""
    return evaluation_page(service, principal, at, paging, None)


@router.post(
    "/evaluations",
    operation_id="Evaluations_Create",
    status_code=201,
    response_model_exclude_none=True,
)
def create_evaluation(
    new: NewEvaluation, response: Response, service: ServiceOf, principal: Managing, at: At
) -> EvaluationDocument:
    """Measure one model, or two side by side, on a data set of recordings."""
    kind = new.testing_kind or (new.custom_properties or {}).get("testingKind", "Evaluation")
    evaluation = evaluations.create(
        service,
        principal,
        project_of(new.project, principal),
        name=new.display_name,
        dataset_id=reference_id(new.dataset, "dataset"),
        model1_id=reference_id(new.model1, "model1"),
        model2_id=None if new.model2 is None else reference_id(new.model2, "model2"),
        kind=kind,
        language=new.locale,
        description=new.description,
        custom=new.custom_properties,
    )
    response.headers["Location"] = at.v3("evaluations", evaluation.id)
    return evaluation_document(evaluation, at)


@router.get("/evaluations/locales", operation_id="Evaluations_ListSupportedLocales")
def list_locales(service: ServiceOf, principal: Managing) -> list[str]:
    """The languages that there is a base model for."""
    found = models.base_models(service, principal, kind="recognizer", top=1000).values
    return sorted({model.language for model in found})


@router.get("/evaluations/{id}", operation_id="Evaluations_Get", response_model_exclude_none=True)
def get_evaluation(id: str, service: ServiceOf, principal: Managing, at: At) -> EvaluationDocument:
    """One evaluation with its figures."""
    return evaluation_document(evaluations.get(service, principal, id), at)


@router.patch(
    "/evaluations/{id}", operation_id="Evaluations_Update", response_model_exclude_none=True
)
def update_evaluation(
    id: str, change: Change, service: ServiceOf, principal: Managing, at: At
) -> EvaluationDocument:
    """Rename or describe an evaluation."""
    return evaluation_document(evaluations.update(service, principal, id, **changes(change)), at)


@router.delete("/evaluations/{id}", operation_id="Evaluations_Delete", status_code=204)
def delete_evaluation(id: str, service: ServiceOf, principal: Managing) -> None:
    """Remove an evaluation and its results. 409 while it runs."""
    evaluations.delete(service, principal, id)


_FORMATS = {"EvaluationDetails": "json", "EvaluationTable": "csv"}


@router.get(
    "/evaluations/{id}/files",
    operation_id="Evaluations_ListFiles",
    response_model_exclude_none=True,
)
def list_files(id: str, service: ServiceOf, principal: Managing, at: At) -> Listed[FileDocument]:
    """Every utterance as JSON and as a CSV table; nothing before it is done."""
    evaluation = evaluations.get(service, principal, id)
    if evaluation.result_hash is None:
        return Listed(values=[])
    return Listed(values=[_file(service, evaluation, at, kind) for kind in _FORMATS])


@router.get(
    "/evaluations/{id}/files/{fileId}",
    operation_id="Evaluations_GetFile",
    response_model_exclude_none=True,
)
def get_file(id: str, fileId: str, service: ServiceOf, principal: Managing, at: At) -> FileDocument:
    """One file of an evaluation."""
    evaluation = evaluations.get(service, principal, id)
    return _file(service, evaluation, at, _kind(evaluation, fileId))


@router.get(
    "/evaluations/{id}/files/{fileId}/content",
    operation_id="Evaluations_DownloadFile",
    response_class=Response,
    responses=FILE_RESPONSE,
)
def download_file(
    id: str, fileId: str, request: Request, service: ServiceOf, principal: Managing
) -> Response:
    """The content of a file of an evaluation."""
    kind = _kind(evaluations.get(service, principal, id), fileId)
    return send(request, evaluations.export(service, principal, id, _FORMATS[kind]))


def _file(service: Service, evaluation: Evaluation, at: Addresses, kind: str) -> FileDocument:
    id = str(uuid.uuid5(uuid.UUID(evaluation.id), kind))
    address = at.v3("evaluations", evaluation.id, "files", id)
    exact = _FORMATS[kind] == "json" and evaluation.result_hash is not None
    return FileDocument(
        address=address,
        name=f"evaluation.{_FORMATS[kind]}",
        kind=kind,
        created_date_time=evaluation.changed,
        properties=FileProperties(
            size=service.store.size(evaluation.result_hash or "") if exact else None
        ),
        links=FileLinks(content_url=f"{address}/content"),
    )


def _kind(evaluation: Evaluation, file_id: str) -> str:
    for kind in _FORMATS:
        if str(uuid.uuid5(uuid.UUID(evaluation.id), kind)) == file_id.lower():
            return kind
    raise NotFound("there is no file with this id")
