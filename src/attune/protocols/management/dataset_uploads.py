"""Uploading data sets as REST v3 has it: as a form, or in blocks."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile

from attune.errors import InputError
from attune.protocols.bodies import allow_body
from attune.protocols.credentials import Managing, ServiceOf
from attune.protocols.management.addresses import At, reference_id
from attune.protocols.management.datasets import DatasetDocument, dataset_document
from attune.protocols.management.shapes import Reference, Shape, Text
from attune.service import datasets
from attune.service.access import Principal
from attune.service.errors import TooLarge
from attune.service.service import Service
from attune.service.tables import Dataset

__all__ = ["router"]

router = APIRouter(tags=["Datasets"])

_FIELDS_BYTES = 2**20
_PIECE = 2**20


class CommitBlock(Shape):
    """A block to take."""

    kind: Literal["Latest"] = "Latest"
    id: Text = Field(examples=["block-1"])


class UploadedBlock(Shape):
    """A block that came."""

    name: str
    size: int


class UploadedBlocks(Shape):
    """The blocks of a data set."""

    committed_blocks: list[UploadedBlock]
    uncommitted_blocks: list[UploadedBlock]


_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["displayName", "kind", "project", "data"],
                    "properties": {
                        "displayName": {"type": "string"},
                        "kind": {"type": "string", "enum": list(datasets.DATASET_KINDS)},
                        "project": {
                            "type": "string",
                            "description": "The address or the id of the project.",
                        },
                        "locale": {"type": "string"},
                        "description": {"type": "string"},
                        "data": {"type": "string", "format": "binary"},
                        "transcript": {
                            "type": "string",
                            "format": "binary",
                            "description": "A table of transcripts, where the zip holds none.",
                        },
                    },
                }
            }
        },
    }
}
_BLOCK = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.post(
    "/datasets/upload",
    operation_id="Datasets_Upload",
    status_code=201,
    response_model_exclude_none=True,
    openapi_extra=_FORM,
)
async def upload_dataset(
    request: Request, response: Response, service: ServiceOf, principal: Managing, at: At
) -> DatasetDocument:
    """Make a data set of a file that comes with the request, as multipart/form-data."""
    allow_body(request, service.settings.limits.upload + _FIELDS_BYTES)
    if not request.headers.get("Content-Type", "").startswith("multipart/form-data"):
        raise InputError("send the fields and the file as multipart/form-data")
    async with request.form(max_files=2, max_fields=20) as form:
        dataset = await run_in_threadpool(_create, service, principal, form)
    response.headers["Location"] = at.v3("datasets", dataset.id)
    return dataset_document(dataset, at)


def _create(service: Service, principal: Principal, form: FormData) -> Dataset:
    data, transcript = form.get("data"), form.get("transcript")
    if not isinstance(data, UploadFile):
        raise InputError("data is missing: send the file as the field `data`")
    project_id = reference_id(Reference(address=_text(form, "project")), "project")
    return datasets.create(
        service,
        principal,
        project_id,
        name=_text(form, "displayName"),
        kind=_text(form, "kind"),
        language=_text(form, "locale", "") or None,
        description=_text(form, "description", ""),
        upload_id=_upload(service, principal, data, project_id),
        transcript_upload_id=_upload(service, principal, transcript, project_id)
        if isinstance(transcript, UploadFile)
        else None,
    )


def _upload(service: Service, principal: Principal, file: UploadFile, project_id: str) -> str:
    name = (file.filename or "data").replace("\\", "/").rpartition("/")[2] or "data"
    upload = service.uploads.create(
        principal, name=name, size=file.size or 0, project_id=project_id
    )
    with service.uploads.writing(principal, upload.id, 0) as writer:
        while piece := file.file.read(_PIECE):
            writer.write(piece)
    return service.uploads.finish(principal, upload.id).id


def _text(form: FormData, name: str, default: str | None = None) -> str:
    value = form.get(name, default)
    if not isinstance(value, str):
        raise InputError(f"{name} is missing: send it as a field of the form")
    return value


@router.get(
    "/datasets/{id}/blocks", operation_id="Datasets_GetBlocks", response_model_exclude_none=True
)
def get_blocks(id: str, service: ServiceOf, principal: Managing) -> UploadedBlocks:
    """The blocks that came and wait to be put together."""
    found = datasets.blocks(service, principal, id)
    waiting = [UploadedBlock(name=block.name, size=block.size) for block in found]
    return UploadedBlocks(committed_blocks=[], uncommitted_blocks=waiting)


@router.put(
    "/datasets/{id}/blocks",
    operation_id="Datasets_UploadBlock",
    status_code=201,
    response_class=Response,
    openapi_extra=_BLOCK,
)
async def put_block(
    id: str,
    request: Request,
    service: ServiceOf,
    principal: Managing,
    blockid: Annotated[str, Query(min_length=1, max_length=128)],
) -> Response:
    """Send a block, in any order; the same name again replaces it."""
    content = await request.body()
    if len(content) > service.settings.limits.body:
        raise TooLarge(f"a block has at most {service.settings.limits.body} bytes")
    await run_in_threadpool(datasets.put_block, service, principal, id, blockid, content)
    return Response(status_code=201)


@router.post(
    "/datasets/{id}/blocks:commit",
    operation_id="Datasets_CommitBlocks",
    status_code=202,
    response_model_exclude_none=True,
)
def commit_blocks(
    id: str, blocks: list[CommitBlock], service: ServiceOf, principal: Managing, at: At
) -> DatasetDocument:
    """Put blocks together in this order; then the data set is imported."""
    names = [block.id for block in blocks]
    return dataset_document(datasets.commit_blocks(service, principal, id, names), at)
