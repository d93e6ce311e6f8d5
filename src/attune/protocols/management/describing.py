"""The common parts of documents, from rows; and times as ISO 8601 writes them."""

from __future__ import annotations

import re
from typing import Any

from attune.errors import InputError
from attune.protocols.management.shapes import Change, Problem
from attune.service.tables import (
    Dataset,
    Endpoint,
    Evaluation,
    Model,
    Project,
    Status,
    Transcription,
)

__all__ = ["changes", "common", "duration", "failure", "seconds_of"]

_DURATION = re.compile(
    r"P(?:(?P<days>\d{1,6})D)?"
    r"(?:T(?:(?P<hours>\d{1,6})H)?(?:(?P<minutes>\d{1,8})M)?(?:(?P<seconds>\d{1,10})S)?)?"
)
_UNITS = {"days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}


def common(
    row: Project | Dataset | Model | Evaluation | Endpoint | Transcription, address: str
) -> dict[str, Any]:
    """The fields of `Thing`."""
    return {
        "address": address,
        "display_name": row.name,
        "description": row.description or None,
        "locale": row.language,
        "created_date_time": row.created,
        "last_action_date_time": row.changed,
        "status": Status.SUCCEEDED if isinstance(row, Project) else row.status,
        "custom_properties": row.custom or None,
    }


def failure(row: Dataset | Model | Evaluation | Transcription) -> Problem | None:
    """Why something failed; None when it did not."""
    if row.status != Status.FAILED:
        return None
    return Problem(code="Failed", message=row.reason or "no reason is known")


def changes(change: Change) -> dict[str, Any]:
    """What a request changes, for the functions that update."""
    return {
        "name": change.display_name,
        "description": change.description,
        "custom": change.custom_properties,
    }


def duration(seconds: float) -> str:
    """Seconds as `PT1H2M3.5S`."""
    whole, rest = divmod(round(seconds, 3), 60)
    hours, minutes = divmod(int(whole), 60)
    parts = f"{hours}H" * bool(hours) + f"{minutes}M" * bool(minutes)
    if rest or not parts:
        parts += f"{rest:.3f}".rstrip("0").rstrip(".") + "S"
    return f"PT{parts}"


def seconds_of(text: str, field: str) -> int:
    """The seconds of a time such as `PT12H` or `P1D`; InputError."""
    found = _DURATION.fullmatch(text)
    if found is None or not any(found.groups()):
        raise InputError(f"{field} {text[:40]!r} is no time: write PT12H, P1D or the like")
    return sum(int(found[unit] or 0) * seconds for unit, seconds in _UNITS.items())
