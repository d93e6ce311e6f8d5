"""Events as JSON. Times in seconds from the beginning of the audio, and the client's offset."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attune.keyword import Accepted, Rejected
from attune.recognize import Final, Partial, Result, SpeechStart, Word
from attune.service.recognition import SessionEvent

__all__ = ["event_json", "result_json"]


def event_json(event: SessionEvent, offset: float = 0.0) -> dict[str, Any]:
    """The message for an event, whose times are `offset` later."""
    match event:
        case SpeechStart(time):
            return {"type": "speech_start", "time": _time(time, offset)}
        case Partial():
            return {
                "type": "partial",
                "text": event.text,
                "words": _words(event.words, offset),
                "stable": event.stable,
                "time": _time(event.time, offset),
            }
        case Final(result, reason):
            return {"type": "final", **result_json(result, offset), "reason": reason}
        case Accepted(_, verdict) | Rejected(_, verdict):
            return {
                "type": "accepted" if verdict.accepted else "rejected",
                "keyword": verdict.keyword,
                "score": round(verdict.score, 3),
                "threshold": round(verdict.threshold, 3),
            }


def result_json(result: Result, offset: float = 0.0) -> dict[str, Any]:
    """A result without its utterances."""
    return {
        "text": result.text,
        "lexical": result.lexical,
        "confidence": result.confidence,
        "start": _time(result.start, offset),
        "end": _time(result.end, offset),
        "words": _words(result.words, offset),
        "tokens": [{"text": t.text, "first": t.first, "last": t.last} for t in result.tokens],
        "alternatives": [
            {
                "text": each.text,
                "lexical": each.lexical,
                "score": each.score,
                "confidence": each.confidence,
            }
            for each in result.alternatives
        ],
    }


def _words(words: Sequence[Word], offset: float) -> list[dict[str, Any]]:
    return [
        {
            "text": word.text,
            "start": _time(word.start, offset),
            "end": _time(word.end, offset),
            "confidence": word.confidence,
        }
        for word in words
    ]


def _time(seconds: float, offset: float) -> float:
    return round(seconds + offset, 3)
