"""What a client wants recognised, and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from attune.errors import InputError
from attune.recognize import Phrase
from attune.service.access import Principal

__all__ = ["ClientKeyword", "RecognitionRequest"]

_MOST_TEXTS = 8
_LONGEST_KEYWORD = 10.0


@dataclass(frozen=True, slots=True)
class ClientKeyword:
    """A keyword that a client spotted and wants verified: it is one of `texts`, said from `start`
    to `end` seconds of the stream.

    InputError for times or texts that no keyword has.
    """

    texts: tuple[str, ...]
    start: float
    end: float

    def __post_init__(self) -> None:
        if not 1 <= len(self.texts) <= _MOST_TEXTS:
            raise InputError(f"keyword: {len(self.texts)} texts: give 1 to {_MOST_TEXTS}")
        if not 0.0 <= self.start < self.end <= self.start + _LONGEST_KEYWORD:
            raise InputError(
                f"keyword: from {self.start} s to {self.end} s of the stream: give times of a "
                f"keyword of at most {_LONGEST_KEYWORD:g} s"
            )


@dataclass(frozen=True, slots=True)
class RecognitionRequest:
    """By whom, by which endpoint or model (both None: the base model of `language`), and how.

    `phrases` are expected; `options` names fields of `attune.Options` and their values; `partials`
    asks for interim results; `keyword` is to be verified, and ends the stream where it was none.
    """

    principal: Principal
    endpoint_id: str | None = None
    model_id: str | None = None
    language: str | None = None
    phrases: tuple[str | Phrase, ...] = ()
    options: Mapping[str, object] = field(default_factory=dict)
    partials: bool = True
    keyword: ClientKeyword | None = None
