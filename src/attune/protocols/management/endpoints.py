"""Endpoints of REST v3, and what they logged."""

from __future__ import annotations

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
)
from attune.protocols.management.describing import changes, common
from attune.protocols.management.sending import FILE_RESPONSE, send
from attune.protocols.management.shapes import (
    Change,
    CustomProperties,
    FileDocument,
    FileLinks,
    FileProperties,
    Listed,
    Reference,
    Shape,
    Text,
    Thing,
)
from attune.service import content_logs, endpoints, models
from attune.service.access import Principal
from attune.service.errors import NotFound
from attune.service.service import Service
from attune.service.tables import Endpoint, LogEntry

__all__ = ["EndpointDocument", "endpoint_document", "endpoint_page", "router"]

router = APIRouter(tags=["Endpoints"])


class EndpointLinks(Shape):
    """Where to recognise, over HTTP and WebSocket, and where the logs are."""

    logs: str
    rest_interactive: str
    rest_conversation: str
    rest_dictation: str
    web_socket_interactive: str
    web_socket_conversation: str
    web_socket_dictation: str
    web_socket_attune: str = Field(description="Attune's own protocol.")


class Share(Shape):
    """A model and its share of the traffic."""

    model: Reference
    weight: float = Field(default=1.0, gt=0, le=1_000_000, examples=[90])


class EndpointProperties(Shape):
    """How an endpoint serves."""

    logging_enabled: bool
    retention_days: int = Field(description="How long what it logs is kept.")
    max_streams: int = Field(description="More at once are refused with 429.")


class EndpointDocument(Thing):
    """An address at which models recognise. `model` is the one with the largest share."""

    model: Reference
    models: list[Share]
    project: Reference
    links: EndpointLinks
    properties: EndpointProperties


class WantedEndpointProperties(Shape):
    """How an endpoint shall serve."""

    logging_enabled: bool | None = Field(
        default=None,
        description="Keep audio and transcripts. Off by default.",
    )
    retention_days: int | None = Field(default=None, ge=1, le=3650)
    max_streams: int | None = Field(default=None, ge=1, le=10_000)


class NewEndpoint(Shape):
    """An endpoint to make."""

    display_name: Text = Field(examples=["Kitchen assistant"])
    project: Reference | None = Field(default=None, description="A key of one needs none.")
    locale: Text | None = None
    model: Reference
    description: Text = ""
    properties: WantedEndpointProperties = WantedEndpointProperties()
    custom_properties: CustomProperties | None = None


class EndpointChange(Change):
    """What of an endpoint can be changed."""

    model: Reference | None = Field(
        default=None, description="Swaps the model: streams that run are not disturbed."
    )
    properties: WantedEndpointProperties = WantedEndpointProperties()


def endpoint_document(endpoint: Endpoint, at: Addresses) -> EndpointDocument:
    """A row as a document."""
    address = at.v3("endpoints", endpoint.id)
    recognise = f"{at.host}/speech/recognition/{{}}/cognitiveservices/v1?cid={endpoint.id}"
    socket = recognise.replace("http", "ws", 1)
    shares = [
        Share(model=at.reference("models", one.model_id), weight=one.weight)
        for one in sorted(endpoint.models, key=lambda one: -one.weight)
    ]
    return EndpointDocument(
        **common(endpoint, address),
        model=shares[0].model,
        models=shares,
        project=at.reference("projects", endpoint.project_id),
        links=EndpointLinks(
            logs=f"{address}/files/logs",
            rest_interactive=recognise.format("interactive"),
            rest_conversation=recognise.format("conversation"),
            rest_dictation=recognise.format("dictation"),
            web_socket_interactive=socket.format("interactive"),
            web_socket_conversation=socket.format("conversation"),
            web_socket_dictation=socket.format("dictation"),
            web_socket_attune=f"{at.socket}/v1/stream?endpoint={endpoint.id}",
        ),
        properties=EndpointProperties(
            logging_enabled=endpoint.logging,
            retention_days=endpoint.retention_days,
            max_streams=endpoint.max_streams,
        ),
    )


def endpoint_page(
    service: Service, principal: Principal, at: Addresses, paging: Pages, project_id: str | None
) -> Listed[EndpointDocument]:
    """A page of endpoints."""
    page = endpoints.listing(service, principal, project_id=project_id, **paging.arguments)
    return paging.listed(page, [endpoint_document(endpoint, at) for endpoint in page.values])


@router.get("/endpoints", operation_id="Endpoints_List", response_model_exclude_none=True)
def list_endpoints(
    service: ServiceOf, principal: Recognising, at: At, paging: Paging
) -> Listed[EndpointDocument]:
    """The endpoints that the key may use, newest first."""
    return endpoint_page(service, principal, at, paging, None)


