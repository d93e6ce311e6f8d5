"""Data sets of REST v3."""

from __future__ import annotations

import uuid
from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import Field

from attune.protocols.credentials import Managing, ServiceOf
from attune.protocols.management.addresses import (
    Addresses,
    At,
    Pages,
    Paging,
    project_of,
)
from attune.protocols.management.describing import changes, common, duration, failure
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
from attune.service import datasets, models
from attune.service.access import Principal
from attune.service.downloads import Download
from attune.service.errors import NotFound
from attune.service.service import Service
from attune.service.tables import Dataset

__all__ = ["DatasetDocument", "KindName", "dataset_document", "dataset_page", "router"]

router = APIRouter(tags=["Datasets"])

KindName = Literal[
    "Acoustic", "Audio", "Language", "Pronunciation", "StructuredText", "DisplayFormat"
]


class DatasetLinks(Shape):
    """Where the files of a data set are listed."""

    files: str


class DatasetProperties(Shape):
    """What came of the import; `seriesId` is the same for all versions of a data set."""

    accepted_line_count: int
    rejected_line_count: int
    duration: str = Field(examples=["PT1H30M"])
    series_id: str
    version: int
    source_name: str
    error: Problem | None = None


class DatasetDocument(Thing):
    """One version of a data set: recordings, or a text."""

    kind: KindName
    project: Reference
    links: DatasetLinks
    properties: DatasetProperties


class NewDataset(Shape):
    """A data set to make; without `contentUrl` it waits for blocks."""

    display_name: Text = Field(examples=["Meetings in March"])
    kind: KindName
    project: Reference | None = Field(default=None, description="A key of one needs none.")
    locale: Text | None = Field(default=None, description="That of the project, if any.")
    description: Text = ""
    content_url: Text | None = Field(default=None, description="http or https.")
    custom_properties: CustomProperties | None = None


def dataset_document(dataset: Dataset, at: Addresses) -> DatasetDocument:
    """A row as a document."""
    address = at.v3("datasets", dataset.id)
    figures = dataset.figures
    return DatasetDocument(
        **common(dataset, address),
        kind=dataset.kind,  # type: ignore[arg-type]
        project=at.reference("projects", dataset.project_id),
        links=DatasetLinks(files=f"{address}/files"),
        properties=DatasetProperties(
            accepted_line_count=figures.get("passed", 0),
            rejected_line_count=figures.get("failed", 0),
            duration=duration(figures.get("seconds", 0.0)),
            series_id=dataset.series_id,
            version=dataset.version,
            source_name=dataset.source_name,
            error=failure(dataset),
        ),
    )


def dataset_page(
    service: Service, principal: Principal, at: Addresses, paging: Pages, project_id: str | None
) -> Listed[DatasetDocument]:
    """A page of data sets."""
    page = datasets.listing(service, principal, project_id=project_id, **paging.arguments)
    return paging.listed(page, [dataset_document(dataset, at) for dataset in page.values])


@router.get("/datasets", operation_id="Datasets_List", response_model_exclude_none=True)
def list_datasets(
    service: ServiceOf, principal: Managing, at: At, paging: Paging
) -> Listed[DatasetDocument]:
    """The data sets that the key may see, newest first."""
    return dataset_page(service, principal, at, paging, None)


@router.post(
    "/datasets", operation_id="Datasets_Create", status_code=201, response_model_exclude_none=True
)
def create_dataset(
    new: NewDataset, response: Response, service: ServiceOf, principal: Managing, at: At
) -> DatasetDocument:
    """Make a data set of what lies at an address, or one that waits for blocks.

    Then watch its `status`; the report says what was left out and why.
    """
    project_id = project_of(new.project, principal)
    dataset = datasets.create(
        service,
        principal,
        project_id,
        name=new.display_name,
        kind=new.kind,
        content_url=new.content_url,
        in_blocks=new.content_url is None,
        language=new.locale,
        description=new.description,
        custom=new.custom_properties,
    )
    response.headers["Location"] = at.v3("datasets", dataset.id)
    return dataset_document(dataset, at)


