"""What a service manages, as its clients see it. Times are in UTC, lengths in seconds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeVar

from attune.client.management.reading import id_in, moment

__all__ = [
    "Dataset",
    "Endpoint",
    "Evaluation",
    "Keyword",
    "Made",
    "Model",
    "Project",
    "Status",
    "Thing",
    "Transcription",
]

Status = Literal["NotStarted", "Running", "Succeeded", "Failed"]
Json = Mapping[str, Any]
T = TypeVar("T", bound="Thing")


@dataclass(frozen=True, slots=True)
class Thing:
    """What everything has: `custom` are properties of the caller's own."""

    id: str
    name: str
    description: str
    language: str
    created: datetime
    changed: datetime
    status: Status
    custom: Mapping[str, str]

    @classmethod
    def read(cls: type[T], value: Json) -> T:
        """From the API's JSON."""
        common: dict[str, Any] = {
            "id": id_in(value),
            "name": value["displayName"],
            "description": value.get("description") or "",
            "language": value["locale"],
            "created": moment(value["createdDateTime"]),
            "changed": moment(value["lastActionDateTime"]),
            "status": value["status"],
            "custom": dict(value.get("customProperties") or {}),
        }
        return cls(**common, **cls._own(value))

    @staticmethod
    def _own(value: Json) -> dict[str, Any]:
        """What it has besides."""
        return {}


@dataclass(frozen=True, slots=True)
class Made(Thing):
    """What a job makes: `reason` says why it failed, empty when it did not."""

    reason: str


@dataclass(frozen=True, slots=True)
class Project(Thing):
    """What belongs together, and how much of it there is: `models` are recognisers."""

    datasets: int
    models: int
    keywords: int
    evaluations: int
    endpoints: int
    transcriptions: int

    @staticmethod
    def _own(value: Json) -> dict[str, Any]:
        counts = value["properties"]
        kinds = ("dataset", "model", "keyword", "evaluation", "endpoint", "transcription")
        return {f"{kind}s": counts[f"{kind}Count"] for kind in kinds}


@dataclass(frozen=True, slots=True)
class Dataset(Made):
    """One version of a data set. `passed` and `failed` count recordings or lines; `series_id` is
    the same for all versions."""

    project_id: str
    kind: str
    passed: int
    failed: int
    seconds: float
    series_id: str
    version: int
    source_name: str

    @staticmethod
    def _own(value: Json) -> dict[str, Any]:
        about = value["properties"]
        return {
            "reason": _reason(value),
            "project_id": id_in(value["project"]),
            "kind": value["kind"],
            "passed": about["acceptedLineCount"],
            "failed": about["rejectedLineCount"],
            "seconds": _seconds(about["duration"]),
            "series_id": about["seriesId"],
            "version": about["version"],
            "source_name": about["sourceName"],
        }


@dataclass(frozen=True, slots=True)
class Model(Made):
    """A recogniser (or a keyword, in a lineage); `project_id` is None for those that come with the
    service. `card` is what to know before relying on it."""

    project_id: str | None
    kind: str
    base_id: str | None
    dataset_ids: tuple[str, ...]
    text: str
    method: str | None
    unsupervised: bool
    card: Json = field(repr=False)

    @staticmethod
    def _own(value: Json) -> dict[str, Any]:
        about = value["properties"]
        return {
            "reason": _reason(value),
            "project_id": id_in(value.get("project")),
            "kind": about["kind"],
            "base_id": id_in(value.get("baseModel")),
            "dataset_ids": tuple(id_in(each) for each in value.get("datasets") or ()),
            "text": value.get("text") or "",
            "method": about.get("method"),
            "unsupervised": bool(about.get("unsupervised")),
            "card": about.get("card") or {},
        }


@dataclass(frozen=True, slots=True)
class Keyword(Made):
    """A model that listens for `phrases`, each with its pronunciations."""

    project_id: str
    type: Literal["basic", "advanced"]
    phrases: Mapping[str, tuple[str, ...]]
    sensitivity: float
    card: Json = field(repr=False)

    @staticmethod
    def _own(value: Json) -> dict[str, Any]:
        about = value["properties"]
        return {
            "reason": _reason(value),
            "project_id": id_in(value["project"]),
            "type": about["type"],
            "phrases": {each["text"]: tuple(each["pronunciations"]) for each in about["phrases"]},
            "sensitivity": about["sensitivity"],
            "card": about.get("card") or {},
        }


@dataclass(frozen=True, slots=True)
class Evaluation(Made):
    """One model or two on a data set. `figures` are named as in REST v3, with 1 or 2 at the end:
    `wordErrorRate1` (a share; -1 until it is known), …"""

    project_id: str
    kind: Literal["Evaluation", "Inspection"]
    dataset_id: str
    model1_id: str
    model2_id: str | None
    figures: Json = field(repr=False)

    @staticmethod
    def _own(value: Json) -> dict[str, Any]:
        about = dict(value["properties"])
        kind = about.pop("testingKind")
        about.pop("error", None)
        return {
            "reason": _reason(value),
            "project_id": id_in(value["project"]),
            "kind": kind,
            "dataset_id": id_in(value["dataset"]),
            "model1_id": id_in(value["model1"]),
            "model2_id": id_in(value.get("model2")),
            "figures": about,
        }


@dataclass(frozen=True, slots=True)
class Endpoint(Thing):
    """An address at which models recognise: `shares` of the traffic by the models' ids. What it
    hears is kept for `retention_days` when `logging` is on."""

    project_id: str
    shares: Mapping[str, float]
    logging: bool
    retention_days: int
    max_streams: int
    links: Mapping[str, str] = field(repr=False)

    @staticmethod
    def _own(value: Json) -> dict[str, Any]:
        about = value["properties"]
        return {
            "project_id": id_in(value["project"]),
            "shares": {id_in(each["model"]): each["weight"] for each in value["models"]},
            "logging": about["loggingEnabled"],
            "retention_days": about["retentionDays"],
            "max_streams": about["maxStreams"],
            "links": dict(value["links"]),
        }


@dataclass(frozen=True, slots=True)
class Transcription(Made):
    """A batch of recordings."""

    project_id: str | None
    model_id: str

    @staticmethod
    def _own(value: Json) -> dict[str, Any]:
        return {
            "reason": _reason(value),
            "project_id": id_in(value.get("project")),
            "model_id": id_in(value["model"]),
        }


def _reason(value: Json) -> str:
    error = value["properties"].get("error")
    return "" if error is None else str(error["message"])


_DURATION = re.compile(
    r"P(?:(?P<days>[\d.]+)D)?(?:T(?:(?P<hours>[\d.]+)H)?(?:(?P<minutes>[\d.]+)M)?(?:(?P<seconds>[\d.]+)S)?)?"
)
_UNITS = {"days": 86_400.0, "hours": 3_600.0, "minutes": 60.0, "seconds": 1.0}


def _seconds(duration: str) -> float:
    """The seconds of a time such as PT1H2M3.5S."""
    found = _DURATION.fullmatch(duration)
    assert found is not None
    return sum(float(found[unit] or 0) * length for unit, length in _UNITS.items())
