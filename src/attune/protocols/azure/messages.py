"""What the server sends in a turn, each message as its JSON and its frame."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from attune.protocols.azure.frames import TextFrame
from attune.protocols.azure.ticks import ticks

__all__ = [
    "EndDetected",
    "Hypothesis",
    "KeywordVerdict",
    "Phrase",
    "ServerMessage",
    "StartDetected",
    "TurnEnd",
    "TurnStart",
]


@dataclass(frozen=True, slots=True)
class ServerMessage:
    """A message of the server. Times in seconds from the start of the turn's audio."""

    path: ClassVar[str]

    def body(self) -> Mapping[str, Any]:
        """Its JSON."""
        return {}

    def frame(self, request_id: str) -> TextFrame:
        """Its frame in the turn of a request."""
        text = json.dumps(self.body(), ensure_ascii=False, allow_nan=False)
        headers = {"Content-Type": "application/json; charset=utf-8"}
        return TextFrame(self.path, request_id, headers, text)


@dataclass(frozen=True, slots=True)
class TurnStart(ServerMessage):
    """A turn begins; `tag` names it in the service."""

    path: ClassVar[str] = "turn.start"
    tag: str = ""

    def body(self) -> Mapping[str, Any]:
        """Its JSON."""
        return {"context": {"serviceTag": self.tag}}


@dataclass(frozen=True, slots=True)
class StartDetected(ServerMessage):
    """Speech begins."""

    path: ClassVar[str] = "speech.startDetected"
    time: float = 0.0

    def body(self) -> Mapping[str, Any]:
        """Its JSON."""
        return {"Offset": ticks(self.time)}


@dataclass(frozen=True, slots=True)
class Hypothesis(ServerMessage):
    """What the current utterance looks like so far."""

    path: ClassVar[str] = "speech.hypothesis"
    text: str = ""
    start: float = 0.0
    end: float = 0.0

    def body(self) -> Mapping[str, Any]:
        """Its JSON."""
        return {
            "Text": self.text,
            "Offset": ticks(self.start),
            "Duration": max(0, ticks(self.end) - ticks(self.start)),
        }


@dataclass(frozen=True, slots=True)
class Phrase(ServerMessage):
    """A result: what an utterance was, that there was none, or that dictation is over."""

    path: ClassVar[str] = "speech.phrase"
    content: Mapping[str, Any]

    def body(self) -> Mapping[str, Any]:
        """Its JSON."""
        return self.content


@dataclass(frozen=True, slots=True)
class KeywordVerdict(ServerMessage):
    """Whether the keyword that the client heard was one."""

    path: ClassVar[str] = "speech.keyword"
    accepted: bool = False
    text: str = ""
    start: float = 0.0
    end: float = 0.0

    def body(self) -> Mapping[str, Any]:
        """Its JSON."""
        return {
            "Status": "Accepted" if self.accepted else "Rejected",
            "Text": self.text,
            "Offset": ticks(self.start),
            "Duration": max(0, ticks(self.end) - ticks(self.start)),
        }


@dataclass(frozen=True, slots=True)
class EndDetected(ServerMessage):
    """Speech is over: the client may stop sending."""

    path: ClassVar[str] = "speech.endDetected"
    time: float = 0.0

    def body(self) -> Mapping[str, Any]:
        """Its JSON."""
        return {"Offset": ticks(self.time)}


@dataclass(frozen=True, slots=True)
class TurnEnd(ServerMessage):
    """A turn is over."""

    path: ClassVar[str] = "turn.end"
