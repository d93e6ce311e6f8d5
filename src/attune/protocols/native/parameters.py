"""What a client asks for when it opens a stream, in the query and in its `start` message."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from attune.audio import RawFormat
from attune.errors import InputError
from attune.recognize import Phrase
from attune.service.access import Principal
from attune.service.recognition import ClientKeyword, RecognitionRequest

__all__ = ["StreamParameters"]

_ENCODINGS = ("s16le", "f32le")
_MOST_BOOST = 50.0
_LATEST = 10.0 * 365 * 86_400
_FIELDS = {
    *("type", "rate", "encoding", "channels", "partials", "offset"),
    *("phrases", "options", "keyword"),
}
_YES, _NO = ("1", "true", "yes", ""), ("0", "false", "no")


@dataclass(frozen=True, slots=True)
class StreamParameters:
    """How audio comes (`rate` in Hz, interleaved `channels`), and how it is to be recognised.

    `offset` seconds are added to all times: where a stream goes on that another began.
    """

    endpoint_id: str | None = None
    model_id: str | None = None
    language: str | None = None
    rate: int = 16_000
    encoding: str = "s16le"
    channels: int = 1
    partials: bool = True
    offset: float = 0.0
    phrases: tuple[Phrase, ...] = ()
    options: Mapping[str, object] = field(default_factory=dict)
    keyword: ClientKeyword | None = None

    @classmethod
    def of_query(cls, query: Mapping[str, str]) -> StreamParameters:
        """Those in the address; InputError naming the one that is wrong."""
        return cls(
            endpoint_id=query.get("endpoint") or None,
            model_id=query.get("model") or None,
            language=query.get("language") or None,
            rate=_whole(query.get("rate", "16000"), "rate"),
            encoding=query.get("encoding", "s16le"),
            channels=_whole(query.get("channels", "1"), "channels"),
            partials=_yes(query.get("partials", "1"), "partials"),
            offset=_number(query.get("offset", "0"), "offset", 0.0, _LATEST),
        )

    def changed(self, start: Mapping[str, Any]) -> StreamParameters:
        """These, with those of a `start` message; InputError naming the one that is wrong."""
        unknown = sorted(start.keys() - _FIELDS)
        if unknown:
            raise InputError(f"start: {unknown[0]!r} is unknown: use {', '.join(sorted(_FIELDS))}")
        changes: dict[str, Any] = {}
        for name in ("rate", "channels"):
            if name in start:
                changes[name] = _whole(start[name], name)
        if "encoding" in start:
            changes["encoding"] = start["encoding"]
        if "partials" in start:
            if not isinstance(start["partials"], bool):
                raise InputError("start: partials is not true or false")
            changes["partials"] = start["partials"]
        if "offset" in start:
            changes["offset"] = _number(start["offset"], "offset", 0.0, _LATEST)
        if "phrases" in start:
            changes["phrases"] = tuple(map(_phrase, _list(start["phrases"], "phrases")))
        if "options" in start:
            if not isinstance(start["options"], dict):
                raise InputError("start: options is not an object of names and values")
            changes["options"] = start["options"]
        if start.get("keyword") is not None:
            changes["keyword"] = _keyword(start["keyword"])
        return replace(self, **changes)

    def format(self) -> RawFormat:
        """How the audio's bytes are to be read; InputError for an unknown encoding."""
        if self.encoding not in _ENCODINGS:
            raise InputError(f"encoding {self.encoding!r}: use {' or '.join(_ENCODINGS)}")
        return RawFormat(self.rate, self.channels, self.encoding)

    def request(self, principal: Principal) -> RecognitionRequest:
        """What to ask recognition for."""
        return RecognitionRequest(
            principal,
            self.endpoint_id,
            self.model_id,
            self.language,
            self.phrases,
            self.options,
            self.partials,
            self.keyword,
        )


def _whole(value: object, name: str) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise InputError(f"{name} {value!r} is not a whole number")


def _number(value: object, name: str, low: float, high: float) -> float:
    try:
        number = float(value) if isinstance(value, str | int | float) else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    if isinstance(value, bool) or not low <= number <= high:
        raise InputError(f"{name} {str(value)[:40]!r} is not a number from {low:g} to {high:g}")
    return number


def _yes(value: str, name: str) -> bool:
    if value.lower() not in (*_YES, *_NO):
        raise InputError(f"{name} {value!r} is not 1 or 0")
    return value.lower() in _YES


def _list(value: object, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise InputError(f"start: {name} is not a list")
    return value


def _phrase(value: object) -> Phrase:
    if isinstance(value, str):
        return Phrase(value)
    if not isinstance(value, dict) or not isinstance(value.get("text"), str):
        raise InputError('start: each of phrases is a text or {"text": …, "boost": …}')
    boost = value.get("boost")
    if boost is not None:
        boost = _number(boost, "boost", -_MOST_BOOST, _MOST_BOOST)
    said = _list(value.get("pronunciations", []), "pronunciations")
    if not all(isinstance(one, str) and one.strip() for one in said):
        raise InputError('start: each of pronunciations is phones such as "HH EY AE T L AH S"')
    return Phrase(value["text"], boost, tuple(tuple(one.split()) for one in said))


def _keyword(value: object) -> ClientKeyword:
    if not isinstance(value, dict):
        raise InputError('start: keyword is {"text": …, "start": SECONDS, "end": SECONDS}')
    texts = value.get("texts", [value.get("text")])
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise InputError("start: keyword has neither a text nor texts")
    start, end = (_number(value.get(name), name, 0.0, 3600.0) for name in ("start", "end"))
    return ClientKeyword(tuple(texts), start, end)
