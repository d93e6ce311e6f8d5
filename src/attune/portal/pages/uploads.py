"""Files on their way in, in pieces, so that a lost connection costs a piece at most."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from attune.errors import InputError
from attune.portal.routing import Pages
from attune.portal.visits import Visit
from attune.service.tables import Upload

__all__ = ["pages"]

pages = Pages()


def _told(upload: Upload) -> Response:
    return JSONResponse(
        {
            "id": upload.id,
            "received": upload.received,
            "size": upload.size,
            "complete": upload.blob_hash is not None,
        },
        headers={"Cache-Control": "no-store"},
    )


@pages.post("/projects/{project}/uploads")
def begin(visit: Visit) -> Response:
    """Announce a file by its name and size."""
    size = int(visit.number("size", 0))
    upload = visit.service.uploads.create(
        visit.principal, name=visit.text("name"), size=size, project_id=visit.project.id
    )
    return _told(upload)


@pages.get("/projects/{project}/uploads/{upload}")
def stand(visit: Visit) -> Response:
    """How much of a file has come."""
    return _told(visit.service.uploads.get(visit.principal, visit.path["upload"]))


@pages.post("/projects/{project}/uploads/{upload}")
def go_on(visit: Visit) -> Response:
    """Take the next piece, at the place that the address names; the last one completes the file."""
    uploads, id = visit.service.uploads, visit.path["upload"]
    if not visit.body:
        raise InputError("the piece of the file is empty: send it again")
    place = int(visit.number("place", 0))
    with uploads.writing(visit.principal, id, place) as writer:
        writer.write(visit.body)
    upload = uploads.get(visit.principal, id)
    if upload.received == upload.size:
        upload = uploads.finish(visit.principal, id)
    return _told(upload)


@pages.post("/projects/{project}/uploads/{upload}/cancel")
def forget(visit: Visit) -> Response:
    """Forget a file that is on its way."""
    visit.service.uploads.cancel(visit.principal, visit.path["upload"])
    return Response(status_code=204)
