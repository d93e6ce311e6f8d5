"""Events from a connection, read within limits.

The package's own reader takes as much as a header announces, and raises what Python does for one
that is damaged; so events are read here, and are the package's from then on.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from wyoming.event import Event

from attune.errors import InputError

__all__ = ["HEADER_BYTES", "read_event"]

HEADER_BYTES = 64 * 1024
"""The longest first line of an event."""


async def read_event(reader: asyncio.StreamReader, most_bytes: int) -> Event | None:
    """The next event: a line of JSON, more JSON data, and a payload; None at the end.

    `most_bytes` may follow the line. InputError for anything else, also an event that is cut short;
    `reader` has a limit of HEADER_BYTES.
    """
    try:
        line = await reader.readline()
    except ValueError:
        raise InputError(f"an event whose first line is over {HEADER_BYTES} bytes") from None
    if not line:
        return None
    header = _object(line)
    kind = header.get("type")
    if not isinstance(kind, str):
        raise InputError("an event without a type")
    data = header.get("data") or {}
    if not isinstance(data, dict):
        raise InputError("an event whose data is no object")
    data_length = _length(header, "data_length")
    payload_length = _length(header, "payload_length")
    if data_length + payload_length > most_bytes:
        raise InputError(
            f"an event of {data_length + payload_length} bytes: send at most {most_bytes} at once"
        )
    try:
        if data_length:
            data |= _object(await reader.readexactly(data_length))
        payload = await reader.readexactly(payload_length) if payload_length else None
    except asyncio.IncompleteReadError:
        raise InputError("an event that is cut short") from None
    return Event(kind, data, payload)


def _object(text: bytes) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise InputError("an event that is no JSON") from None
    if not isinstance(value, dict):
        raise InputError("an event that is no JSON object")
    return value


def _length(header: dict[str, Any], name: str) -> int:
    length = header.get(name) or 0
    if not isinstance(length, int) or length < 0:
        raise InputError(f"an event whose {name} is no number of bytes")
    return length
