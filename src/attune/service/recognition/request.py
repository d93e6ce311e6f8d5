"""What a client wants recognised, and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from attune.recognize import Phrase
from attune.service.access import Principal

__all__ = ["RecognitionRequest"]


@dataclass(frozen=True, slots=True)
class RecognitionRequest:
    """By whom, by which endpoint or model (both None: the base model of `language`), and how.

    `phrases` are expected; `options` names fields of `attune.Options` and their values; `partials`
    asks for interim results.
    """

    principal: Principal
    endpoint_id: str | None = None
    model_id: str | None = None
    language: str | None = None
    phrases: tuple[str | Phrase, ...] = ()
    options: Mapping[str, object] = field(default_factory=dict)
    partials: bool = True
