"""Uploading large files in pieces: `POST`, then `PATCH` at `Upload-Offset`s, as tus has it."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from attune.protocols.bodies import allow_body
from attune.protocols.credentials import Managing, ServiceOf
from attune.service.tables import Upload

__all__ = ["router"]

router = APIRouter(prefix="/attune/v1/uploads", tags=["Uploads"])

_PIECE = 2**20


class NewUpload(BaseModel):
    """A file that will come."""

    name: str = Field(description="Its name, such as recordings.zip.")
    size: int = Field(description="Its bytes.")
    sha256: str | None = Field(None, description="Compared with the whole in the end.")
    project: str | None = Field(None, description="The id of the project that it is for.")


@router.post("", status_code=201)
def create(new: NewUpload, request: Request, service: ServiceOf, principal: Managing) -> Response:
    """Announce a file; then send its bytes to `self` by PATCH."""
    upload = service.uploads.create(
        principal, name=new.name, size=new.size, sha256=new.sha256, project_id=new.project
    )
    return _described(upload, request, 201)


@router.get("/{id}")
def show(id: str, request: Request, service: ServiceOf, principal: Managing) -> Response:
    """How much of a file has come."""
    return _described(service.uploads.get(principal, id), request)


@router.patch(
    "/{id}",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/offset+octet-stream": {"schema": {"type": "string"}}},
        }
    },
)
async def send(
    id: str,
    request: Request,
    service: ServiceOf,
    principal: Managing,
    offset: Annotated[int, Header(alias="Upload-Offset", ge=0)],
) -> Response:
    """Send the bytes from `Upload-Offset` on: all of them or a piece.

    What has come is kept when the connection breaks: ask for `received` and go on from there. With
    the last byte the upload is complete.
    """
    upload = await run_in_threadpool(service.uploads.get, principal, id)
    allow_body(request, upload.size)
    async with AsyncExitStack() as stack:
        writing = service.uploads.writing(principal, id, offset)
        writer = await run_in_threadpool(writing.__enter__)
        stack.push_async_exit(_in_thread(writing.__exit__))
        held = bytearray()
        async for piece in request.stream():
            held += piece
            if len(held) >= _PIECE:
                await run_in_threadpool(writer.write, bytes(held))
                held.clear()
        await run_in_threadpool(writer.write, bytes(held))
    if writer.received == upload.size:
        upload = await run_in_threadpool(service.uploads.finish, principal, id)
    else:
        upload = await run_in_threadpool(service.uploads.get, principal, id)
    return _described(upload, request)


@router.post("/{id}/finish")
def finish(id: str, request: Request, service: ServiceOf, principal: Managing) -> Response:
    """Complete an upload whose last answer was lost; again does nothing."""
    return _described(service.uploads.finish(principal, id), request)


@router.delete("/{id}", status_code=204)
def cancel(id: str, service: ServiceOf, principal: Managing) -> None:
    """Forget an upload."""
    service.uploads.cancel(principal, id)


def _in_thread(exit: Any) -> Any:
    async def leave(*exception: Any) -> Any:
        return await run_in_threadpool(exit, *exception)

    return leave


def _described(upload: Upload, request: Request, status: int = 200) -> Response:
    address = str(request.url_for("show", id=upload.id))
    complete = upload.blob_hash is not None
    content = {
        "self": address,
        "id": upload.id,
        "displayName": upload.name,
        "size": upload.size,
        "received": upload.received,
        "status": "Succeeded" if complete else "Running",
        "sha256": upload.blob_hash or upload.sha256,
    }
    headers = {"Upload-Offset": str(upload.received), "Upload-Length": str(upload.size)}
    if status == 201:
        headers["Location"] = address
    return JSONResponse(content, status, headers)
