"""Endpoints beyond REST v3: traffic split, figures, and logs that are corrected and learnt from."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from attune.errors import InputError
from attune.protocols.credentials import Managing, ServiceOf
from attune.protocols.management.addresses import Addresses, At, Paging, reference_id
from attune.protocols.management.datasets import DatasetDocument, dataset_document
from attune.protocols.management.endpoints import EndpointDocument, Share, endpoint_document
from attune.protocols.management.sending import FILE_RESPONSE, send
from attune.protocols.management.shapes import Listed, Reference, Shape, Text
from attune.service import content_logs, endpoints
from attune.service.tables import LogEntry

__all__ = ["router"]

router = APIRouter(tags=["Endpoints"])


class Split(Shape):
    """The models behind an endpoint, and their shares of the traffic."""

    models: list[Share] = Field(min_length=1, max_length=10)


class MinuteDocument(Shape):
    """A minute of an endpoint."""

    began: int = Field(description="Unix time in seconds.")
    opened: int
    refused: int
    audio: float = Field(description="Seconds.")
    finals: int


class TrafficDocument(Shape):
    """What goes through an endpoint of this server; latencies in seconds."""

    streams: int
    opened: int
    refused: int
    audio: float = Field(description="Seconds since the server began.")
    finals: int
    latency_half: float | None
    latency95: float | None
    minutes: list[MinuteDocument]


class LogDocument(Shape):
    """Something that an endpoint heard and wrote."""

    address: str
    id: str
    created_date_time: datetime
    seconds: float
    text: str
    lexical: str
    confidence: float
    corrected: str | None
    model: Reference | None
    audio_url: str


class LogCorrection(Shape):
    """What was really said; null takes a correction back."""

    corrected: Text | None = Field(examples=["turn on the extractor hood"])


class LogsToLearn(Shape):
    """A data set to make of what was logged."""

    display_name: Text | None = Field(default=None, examples=["Heard in March"])
    series_id: Text | None = Field(default=None, description="Makes the next version of it.")
    logs: list[Text] | None = Field(
        default=None, max_length=10_000, description="Ids; default: all that were corrected."
    )
    uncorrected: bool = Field(
        default=False, description="Take those that nobody corrected, too, as recognised."
    )
    description: Text = ""


def _log(entry: LogEntry, at: Addresses) -> LogDocument:
    address = at.attune("logs", entry.id)
    return LogDocument(
        address=address,
        id=entry.id,
        created_date_time=entry.created,
        seconds=entry.seconds,
        text=entry.text,
        lexical=entry.lexical,
        confidence=entry.confidence,
        corrected=entry.corrected,
        model=None if entry.model_id is None else at.reference("models", entry.model_id),
        audio_url=f"{address}/audio",
    )


@router.put(
    "/endpoints/{id}/models", operation_id="Deployments_Split", response_model_exclude_none=True
)
def split(
    id: str, wanted: Split, service: ServiceOf, principal: Managing, at: At
) -> EndpointDocument:
    """Give several models shares of an endpoint's traffic; streams that run are not disturbed."""
    shares = {reference_id(one.model, "model"): one.weight for one in wanted.models}
    if len(shares) < len(wanted.models):
        raise InputError("models: give each model once")
    return endpoint_document(endpoints.deploy(service, principal, id, shares), at)


@router.get("/endpoints/{id}/traffic", operation_id="Deployments_Traffic")
def get_traffic(id: str, service: ServiceOf, principal: Managing) -> TrafficDocument:
    """What goes through an endpoint now, and went in the last hour."""
    found = endpoints.traffic(service, principal, id)
    return TrafficDocument(
        streams=found.streams,
        opened=found.opened,
        refused=found.refused,
        audio=found.audio,
        finals=found.finals,
        latency_half=found.latency_half,
        latency95=found.latency_95,
        minutes=[
            MinuteDocument(
                began=one.began,
                opened=one.opened,
                refused=one.refused,
                audio=one.audio,
                finals=one.finals,
            )
            for one in found.minutes
        ],
    )


@router.get("/endpoints/{id}/logs", operation_id="Logs_List")
def list_logs(
    id: str,
    service: ServiceOf,
    principal: Managing,
    at: At,
    paging: Paging,
    corrected: Annotated[bool | None, Query(description="Only those that are (not).")] = None,
    text: Annotated[str, Query(max_length=200, description="In a text.")] = "",
    confidence: Annotated[
        float | None, Query(ge=0, le=1, description="Those that were no surer than this.")
    ] = None,
) -> Listed[LogDocument]:
    """What an endpoint heard and wrote, newest first."""
    page = content_logs.listing(
        service,
        principal,
        id,
        corrected=corrected,
        text=text,
        most_confidence=confidence,
        skip=paging.skip,
        top=paging.top,
    )
    return paging.listed(page, [_log(entry, at) for entry in page.values])


@router.post(
    "/endpoints/{id}/logs/dataset",
    operation_id="Logs_MakeDataset",
    status_code=201,
    response_model_exclude_none=True,
)
def make_dataset(
    id: str,
    wanted: LogsToLearn,
    response: Response,
    service: ServiceOf,
    principal: Managing,
    at: At,
) -> DatasetDocument:
    """Make a data set of what an endpoint heard and people corrected, to learn from."""
    dataset = content_logs.make_dataset(
        service,
        principal,
        id,
        name=wanted.display_name,
        series_id=wanted.series_id,
        ids=wanted.logs,
        uncorrected=wanted.uncorrected,
        description=wanted.description,
    )
    response.headers["Location"] = at.v3("datasets", dataset.id)
    return dataset_document(dataset, at)


@router.get("/logs/{id}", operation_id="Logs_Get")
def get_log(id: str, service: ServiceOf, principal: Managing, at: At) -> LogDocument:
    """One entry."""
    return _log(content_logs.get(service, principal, id), at)


@router.patch("/logs/{id}", operation_id="Logs_Correct")
def correct_log(
    id: str, wanted: LogCorrection, service: ServiceOf, principal: Managing, at: At
) -> LogDocument:
    """Write down what was really said."""
    return _log(content_logs.correct(service, principal, id, wanted.corrected), at)


@router.delete("/logs/{id}", operation_id="Logs_Delete", status_code=204)
def delete_log(id: str, service: ServiceOf, principal: Managing) -> None:
    """Forget an entry, its audio included."""
    content_logs.delete(service, principal, id)


@router.get(
    "/logs/{id}/audio",
    operation_id="Logs_Audio",
    response_class=Response,
    responses=FILE_RESPONSE,
)
def get_audio(id: str, request: Request, service: ServiceOf, principal: Managing) -> Response:
    """What was heard, to listen to."""
    return send(request, content_logs.audio(service, principal, id), inline=True)
