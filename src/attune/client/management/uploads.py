"""Files on their way to the service: in pieces, and on from where a connection broke."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from attune.client.errors import ApiError, Unreachable
from attune.client.exchange import Exchange, Pause, Request, exchange
from attune.client.management.details import Upload
from attune.client.management.reading import OWN, Identified, given, id_of
from attune.client.patience import Patience
from attune.errors import InputError

__all__ = ["Content", "Progress", "UploadCalls", "uploaded"]

Content = str | Path | bytes
"""A file's path, or content."""
Progress = Callable[[Upload], None]
"""Told how far an upload has come, whenever more has arrived; its id serves to resume it."""

_PIECE = 8 * 2**20
_PATIENCE = 120.0  # seconds without a byte after which an upload is given up


class UploadCalls:
    """Uploads, which data sets and batches are made of."""

    @exchange
    def upload(
        self,
        content: Content,
        *,
        name: str | None = None,
        project: Identified | str | None = None,
        progress: Progress | None = None,
    ) -> Exchange[Upload]:
        """Send a file in pieces; `name` is needed for bytes. A connection that breaks, or a server
        that is started anew, costs only the piece that was on its way.

        InputError for a file that cannot be read; RefusedError, ApiError, Unreachable.
        """
        return (yield from uploaded(content, name, project, progress))

    @exchange
    def resume_upload(
        self, upload: Identified | str, content: Content, *, progress: Progress | None = None
    ) -> Exchange[Upload]:
        """Go on with an upload that another program began: `content` is the same file."""
        return (yield from _sent(_Reading(content, None), id_of(upload), progress))

    @exchange
    def upload_state(self, upload: Identified | str) -> Exchange[Upload]:
        """How much of an upload has come."""
        return (yield from _state(id_of(upload)))

    @exchange
    def cancel_upload(self, upload: Identified | str) -> Exchange[None]:
        """Forget an upload."""
        yield Request("DELETE", f"{OWN}/uploads/{id_of(upload)}")


def uploaded(
    content: Content,
    name: str | None,
    project: Identified | str | None,
    progress: Progress | None,
) -> Exchange[Upload]:
    """Send a file as a new upload."""
    reading = _Reading(content, name)
    document = given(
        name=reading.name,
        size=reading.size,
        sha256=reading.sha256(),
        project=None if project is None else id_of(project),
    )
    answer = yield Request("POST", f"{OWN}/uploads", json=document, repeatable=False)
    return (yield from _sent(reading, Upload.read(answer.json()).id, progress))


def _sent(reading: _Reading, id: str, progress: Progress | None) -> Exchange[Upload]:
    state = yield from _state(id)
    if state.size != reading.size:
        raise InputError(
            f"{reading.name}: has {reading.size} bytes, the upload {state.size}: give the file "
            "that it was begun with"
        )
    patience = Patience(_PATIENCE)
    while not state.complete:
        before = state.received
        try:
            if state.received == state.size and state.size:
                answer = yield Request("POST", f"{OWN}/uploads/{id}/finish")
            else:
                answer = yield Request(
                    "PATCH",
                    f"{OWN}/uploads/{id}",
                    content=reading.piece(state.received),
                    headers={
                        "Upload-Offset": str(state.received),
                        "Content-Type": "application/offset+octet-stream",
                    },
                    repeatable=False,
                )
            state = Upload.read(answer.json())
        except (Unreachable, ApiError) as error:
            # A piece that is still being written by a connection that broke is a conflict.
            if isinstance(error, ApiError) and error.status not in (409, 500, 502, 503, 504):
                raise
            pause = patience.pause()
            if pause is None:
                raise
            yield Pause(pause)
            state = yield from _state(id)
        if state.received > before:
            patience.renew()
        if progress is not None:
            progress(state)
    return state


def _state(id: str) -> Exchange[Upload]:
    answer = yield Request("GET", f"{OWN}/uploads/{id}")
    return Upload.read(answer.json())


class _Reading:
    """Bytes to send, whether they lie in a file or in memory."""

    def __init__(self, content: Content, name: str | None) -> None:
        self._bytes = content if isinstance(content, bytes) else None
        self._path = None if isinstance(content, bytes) else Path(content)
        self.name = name or (self._path.name if self._path is not None else "content")
        self.size = len(self._bytes) if self._bytes is not None else self._file_size()

    def piece(self, offset: int) -> bytes:
        """The bytes from `offset` on, as many as are sent together."""
        if self._bytes is not None:
            return self._bytes[offset : offset + _PIECE]
        assert self._path is not None
        try:
            with self._path.open("rb") as file:
                file.seek(offset)
                return file.read(_PIECE)
        except OSError as error:
            raise self._unreadable(error) from error

    def sha256(self) -> str:
        """The hash of the whole, in hexadecimal."""
        digest = hashlib.sha256()
        for offset in range(0, self.size, _PIECE):
            digest.update(self.piece(offset))
        return digest.hexdigest()

    def _file_size(self) -> int:
        assert self._path is not None
        try:
            return self._path.stat().st_size
        except OSError as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: OSError) -> InputError:
        return InputError(f"{self._path}: cannot be read ({error.strerror or error})")
