"""Batch transcriptions of REST v3."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import Field

from attune.errors import InputError
from attune.protocols.credentials import Managing, ServiceOf
from attune.protocols.management.addresses import (
    Addresses,
    At,
    Pages,
    Paging,
    reference_id,
)
from attune.protocols.management.describing import changes, common, failure, seconds_of
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
from attune.service import models, transcriptions
from attune.service.access import Principal
from attune.service.service import Service
from attune.service.tables import Transcription, TranscriptionFile
from attune.service.transcriptions import MOST_SOURCES, Output

__all__ = ["TranscriptionDocument", "router", "transcription_page"]

router = APIRouter(tags=["Transcriptions"])

Punctuation = Literal["None", "Dictated", "Automatic", "DictatedAndAutomatic"]
Profanity = Literal["None", "Masked", "Removed", "Tags"]


class TranscriptionLinks(Shape):
    """Where the results are listed."""

    files: str


class TranscriptionProperties(Shape):
    """What the results hold."""

    word_level_timestamps_enabled: bool = False
    display_form_word_level_timestamps_enabled: bool = False
    diarization_enabled: bool = False
    channels: list[int] | None = Field(default=None, description="Default: 0 and 1.", max_length=8)
    punctuation_mode: Punctuation = "DictatedAndAutomatic"
    profanity_filter_mode: Profanity = "Masked"
    time_to_live: Text | None = Field(
        default=None, description="When the results are deleted after the end.", examples=["PT12H"]
    )


class ShownProperties(TranscriptionProperties):
    """What the results hold, and what went wrong."""

    error: Problem | None = None


class TranscriptionDocument(Thing):
    """A batch of recordings."""

    model: Reference
    project: Reference | None = None
    links: TranscriptionLinks
    properties: ShownProperties


class NewTranscription(Shape):
    """A batch to transcribe."""

    display_name: Text = Field(examples=["Calls of Monday"])
    locale: Text | None = Field(default=None, examples=["en-US"])
    content_urls: list[Text] = Field(
        default_factory=list,
        max_length=MOST_SOURCES,
        description="http and https addresses of recordings, or of zips of recordings.",
    )
    content_container_url: Text | None = Field(
        default=None,
        description="An Azure container or S3 bucket that can be listed.",
    )
    uploads: list[Reference] = Field(
        default_factory=list,
        max_length=MOST_SOURCES,
        description="Finished uploads (/attune/v1/uploads): recordings, or zips of recordings.",
    )
    model: Reference | None = Field(default=None, description="Default: the base model.")
    project: Reference | None = None
    description: Text = ""
    properties: TranscriptionProperties = TranscriptionProperties()
    custom_properties: CustomProperties | None = None


def transcription_document(row: Transcription, at: Addresses) -> TranscriptionDocument:
    """A row as a document."""
    address = at.v3("transcriptions", row.id)
    properties = ShownProperties.model_validate(row.settings)
    properties.error = failure(row)
    return TranscriptionDocument(
        **common(row, address),
        model=at.reference("models", row.model_id),
        project=None if row.project_id is None else at.reference("projects", row.project_id),
        links=TranscriptionLinks(files=f"{address}/files"),
        properties=properties,
    )


def transcription_page(
    service: Service, principal: Principal, at: Addresses, paging: Pages, project_id: str | None
) -> Listed[TranscriptionDocument]:
    """A page of transcriptions."""
    page = transcriptions.listing(service, principal, project_id=project_id, **paging.arguments)
    return paging.listed(page, [transcription_document(row, at) for row in page.values])


@router.get("/transcriptions", operation_id="Transcriptions_List", response_model_exclude_none=True)
def list_transcriptions(
    service: ServiceOf, principal: Managing, at: At, paging: Paging
) -> Listed[TranscriptionDocument]:
    """The batches that the key may see, newest first."""
    return transcription_page(service, principal, at, paging, None)


@router.post(
    "/transcriptions",
    operation_id="Transcriptions_Create",
    status_code=201,
    response_model_exclude_none=True,
)
def create_transcription(
    new: NewTranscription, response: Response, service: ServiceOf, principal: Managing, at: At
) -> TranscriptionDocument:
    """Transcribe many recordings. Then watch its `status`, and read its files."""
    wanted = new.properties
    if wanted.diarization_enabled:
        raise InputError("properties.diarizationEnabled: speakers are not told apart here")
    channels = None if wanted.channels is None else tuple(wanted.channels)
    life = wanted.time_to_live
    row = transcriptions.create(
        service,
        principal,
        name=new.display_name,
        language=new.locale,
        project_id=None if new.project is None else reference_id(new.project, "project"),
        model_id=None if new.model is None else reference_id(new.model, "model"),
        content_urls=new.content_urls,
        container_urls=[] if new.content_container_url is None else [new.content_container_url],
        upload_ids=[reference_id(upload, "uploads") for upload in new.uploads],
        output=Output(
            wanted.word_level_timestamps_enabled,
            wanted.display_form_word_level_timestamps_enabled,
            channels,
            wanted.punctuation_mode,
            wanted.profanity_filter_mode,
            None if life is None else seconds_of(life, "properties.timeToLive"),
        ),
        description=new.description,
        custom=new.custom_properties,
    )
    response.headers["Location"] = at.v3("transcriptions", row.id)
    return transcription_document(row, at)


@router.get("/transcriptions/locales", operation_id="Transcriptions_ListSupportedLocales")
def list_locales(service: ServiceOf, principal: Managing) -> list[str]:
    """The languages that there is a base model for."""
    found = models.base_models(service, principal, kind="recognizer", top=1000).values
    return sorted({model.language for model in found})


@router.get(
    "/transcriptions/{id}", operation_id="Transcriptions_Get", response_model_exclude_none=True
)
def get_transcription(
    id: str, service: ServiceOf, principal: Managing, at: At
) -> TranscriptionDocument:
    """One batch."""
    return transcription_document(transcriptions.get(service, principal, id), at)


@router.patch(
    "/transcriptions/{id}",
    operation_id="Transcriptions_Update",
    response_model_exclude_none=True,
)
def update_transcription(
    id: str, change: Change, service: ServiceOf, principal: Managing, at: At
) -> TranscriptionDocument:
    """Rename or describe a batch."""
    row = transcriptions.update(service, principal, id, **changes(change))
    return transcription_document(row, at)


@router.delete("/transcriptions/{id}", operation_id="Transcriptions_Delete", status_code=204)
def delete_transcription(id: str, service: ServiceOf, principal: Managing) -> None:
    """Remove a batch and its results. 409 while it runs: cancel its job first."""
    transcriptions.delete(service, principal, id)


@router.get(
    "/transcriptions/{id}/files",
    operation_id="Transcriptions_ListFiles",
    response_model_exclude_none=True,
)
def list_files(
    id: str, service: ServiceOf, principal: Managing, at: At, paging: Paging
) -> Listed[FileDocument]:
    """The results: a file of the kind Transcription for each recording (or channel of it) as soon
    as it is done, and at the end the TranscriptionReport."""
    page = transcriptions.files(service, principal, id, skip=paging.skip, top=paging.top)
    return paging.listed(page, [_file(file, at) for file in page.values])


@router.get(
    "/transcriptions/{id}/files/{fileId}",
    operation_id="Transcriptions_GetFile",
    response_model_exclude_none=True,
)
def get_file(id: str, fileId: str, service: ServiceOf, principal: Managing, at: At) -> FileDocument:
    """One result of a batch."""
    return _file(transcriptions.file(service, principal, id, fileId), at)


@router.get(
    "/transcriptions/{id}/files/{fileId}/content",
    operation_id="Transcriptions_DownloadFile",
    response_class=Response,
    responses=FILE_RESPONSE,
)
def download_file(
    id: str, fileId: str, request: Request, service: ServiceOf, principal: Managing
) -> Response:
    """The JSON of a result."""
    return send(request, transcriptions.download(service, principal, id, fileId))


def _file(file: TranscriptionFile, at: Addresses) -> FileDocument:
    address = at.v3("transcriptions", file.transcription_id, "files", file.id)
    return FileDocument(
        address=address,
        name=file.name,
        kind=file.kind,
        created_date_time=file.created,
        properties=FileProperties(size=file.size),
        links=FileLinks(content_url=f"{address}/content"),
    )
