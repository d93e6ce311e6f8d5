"""Frames of the Speech SDK's WebSocket protocol: headers, an empty line, a body.

A text frame is just that. A binary frame begins with the length of its headers, two bytes, big
endian; its body is audio, and an empty one ends it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from attune.errors import InputError

__all__ = ["BinaryFrame", "Frame", "TextFrame", "read_binary", "read_text"]

_MOST_HEADERS = 8192
_REQUEST_ID = re.compile(r"[0-9a-zA-Z-]{1,64}")
_BLANK_LINE = re.compile(r"\r?\n\r?\n")
_LINE = re.compile(r"\r?\n")


@dataclass(frozen=True, slots=True)
class Frame:
    """What both kinds have: the message's name, its turn's id ("" without one), other headers."""

    path: str
    request_id: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TextFrame(Frame):
    """A message in words."""

    body: str = ""

    def write(self) -> str:
        """The frame as it goes over the wire."""
        return f"{_written(self)}\r\n{self.body}"


@dataclass(frozen=True, slots=True)
class BinaryFrame(Frame):
    """A piece of audio."""

    body: bytes = b""

    def write(self) -> bytes:
        """The frame as it goes over the wire."""
        headers = _written(self).encode()
        return len(headers).to_bytes(2, "big") + headers + self.body


def read_text(data: str) -> TextFrame:
    """The frame in a text message; InputError for anything else."""
    end = _BLANK_LINE.search(data[: _MOST_HEADERS + 4])
    if end is None:
        raise InputError("a message without the empty line that ends its headers")
    path, request_id, headers = _read(data[: end.start()])
    return TextFrame(path, request_id, headers, data[end.end() :])


def read_binary(data: bytes) -> BinaryFrame:
    """The frame in a binary message; InputError for anything else."""
    size = int.from_bytes(data[:2], "big")
    if len(data) < 2 or size > min(len(data) - 2, _MOST_HEADERS):
        raise InputError("a binary message whose headers are longer than it is, or than 8 KiB")
    try:
        text = data[2 : 2 + size].decode()
    except UnicodeDecodeError:
        raise InputError("a binary message whose headers are no text") from None
    path, request_id, headers = _read(text)
    return BinaryFrame(path, request_id, headers, data[2 + size :])


def _read(text: str) -> tuple[str, str, dict[str, str]]:
    """The path, the request's id and the other headers, with names in lower case."""
    headers = {}
    for line in _LINE.split(text.strip("\r\n")):
        name, colon, value = line.partition(":")
        if not colon:
            raise InputError(f"a header without a colon: {line[:40]!r}")
        headers[name.strip().lower()] = value.strip()
    path = headers.pop("path", "").lower()
    if not path:
        raise InputError("a message without the header Path")
    request_id = headers.pop("x-requestid", "")
    if request_id and not _REQUEST_ID.fullmatch(request_id):
        raise InputError(f"X-RequestId {request_id[:40]!r} is not an id")
    return path, request_id, headers


def _written(frame: Frame) -> str:
    lines = [f"Path:{frame.path}"]
    if frame.request_id:
        lines.append(f"X-RequestId:{frame.request_id}")
    lines += [f"{name}:{value}" for name, value in frame.headers.items()]
    return "".join(f"{line}\r\n" for line in lines)
