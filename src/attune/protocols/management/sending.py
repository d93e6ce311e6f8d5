"""Files as answers: whole or the range that was asked for, so that players can jump."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from attune.service.downloads import Download

__all__ = ["FILE_RESPONSE", "send"]

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")

FILE_RESPONSE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file.",
        "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
    },
    206: {
        "description": "The part of the file that `Range` asked for.",
        "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
    },
    416: {"description": "There is no such part."},
}
"""For the OpenAPI document of routes that send files."""


def send(request: Request, download: Download, *, inline: bool = False) -> Response:
    """The answer for a download; with `inline` it is to be shown or played, not saved."""
    headers = {
        "Accept-Ranges": "bytes",
        "Content-Disposition": f"{'inline' if inline else 'attachment'}; "
        f"filename*=UTF-8''{quote(download.name, safe='')}",
    }
    wanted = _RANGE.fullmatch(request.headers.get("Range", ""))
    if wanted is None or not any(wanted.groups()):
        headers["Content-Length"] = str(download.size)
        return StreamingResponse(download.chunks(), headers=headers, media_type=download.media_type)
    first, last = wanted.groups()
    start = int(first) if first else max(0, download.size - int(last))
    stop = min(int(last) + 1, download.size) if first and last else download.size
    if start >= stop:
        download.stream.close()
        return Response(status_code=416, headers={"Content-Range": f"bytes */{download.size}"})
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{download.size}"
    headers["Content-Length"] = str(stop - start)
    return StreamingResponse(
        download.chunks(start, stop), 206, headers=headers, media_type=download.media_type
    )
