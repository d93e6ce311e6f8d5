"""What belongs to the things that a service manages. Times are in UTC, lengths in seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from attune.client.management.reading import id_in, moment, optional_moment
from attune.client.management.records import Status

__all__ = [
    "AuditEntry",
    "CurvePoint",
    "Job",
    "JobEvent",
    "Key",
    "LogEntry",
    "NewKey",
    "PhraseCurve",
    "ResultFile",
    "Scope",
    "TestedUtterance",
    "Token",
    "Upload",
    "Utterance",
]

Json = Mapping[str, Any]
Scope = Literal["recognise", "manage", "admin"]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on its way to the service; sizes in bytes. `sha256` is of its content, once known."""

    id: str
    name: str
    size: int
    received: int
    complete: bool
    sha256: str | None

    @classmethod
    def read(cls, value: Json) -> Upload:
        """From the API's JSON."""
        return cls(
            value["id"],
            value["displayName"],
            value["size"],
            value["received"],
            value["status"] == "Succeeded",
            value["sha256"],
        )


@dataclass(frozen=True, slots=True)
class Utterance:
    """A recording of a data set and what is said in it."""

    number: int
    name: str
    seconds: float
    speaker: str
    text: str

    @classmethod
    def read(cls, value: Json) -> Utterance:
        """From the API's JSON."""
        return cls(
            value["number"], value["name"], value["seconds"], value["speaker"], value["text"]
        )


@dataclass(frozen=True, slots=True)
class TestedUtterance:
    """A recording of an evaluation; `models` has what each model made of it: lexical, display,
    wer, substitutions, deletions, insertions, alignment, …"""

    number: int
    name: str
    speaker: str
    seconds: float
    reference: str | None
    models: tuple[Json, ...] = field(repr=False)

    @classmethod
    def read(cls, value: Json) -> TestedUtterance:
        """From the API's JSON."""
        return cls(
            value["number"],
            value["name"],
            value["speaker"],
            value["seconds"],
            value["reference"],
            tuple(value["models"]),
        )


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """A point of a training curve: what `data` holds depends on what is learnt."""

    time: datetime
    data: Json

    @classmethod
    def read(cls, value: Json) -> CurvePoint:
        """From the API's JSON."""
        return cls(moment(value["time"]), value["data"])


@dataclass(frozen=True, slots=True)
class PhraseCurve:
    """How a keyword's phrase trades false accepts for missed ones, over `hours` without it.

    `points` have sensitivity, threshold, falseAcceptsPerHour and correctAccepts, which is the share
    of `positives`: their count, and who said them (saidBy); None where it is not known.
    """

    phrase: str
    sensitivity: float
    hours: float
    points: tuple[Json, ...] = field(repr=False)
    measured: tuple[Json, ...] = field(repr=False)
    positives: Json | None = None

    @classmethod
    def read(cls, value: Json) -> PhraseCurve:
        """From the API's JSON."""
        return cls(
            value["phrase"],
            value["sensitivity"],
            value["hours"],
            tuple(value["points"]),
            tuple(value["measured"]),
            value.get("positives"),  # servers of older versions do not tell them
        )


@dataclass(frozen=True, slots=True)
class ResultFile:
    """A file of results. `path` is where its content is; `size` in bytes, where it is known."""

    id: str
    name: str
    kind: str
    created: datetime
    size: int | None
    path: str

    @classmethod
    def read(cls, value: Json) -> ResultFile:
        """From the API's JSON."""
        _, _, behind = value["links"]["contentUrl"].partition("://")
        return cls(
            str(id_in(value)),
            value["name"],
            value["kind"],
            moment(value["createdDateTime"]),
            value["properties"].get("size"),
            f"/{behind.partition('/')[2]}",
        )


@dataclass(frozen=True, slots=True)
class LogEntry:
    """Something that an endpoint heard and wrote; `corrected` is what a person made of it."""

    id: str
    created: datetime
    seconds: float
    text: str
    lexical: str
    confidence: float
    corrected: str | None
    model_id: str | None

    @classmethod
    def read(cls, value: Json) -> LogEntry:
        """From the API's JSON."""
        return cls(
            value["id"],
            moment(value["createdDateTime"]),
            value["seconds"],
            value["text"],
            value["lexical"],
            value["confidence"],
            value["corrected"],
            id_in(value["model"]),
        )


@dataclass(frozen=True, slots=True)
class Job:
    """Work that takes time. `progress` is 0 to 1; `eta_seconds` are left, where that is known."""

    id: str
    kind: str
    status: Status
    reason: str
    stage: str
    progress: float
    eta_seconds: float | None
    attempt: int
    cancelled: bool
    subject_kind: str
    subject_id: str
    created: datetime
    started: datetime | None
    ended: datetime | None

    @classmethod
    def read(cls, value: Json) -> Job:
        """From the API's JSON."""
        return cls(
            value["id"],
            value["kind"],
            value["status"],
            value["reason"],
            value["stage"],
            value["progress"],
            value["etaSeconds"],
            value["attempt"],
            value["cancelled"],
            value["subject"]["kind"],
            value["subject"]["id"],
            moment(value["createdDateTime"]),
            optional_moment(value["startedDateTime"]),
            optional_moment(value["endedDateTime"]),
        )


@dataclass(frozen=True, slots=True)
class JobEvent:
    """Something that a job told on its way."""

    id: int
    time: datetime
    name: str
    data: Json

    @classmethod
    def read(cls, value: Json) -> JobEvent:
        """From the API's JSON."""
        return cls(value["id"], moment(value["time"]), value["name"], value["data"])


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what to what."""

    id: int
    time: datetime
    actor: str
    action: str
    kind: str
    subject: str
    detail: Json

    @classmethod
    def read(cls, value: Json) -> AuditEntry:
        """From the API's JSON."""
        return cls(
            value["id"],
            moment(value["time"]),
            value["actor"],
            value["action"],
            value["kind"],
            value["subject"],
            value["detail"],
        )


@dataclass(frozen=True, slots=True)
class Key:
    """A key, without its secret: `prefix` is how it begins."""

    id: str
    name: str
    scope: Scope
    prefix: str
    project_id: str | None
    created: datetime
    used: datetime | None
    expires: datetime | None
    revoked: datetime | None

    @classmethod
    def read(cls, value: Json) -> Key:
        """From the API's JSON."""
        return cls(
            value["id"],
            value["name"],
            value["scope"],
            value["prefix"],
            id_in(value["project"]),
            moment(value["createdDateTime"]),
            optional_moment(value["usedDateTime"]),
            optional_moment(value["expires"]),
            optional_moment(value["revoked"]),
        )


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made; its `secret` is shown this once."""

    key: Key
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Token:
    """A short-lived stand-in for a key."""

    token: str = field(repr=False)
    expires_in: float
