"""Projects of REST v3, and what belongs to one."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from pydantic import Field

from attune.protocols.credentials import Managing, ServiceOf
from attune.protocols.management.addresses import Addresses, At, Paging
from attune.protocols.management.datasets import DatasetDocument, dataset_page
from attune.protocols.management.describing import changes, common
from attune.protocols.management.endpoints import EndpointDocument, endpoint_page
from attune.protocols.management.evaluations import EvaluationDocument, evaluation_page
from attune.protocols.management.models import ModelDocument, model_page
from attune.protocols.management.shapes import Change, CustomProperties, Listed, Shape, Text, Thing
from attune.protocols.management.transcriptions import TranscriptionDocument, transcription_page
from attune.service import models, projects
from attune.service.access import Principal
from attune.service.service import Service
from attune.service.tables import Project

__all__ = ["router"]

router = APIRouter(tags=["Projects"])


class ProjectLinks(Shape):
    """Where the things of a project are listed."""

    datasets: str
    models: str
    evaluations: str
    endpoints: str
    transcriptions: str


class ProjectProperties(Shape):
    """How much a project has: models are its recognisers."""

    dataset_count: int
    model_count: int
    keyword_count: int
    evaluation_count: int
    endpoint_count: int
    transcription_count: int


class ProjectDocument(Thing):
    """What belongs together, in one language."""

    links: ProjectLinks
    properties: ProjectProperties


class NewProject(Shape):
    """A project to make."""

    display_name: Text = Field(examples=["Kitchen assistant"])
    locale: Text = Field(examples=["en-US"])
    description: Text = ""
    custom_properties: CustomProperties | None = None


def _document(
    service: Service, principal: Principal, project: Project, at: Addresses
) -> ProjectDocument:
    address = at.v3("projects", project.id)
    counts = projects.counts(service, principal, project.id)
    kinds = ("datasets", "models", "evaluations", "endpoints", "transcriptions")
    numbers: dict[str, Any] = {f"{kind[:-1]}_count": number for kind, number in counts.items()}
    return ProjectDocument(
        **common(project, address),
        links=ProjectLinks(**{kind: f"{address}/{kind}" for kind in kinds}),
        properties=ProjectProperties(**numbers),
    )


@router.get("/projects", operation_id="Projects_List", response_model_exclude_none=True)
def list_projects(
    service: ServiceOf, principal: Managing, at: At, paging: Paging
) -> Listed[ProjectDocument]:
    """The projects that the key may see, newest first."""
    page = projects.listing(service, principal, **paging.arguments)
    return paging.listed(
        page, [_document(service, principal, project, at) for project in page.values]
    )


@router.post(
    "/projects",
    operation_id="Projects_Create",
    status_code=201,
    response_model_exclude_none=True,
)
def create_project(
    new: NewProject, response: Response, service: ServiceOf, principal: Managing, at: At
) -> ProjectDocument:
    """Make a project."""
    project = projects.create(
        service,
        principal,
        name=new.display_name,
        language=new.locale,
        description=new.description,
        custom=new.custom_properties,
    )
    response.headers["Location"] = at.v3("projects", project.id)
    return _document(service, principal, project, at)


@router.get("/projects/locales", operation_id="Projects_ListSupportedLocales")
def list_locales(service: ServiceOf, principal: Managing) -> list[str]:
    """The languages that there is a base model for."""
    found = models.base_models(service, principal, kind="recognizer", top=1000).values
    return sorted({model.language for model in found})


@router.get("/projects/{id}", operation_id="Projects_Get", response_model_exclude_none=True)
def get_project(id: str, service: ServiceOf, principal: Managing, at: At) -> ProjectDocument:
    """One project."""
    return _document(service, principal, projects.get(service, principal, id), at)


@router.patch("/projects/{id}", operation_id="Projects_Update", response_model_exclude_none=True)
def update_project(
    id: str, change: Change, service: ServiceOf, principal: Managing, at: At
) -> ProjectDocument:
    """Rename or describe a project."""
    project = projects.update(service, principal, id, **changes(change))
    return _document(service, principal, project, at)


@router.delete("/projects/{id}", operation_id="Projects_Delete", status_code=204)
def delete_project(id: str, service: ServiceOf, principal: Managing) -> None:
    """Remove a project with all that it holds. 409 while jobs are at work in it."""
    projects.delete(service, principal, id)


@router.get(
    "/projects/{id}/datasets",
    operation_id="Projects_ListDatasets",
    response_model_exclude_none=True,
)
def list_datasets(
    id: str, service: ServiceOf, principal: Managing, at: At, paging: Paging
) -> Listed[DatasetDocument]:
    """The data sets of a project."""
    project = projects.get(service, principal, id)
    return dataset_page(service, principal, at, paging, project.id)


@router.get(
    "/projects/{id}/models", operation_id="Projects_ListModels", response_model_exclude_none=True
)
def list_models(
    id: str, service: ServiceOf, principal: Managing, at: At, paging: Paging
) -> Listed[ModelDocument]:
    """The recognisers of a project."""
    project = projects.get(service, principal, id)
    return model_page(service, principal, at, paging, project.id)


@router.get(
    "/projects/{id}/evaluations",
    operation_id="Projects_ListEvaluations",
    response_model_exclude_none=True,
)
def list_evaluations(
    id: str, service: ServiceOf, principal: Managing, at: At, paging: Paging
) -> Listed[EvaluationDocument]:
    """The evaluations of a project."""
    project = projects.get(service, principal, id)
    return evaluation_page(service, principal, at, paging, project.id)


@router.get(
    "/projects/{id}/endpoints",
    operation_id="Projects_ListEndpoints",
    response_model_exclude_none=True,
)
def list_endpoints(
    id: str, service: ServiceOf, principal: Managing, at: At, paging: Paging
) -> Listed[EndpointDocument]:
    """The endpoints of a project."""
    project = projects.get(service, principal, id)
    return endpoint_page(service, principal, at, paging, project.id)


@router.get(
    "/projects/{id}/transcriptions",
    operation_id="Projects_ListTranscriptions",
    response_model_exclude_none=True,
)
def list_transcriptions(
    id: str, service: ServiceOf, principal: Managing, at: At, paging: Paging
) -> Listed[TranscriptionDocument]:
    """The batch transcriptions of a project."""
    project = projects.get(service, principal, id)
    return transcription_page(service, principal, at, paging, project.id)