@router.get("/datasets/locales", operation_id="Datasets_ListSupportedLocales")
def list_locales(service: ServiceOf, principal: Managing) -> dict[str, list[str]]:
    """The languages of each kind of data set."""
    found = models.base_models(service, principal, kind="recognizer", top=1000).values
    languages = sorted({model.language for model in found})
    return dict.fromkeys(datasets.DATASET_KINDS, languages)


@router.get("/datasets/{id}", operation_id="Datasets_Get", response_model_exclude_none=True)
def get_dataset(id: str, service: ServiceOf, principal: Managing, at: At) -> DatasetDocument:
    """One version of a data set."""
    return dataset_document(datasets.get(service, principal, id), at)


@router.patch("/datasets/{id}", operation_id="Datasets_Update", response_model_exclude_none=True)
def update_dataset(
    id: str, change: Change, service: ServiceOf, principal: Managing, at: At
) -> DatasetDocument:
    """Rename or describe a data set; what it holds never changes."""
    return dataset_document(datasets.update(service, principal, id, **changes(change)), at)


@router.delete("/datasets/{id}", operation_id="Datasets_Delete", status_code=204)
def delete_dataset(id: str, service: ServiceOf, principal: Managing) -> None:
    """Remove a version. 409 while it is imported, or a model or an evaluation uses it."""
    datasets.delete(service, principal, id)


_SOURCE_KINDS = {
    "Acoustic": "AcousticDataArchive",
    "Audio": "AudioDataArchive",
    "Language": "LanguageData",
    "Pronunciation": "PronunciationData",
    "StructuredText": "StructuredText",
    "DisplayFormat": "OutputFormatting",
}


def _files(dataset: Dataset) -> dict[str, tuple[str, str, str | None]]:
    """Id -> (name, kind, hash) of the files that there are."""
    listed = {
        "source": (dataset.source_name, _SOURCE_KINDS[dataset.kind], dataset.source_hash),
        "transcript": ("trans.txt", "AcousticDataTranscriptionV2", dataset.transcript_hash),
        "report": ("report.html", "DatasetReport", dataset.report_hash),
    }
    return {
        str(uuid.uuid5(uuid.UUID(dataset.id), role)): file
        for role, file in listed.items()
        if file[2] is not None
    }


def _file(
    service: Service, dataset: Dataset, at: Addresses, id: str, file: tuple[str, str, str | None]
) -> FileDocument:
    name, kind, hash = file
    address = at.v3("datasets", dataset.id, "files", id)
    return FileDocument(
        address=address,
        name=name,
        kind=kind,
        created_date_time=dataset.created,
        properties=FileProperties(size=service.store.size(hash or "")),
        links=FileLinks(content_url=f"{address}/content"),
    )


@router.get(
    "/datasets/{id}/files", operation_id="Datasets_ListFiles", response_model_exclude_none=True
)
def list_files(id: str, service: ServiceOf, principal: Managing, at: At) -> Listed[FileDocument]:
    """What was uploaded, and the report of the import."""
    dataset = datasets.get(service, principal, id)
    files = _files(dataset)
    return Listed(values=[_file(service, dataset, at, key, files[key]) for key in files])


@router.get(
    "/datasets/{id}/files/{fileId}",
    operation_id="Datasets_GetFile",
    response_model_exclude_none=True,
)
def get_file(id: str, fileId: str, service: ServiceOf, principal: Managing, at: At) -> FileDocument:
    """One file of a data set."""
    dataset = datasets.get(service, principal, id)
    return _file(service, dataset, at, fileId.lower(), _found(dataset, fileId))


@router.get(
    "/datasets/{id}/files/{fileId}/content",
    operation_id="Datasets_DownloadFile",
    response_class=Response,
    responses=FILE_RESPONSE,
)
def download_file(
    id: str, fileId: str, request: Request, service: ServiceOf, principal: Managing
) -> Response:
    """The content of a file."""
    kind = _found(datasets.get(service, principal, id), fileId)[1]
    download: Download
    if kind == "DatasetReport":
        download = datasets.report_page(service, principal, id)
    else:
        transcript = kind == "AcousticDataTranscriptionV2"
        download = datasets.source(service, principal, id, transcript=transcript)
    return send(request, download)


def _found(dataset: Dataset, file_id: str) -> tuple[str, str, str | None]:
    file = _files(dataset).get(file_id.lower())
    if file is None:
        raise NotFound("there is no file with this id")
    return file
