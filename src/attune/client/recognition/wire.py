"""The messages of the native stream protocol (docs/api.md) as values, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from attune.client.recognition.events import Accepted, Rejected, RemoteEvent
from attune.recognize import (
    Alternative,
    Final,
    Partial,
    Phrase,
    Result,
    SpeechStart,
    Token,
    Word,
)

__all__ = [
    "Keyword",
    "Wishes",
    "later",
    "later_words",
    "read_event",
    "read_result",
    "start_message",
    "written_phrases",
]


@dataclass(frozen=True, slots=True)
class Keyword:
    """The keywords that a stream may open with, and where one was spotted, in seconds."""

    texts: tuple[str, ...]
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a stream is to be recognised; `options` are fields of `attune.Options`."""

    phrases: tuple[str | Phrase, ...] = ()
    options: Mapping[str, object] = field(default_factory=dict)
    partials: bool = True
    keyword: Keyword | None = None

    def with_keyword(self, keyword: Keyword) -> Wishes:
        """These, of a stream that opens with a keyword."""
        return replace(self, keyword=keyword)


def start_message(wishes: Wishes, origin: float, sample_rate: int) -> dict[str, Any]:
    """What a connection begins with whose first sample is `origin` seconds into the stream."""
    message: dict[str, Any] = {
        "type": "start",
        "encoding": "s16le",
        "rate": sample_rate,
        "partials": wishes.partials,
        "phrases": written_phrases(wishes.phrases),
        "options": dict(wishes.options),
    }
    keyword = wishes.keyword
    if keyword is not None and keyword.end > origin:
        message["keyword"] = {
            "texts": list(keyword.texts),
            "start": round(max(0.0, keyword.start - origin), 3),
            "end": round(keyword.end - origin, 3),
        }
    return message


def written_phrases(phrases: Sequence[str | Phrase]) -> list[Any]:
    """Phrases as JSON."""
    return [
        phrase
        if isinstance(phrase, str)
        else {
            "text": phrase.text,
            "boost": phrase.boost,
            "pronunciations": [" ".join(phones) for phones in phrase.pronunciations],
        }
        for phrase in phrases
    ]


def read_event(message: Mapping[str, Any], origin: float) -> RemoteEvent | None:
    """The event that a message tells, in the stream's time; None for a message that tells none."""
    match message["type"]:
        case "speech_start":
            return SpeechStart(round(message["time"] + origin, 3))
        case "partial":
            return Partial(
                message["text"],
                _words(message["words"], origin),
                message["stable"],
                round(message["time"] + origin, 3),
            )
        case "final":
            return Final(read_result(message, origin), message["reason"])
        case "accepted":
            return Accepted(*_verdict(message))
        case "rejected":
            return Rejected(*_verdict(message))
    return None


def read_result(value: Mapping[str, Any], origin: float = 0.0) -> Result:
    """A result from JSON, its times later by `origin` seconds."""
    return Result(
        text=value["text"],
        lexical=value["lexical"],
        words=_words(value["words"], origin),
        tokens=tuple(Token(t["text"], t["first"], t["last"]) for t in value["tokens"]),
        alternatives=tuple(
            Alternative(a["text"], a["lexical"], a["score"], a["confidence"])
            for a in value["alternatives"]
        ),
        confidence=value["confidence"],
        start=round(value["start"] + origin, 3),
        end=round(value["end"] + origin, 3),
        utterances=tuple(read_result(each, origin) for each in value.get("utterances", ())),
    )


def later(result: Result, seconds: float) -> Result:
    """A result whose times are later by `seconds`."""
    return replace(
        result,
        words=later_words(result.words, seconds),
        start=round(result.start + seconds, 3),
        end=round(result.end + seconds, 3),
        utterances=tuple(later(each, seconds) for each in result.utterances),
    )


def later_words(words: Sequence[Word], seconds: float) -> tuple[Word, ...]:
    """Words whose times are later by `seconds`."""
    return tuple(
        replace(w, start=round(w.start + seconds, 3), end=round(w.end + seconds, 3)) for w in words
    )


def _words(values: Sequence[Mapping[str, Any]], origin: float) -> tuple[Word, ...]:
    return tuple(
        Word(
            w["text"],
            round(w["start"] + origin, 3),
            round(w["end"] + origin, 3),
            w["confidence"],
        )
        for w in values
    )


def _verdict(message: Mapping[str, Any]) -> tuple[str, float, float]:
    return message["keyword"], message["score"], message["threshold"]
