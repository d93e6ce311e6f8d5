"""Finished transcripts as text for people and as JSON-ready values for machines."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from attune.bundle import Bundle
    from attune.recognize import Alternative, Result, Word

__all__ = ["Format", "TextStyle", "Transcript", "bundle_to_json", "text_lines"]


class Format(StrEnum):
    """What transcripts are written as."""

    TEXT = "text"
    JSON = "json"
    SRT = "srt"
    VTT = "vtt"


@dataclass(frozen=True, slots=True)
class TextStyle:
    """What text output shows of each utterance.

    `words`: a table of words with times and confidence. `alternatives`: how many readings, the
    first included. `prefix` begins each line of text. `colour`: unsure words stand out.
    """

    words: bool = False
    alternatives: int = 1
    prefix: str = ""
    colour: bool = False


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was heard in one recording of `seconds`: its utterances in order."""

    name: str
    seconds: float
    utterances: tuple[Result, ...]

    @property
    def words(self) -> tuple[Word, ...]:
        """The words of all utterances."""
        return tuple(word for result in self.utterances for word in result.words)

    @property
    def confidence(self) -> float:
        """The mean of the utterances' confidences, each counting with its words; 0 for silence."""
        weights = [len(result.words) for result in self.utterances]
        total = sum(
            weight * result.confidence
            for weight, result in zip(weights, self.utterances, strict=True)
        )
        return total / sum(weights) if sum(weights) else 0.0

    def to_json(self) -> dict[str, Any]:
        """The recording as a JSON-ready dictionary; times in seconds."""
        return {
            "path": self.name,
            "seconds": round(self.seconds, 3),
            "text": _joined(result.text for result in self.utterances),
            "lexical": _joined(result.lexical for result in self.utterances),
            "confidence": round(self.confidence, 4),
            "words": [_word_to_json(word) for word in self.words],
            "utterances": [utterance_to_json(result) for result in self.utterances],
        }

    def to_text(self, style: TextStyle) -> str:
        """The recording for people: a line for each utterance, and what else `style` asks for."""
        return "".join(
            f"{line}\n" for result in self.utterances for line in text_lines(result, style)
        )


def utterance_to_json(result: Result) -> dict[str, Any]:
    """One utterance as a JSON-ready dictionary."""
    return {
        "start": round(result.start, 3),
        "end": round(result.end, 3),
        "text": result.text,
        "lexical": result.lexical,
        "confidence": round(result.confidence, 4),
        "words": [_word_to_json(word) for word in result.words],
        "alternatives": [_alternative_to_json(reading) for reading in result.alternatives],
    }


def text_lines(result: Result, style: TextStyle) -> list[str]:
    """One utterance for people; nothing for one without words."""
    if not result.text:
        return []
    lines = [style.prefix + result.text]
    for place, reading in enumerate(result.alternatives[: style.alternatives], start=1):
        if style.alternatives > 1:
            lines.append(
                f"  {place:2d}  {reading.confidence:4.2f}  {reading.score:9.2f}  {reading.text}"
            )
    if style.words:
        lines.append("     start       end  confidence  word")
        lines += [_word_line(word, style.colour) for word in result.words]
        lines.append("")
    return lines


def _word_line(word: Word, colour: bool) -> str:
    text = word.text
    if colour and word.confidence < 0.8:
        text = f"\x1b[{'31' if word.confidence < 0.5 else '33'}m{text}\x1b[0m"
    return f"  {word.start:8.2f}  {word.end:8.2f}  {word.confidence:10.2f}  {text}"


def bundle_to_json(bundle: Bundle) -> dict[str, str]:
    """Which model it was, for the head of a document."""
    description = bundle.description
    return {
        "name": description.name,
        "version": description.version,
        "language": description.language,
        "hash": bundle.hash,
    }


def _joined(texts: Iterable[str]) -> str:
    return " ".join(text for text in texts if text)


def _word_to_json(word: Word) -> dict[str, Any]:
    return {
        "text": word.text,
        "start": round(word.start, 3),
        "end": round(word.end, 3),
        "confidence": round(word.confidence, 4),
    }


def _alternative_to_json(reading: Alternative) -> dict[str, Any]:
    return {
        "text": reading.text,
        "lexical": reading.lexical,
        "score": round(reading.score, 4),
        "confidence": round(reading.confidence, 4),
    }