@router.post(
    "/endpoints",
    operation_id="Endpoints_Create",
    status_code=201,
    response_model_exclude_none=True,
)
def create_endpoint(
    new: NewEndpoint, response: Response, service: ServiceOf, principal: Managing, at: At
) -> EndpointDocument:
    """Deploy a model: the endpoint serves at once."""
    wanted = new.properties
    endpoint = endpoints.create(
        service,
        principal,
        project_of(new.project, principal),
        name=new.display_name,
        shares={reference_id(new.model, "model"): 1.0},
        max_streams=20 if wanted.max_streams is None else wanted.max_streams,
        logging=bool(wanted.logging_enabled),
        retention_days=30 if wanted.retention_days is None else wanted.retention_days,
        language=new.locale,
        description=new.description,
        custom=new.custom_properties,
    )
    response.headers["Location"] = at.v3("endpoints", endpoint.id)
    return endpoint_document(endpoint, at)


@router.get("/endpoints/locales", operation_id="Endpoints_ListSupportedLocales")
def list_locales(service: ServiceOf, principal: Recognising) -> list[str]:
    """The languages that there is a base model for."""
    found = models.base_models(service, principal, kind="recognizer", top=1000).values
    return sorted({model.language for model in found})


@router.get("/endpoints/{id}", operation_id="Endpoints_Get", response_model_exclude_none=True)
def get_endpoint(id: str, service: ServiceOf, principal: Recognising, at: At) -> EndpointDocument:
    """One endpoint."""
    return endpoint_document(endpoints.get(service, principal, id), at)


@router.patch("/endpoints/{id}", operation_id="Endpoints_Update", response_model_exclude_none=True)
def update_endpoint(
    id: str, change: EndpointChange, service: ServiceOf, principal: Managing, at: At
) -> EndpointDocument:
    """Swap the model of an endpoint without dropping a stream, or change how it serves."""
    if change.model is not None:
        endpoints.deploy(service, principal, id, {reference_id(change.model, "model"): 1.0})
    wanted = change.properties
    endpoint = endpoints.update(
        service,
        principal,
        id,
        **changes(change),
        max_streams=wanted.max_streams,
        logging=wanted.logging_enabled,
        retention_days=wanted.retention_days,
    )
    return endpoint_document(endpoint, at)


@router.delete("/endpoints/{id}", operation_id="Endpoints_Delete", status_code=204)
def delete_endpoint(id: str, service: ServiceOf, principal: Managing) -> None:
    """Take an endpoint away, with all that it logged."""
    endpoints.delete(service, principal, id)


@router.get(
    "/endpoints/{id}/files/logs",
    operation_id="Endpoints_ListLogs",
    response_model_exclude_none=True,
)
def list_logs(
    id: str, service: ServiceOf, principal: Managing, at: At, paging: Paging
) -> Listed[FileDocument]:
    """The recordings that an endpoint kept, newest first."""
    page = content_logs.listing(service, principal, id, skip=paging.skip, top=paging.top)
    return paging.listed(page, [_log_file(service, entry, at) for entry in page.values])


@router.delete("/endpoints/{id}/files/logs", operation_id="Endpoints_DeleteLogs", status_code=204)
def delete_logs(id: str, service: ServiceOf, principal: Managing) -> None:
    """Forget everything that an endpoint kept."""
    content_logs.delete_all(service, principal, id)


@router.get(
    "/endpoints/{id}/files/logs/{logId}",
    operation_id="Endpoints_GetLog",
    response_model_exclude_none=True,
)
def get_log(id: str, logId: str, service: ServiceOf, principal: Managing, at: At) -> FileDocument:
    """One recording that an endpoint kept."""
    return _log_file(service, _entry(service, principal, id, logId), at)


@router.delete(
    "/endpoints/{id}/files/logs/{logId}", operation_id="Endpoints_DeleteLog", status_code=204
)
def delete_log(id: str, logId: str, service: ServiceOf, principal: Managing) -> None:
    """Forget one recording."""
    content_logs.delete(service, principal, _entry(service, principal, id, logId).id)


@router.get(
    "/endpoints/{id}/files/logs/{logId}/content",
    operation_id="Endpoints_DownloadLog",
    response_class=Response,
    responses=FILE_RESPONSE,
)
def download_log(
    id: str, logId: str, request: Request, service: ServiceOf, principal: Managing
) -> Response:
    """The audio of a recording that an endpoint kept."""
    entry = _entry(service, principal, id, logId)
    return send(request, content_logs.audio(service, principal, entry.id))


def _entry(service: Service, principal: Principal, endpoint_id: str, id: str) -> LogEntry:
    entry = content_logs.get(service, principal, id)
    if entry.endpoint_id != endpoint_id.lower():
        raise NotFound("there is no log with this id")
    return entry


def _log_file(service: Service, entry: LogEntry, at: Addresses) -> FileDocument:
    address = at.v3("endpoints", entry.endpoint_id, "files", "logs", entry.id)
    return FileDocument(
        address=address,
        name=f"{entry.id}.flac",
        kind="Audio",
        created_date_time=entry.created,
        properties=FileProperties(size=service.store.size(entry.audio_hash)),
        links=FileLinks(content_url=f"{address}/content"),
    )
