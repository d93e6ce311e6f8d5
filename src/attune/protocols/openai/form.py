"""Multipart forms with one file, which goes to disk while it arrives."""

from __future__ import annotations

import asyncio
import io
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from attune.errors import InputError
from attune.protocols.bodies import allow_body
from attune.protocols.openai.failures import BadParameter
from attune.service.blob_places import storing
from attune.service.errors import TooLarge
from attune.service.fields import file_name

__all__ = ["Form", "received_form"]

_MOST_FIELDS = 1000
_FIELD_BYTES = 64 * 1024
_FIELDS_BYTES = 512 * 1024
_WRITE_BYTES = 256 * 1024


@dataclass
class Form:
    """The fields of a form, each with all of its values, and its file.

    `file` has no name in any folder and is gone when it is closed.
    """

    file: io.FileIO
    fields: dict[str, list[str]] = field(default_factory=dict)
    has_file: bool = False

    def text(self, name: str) -> str | None:
        """The last value of a field; None without one."""
        values = self.fields.get(name)
        return values[-1] if values else None

    def values(self, name: str) -> list[str]:
        """All values of a field, however its name is written for several."""
        return [*self.fields.get(name, ()), *self.fields.get(f"{name}[]", ())]


@asynccontextmanager
async def received_form(request: Request, folder: Path, file_bytes: int) -> AsyncIterator[Form]:
    """The form that a request brings; its file lies in `folder` until the context ends.

    Memory does not grow with the file. InputError for another body, BadParameter for a form without
    a `file`, TooLarge over `file_bytes` and for long fields, StorageFull.
    """
    kind, options = parse_options_header(request.headers.get("content-type"))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise InputError("send multipart/form-data with the recording as its field file")
    allow_body(request, file_bytes + _FIELDS_BYTES)
    with storing("the folder of uploads"):
        file = await asyncio.to_thread(_nameless_file, folder)
    with file:
        try:
            reading = _Reading(Form(file), options[b"boundary"])
            async for piece in request.stream():
                await reading.accept(piece)
            form = await reading.finish()
        except FormParserError:
            raise InputError("the form is damaged: send multipart/form-data") from None
        if not form.has_file:
            raise BadParameter("file", "there is none: send the recording as a file of the form")
        file.seek(0)
        yield form


def _nameless_file(folder: Path) -> io.FileIO:
    folder.mkdir(parents=True, exist_ok=True)
    file = tempfile.TemporaryFile(buffering=0, dir=folder)  # noqa: SIM115 - the caller closes it
    assert isinstance(file, io.FileIO)
    return file


class _Reading:
    """A form on its way in."""

    def __init__(self, form: Form, boundary: bytes) -> None:
        self._form = form
        self._fields_left = _FIELDS_BYTES
        self._count = 0
        self._header, self._value, self._disposition = b"", b"", b""
        self._name = ""
        self._in_file = self._ended = False
        self._text = bytearray()
        self._unwritten = bytearray()
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._part_begin,
                "on_header_field": self._header_field,
                "on_header_value": self._header_value,
                "on_header_end": self._header_end,
                "on_headers_finished": self._headers_finished,
                "on_part_data": self._part_data,
                "on_part_end": self._part_end,
                "on_end": self._end,
            },
        )

    async def accept(self, piece: bytes) -> None:
        """Take more of the body."""
        self._parser.write(piece)
        if len(self._unwritten) >= _WRITE_BYTES:
            await self._write()

    async def finish(self) -> Form:
        """Take the end of the body."""
        self._parser.finalize()
        if not self._ended:
            raise InputError("the form is cut short: send it again")
        await self._write()
        return self._form

    async def _write(self) -> None:
        with storing("the folder of uploads"):
            await asyncio.to_thread(_write_all, self._form.file, bytes(self._unwritten))
        self._unwritten.clear()

    def _part_begin(self) -> None:
        self._count += 1
        if self._count > _MOST_FIELDS:
            raise InputError(f"a form of more than {_MOST_FIELDS} fields: send fewer")
        self._disposition, self._name, self._in_file = b"", "", False
        self._text.clear()

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header = self._value = b""

    def _headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        if self._name != "file":
            return
        if self._form.has_file:
            raise BadParameter("file", "there are several: send one recording at a time")
        self._in_file = self._form.has_file = True
        name = options.get(b"filename", b"").decode("utf-8", "replace")
        # Messages about the recording begin with the name of its file.
        self._form.file.name = file_name(name, "file")

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self._unwritten += data[start:end]
            return
        self._fields_left -= end - start
        self._text += data[start:end]
        if self._fields_left < 0 or len(self._text) > _FIELD_BYTES:
            raise TooLarge(f"{self._name[:80]}: longer than {_FIELD_BYTES} bytes: shorten it")

    def _part_end(self) -> None:
        if not self._in_file and self._name:
            text = self._text.decode("utf-8", "replace")
            self._form.fields.setdefault(self._name, []).append(text)

    def _end(self) -> None:
        self._ended = True


def _write_all(file: io.FileIO, data: bytes) -> None:
    view = memoryview(data)
    while len(view):
        view = view[file.write(view) :]
