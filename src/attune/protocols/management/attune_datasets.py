"""Data sets beyond REST v3: versions, utterances, corrections, texts given inline."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from attune.errors import InputError
from attune.protocols.credentials import Managing, ServiceOf
from attune.protocols.management.addresses import At, Paging, project_of, reference_id
from attune.protocols.management.datasets import DatasetDocument, KindName, dataset_document
from attune.protocols.management.sending import FILE_RESPONSE, send
from attune.protocols.management.shapes import CustomProperties, Listed, Reference, Shape, Text
from attune.service import datasets

__all__ = ["router"]

router = APIRouter(tags=["Datasets"])


class NewSource(Shape):
    """A data set, or the next version of one, from an upload or from text."""

    project: Reference | None = Field(default=None, description="A key of one needs none.")
    display_name: Text | None = Field(default=None, examples=["Recipes"])
    kind: KindName | None = None
    upload: Reference | None = Field(default=None, description="A finished upload.")
    transcript: Reference | None = Field(
        default=None, description="A finished upload of trans.txt, where the zip holds none."
    )
    text: Text | None = Field(
        default=None,
        description="The content itself, of a data set of texts.",
        examples=["turn on the extractor hood\npreheat the oven"],
    )
    series_id: Text | None = Field(
        default=None, description="Makes the next version of this series, which keeps its kind."
    )
    description: Text = ""
    custom_properties: CustomProperties | None = None


class UtteranceDocument(Shape):
    """A recording of a data set."""

    number: int
    name: str
    seconds: float
    speaker: str
    text: str
    audio_url: str


class Correction(Shape):
    """What a recording really says; null takes it out."""

    number: int = Field(ge=1, examples=[3])
    text: Text | None = Field(examples=["turn on the extractor hood"])


class Corrections(Shape):
    """Transcripts to put right."""

    corrections: list[Correction] = Field(min_length=1, max_length=10_000)


@router.get("/datasets", operation_id="DataSets_List", response_model_exclude_none=True)
def list_datasets(
    service: ServiceOf,
    principal: Managing,
    at: At,
    paging: Paging,
    project: Annotated[str | None, Query(description="The id of a project.")] = None,
    latest: Annotated[bool, Query(description="The newest version of each alone.")] = True,
) -> Listed[DatasetDocument]:
    """Data sets, of a project or all, each in its newest version or in all."""
    page = datasets.listing(
        service, principal, project_id=project, latest=latest, **paging.arguments
    )
    return paging.listed(page, [dataset_document(dataset, at) for dataset in page.values])


@router.post(
    "/datasets", operation_id="DataSets_Create", status_code=201, response_model_exclude_none=True
)
def create_dataset(
    new: NewSource, response: Response, service: ServiceOf, principal: Managing, at: At
) -> DatasetDocument:
    """Make a data set, or the next version of one, of a finished upload or of text."""
    if new.text is not None and new.transcript is not None:
        raise InputError("transcript belongs to an upload: leave it out")
    dataset = datasets.create(
        service,
        principal,
        project_of(new.project, principal),
        name=new.display_name,
        kind=new.kind,
        upload_id=None if new.upload is None else reference_id(new.upload, "upload"),
        transcript_upload_id=None
        if new.transcript is None
        else reference_id(new.transcript, "transcript"),
        content=None if new.text is None else new.text.encode(),
        series_id=new.series_id,
        description=new.description,
        custom=new.custom_properties,
    )
    response.headers["Location"] = at.v3("datasets", dataset.id)
    return dataset_document(dataset, at)


@router.get(
    "/datasets/{id}/versions", operation_id="DataSets_Versions", response_model_exclude_none=True
)
def list_versions(
    id: str, service: ServiceOf, principal: Managing, at: At
) -> Listed[DatasetDocument]:
    """All versions of a data set, newest first."""
    found = datasets.versions(service, principal, id)
    return Listed(values=[dataset_document(dataset, at) for dataset in found])


@router.get("/datasets/{id}/report", operation_id="DataSets_Report")
def get_report(id: str, service: ServiceOf, principal: Managing) -> dict[str, object]:
    """What the import kept and what it left out, with the reason, place and remedy of each."""
    return dict(datasets.get(service, principal, id).report)


@router.get(
    "/datasets/{id}/utterances",
    operation_id="DataSets_Utterances",
    response_model_exclude_none=True,
)
def list_utterances(
    id: str,
    service: ServiceOf,
    principal: Managing,
    at: At,
    paging: Paging,
    text: Annotated[str, Query(max_length=200, description="In a transcript or name.")] = "",
) -> Listed[UtteranceDocument]:
    """The recordings of a data set and what is said in them."""
    page = datasets.utterances(service, principal, id, skip=paging.skip, top=paging.top, text=text)
    values = [
        UtteranceDocument(
            number=each.number,
            name=each.name,
            seconds=each.seconds,
            speaker=each.speaker,
            text=each.text,
            audio_url=at.attune("datasets", id, "utterances", str(each.number), "audio"),
        )
        for each in page.values
    ]
    return paging.listed(page, values)


@router.get(
    "/datasets/{id}/utterances/{number}/audio",
    operation_id="DataSets_Audio",
    response_class=Response,
    responses=FILE_RESPONSE,
)
def get_audio(
    id: str, number: int, request: Request, service: ServiceOf, principal: Managing
) -> Response:
    """One recording, to listen to."""
    return send(request, datasets.audio(service, principal, id, number), inline=True)


@router.post(
    "/datasets/{id}/corrections",
    operation_id="DataSets_Correct",
    status_code=201,
    response_model_exclude_none=True,
)
def correct(
    id: str,
    wanted: Corrections,
    response: Response,
    service: ServiceOf,
    principal: Managing,
    at: At,
) -> DatasetDocument:
    """Put transcripts right: a new version, without sending or storing recordings again."""
    texts = {one.number: one.text for one in wanted.corrections}
    dataset = datasets.correct(service, principal, id, texts)
    response.headers["Location"] = at.v3("datasets", dataset.id)
    return dataset_document(dataset, at)


@router.get("/datasets/{id}/lines", operation_id="DataSets_Lines")
def list_lines(id: str, service: ServiceOf, principal: Managing, paging: Paging) -> Listed[str]:
    """The lines that were kept of a text."""
    page = datasets.lines(service, principal, id, skip=paging.skip, top=paging.top)
    return paging.listed(page, list(page.values))


@router.get(
    "/datasets/{id}/content",
    operation_id="DataSets_Download",
    response_class=Response,
    responses=FILE_RESPONSE,
)
def download(id: str, request: Request, service: ServiceOf, principal: Managing) -> Response:
    """What can be used of a data set: a zip with its manifest, or the text."""
    return send(request, datasets.download(service, principal, id))
