"""Results as the JSON that the Speech SDK and the REST API for short audio have in common."""

from __future__ import annotations

from typing import Any

from attune.protocols.azure.asked import Asked
from attune.protocols.azure.ticks import ticks
from attune.protocols.azure.written_forms import itn_of, itn_of_words, masked_itn
from attune.recognize import Alternative, Result, Word

__all__ = ["nothing", "phrase"]


def phrase(result: Result, asked: Asked) -> dict[str, Any]:
    """What was recognised. Times in ticks from the start of the audio, over what was said."""
    start, end = _span(result)
    found: dict[str, Any] = {
        "RecognitionStatus": "Success",
        "DisplayText": result.text,
        "Offset": ticks(start),
        "Duration": ticks(end) - ticks(start),
    }
    if asked.detailed:
        found["NBest"] = _readings(result, asked)
    return found


def nothing(status: str, offset: float, duration: float = 0.0) -> dict[str, Any]:
    """No speech, and why: NoMatch, InitialSilenceTimeout, BabbleTimeout, EndOfDictation; times in
    seconds."""
    return {
        "RecognitionStatus": status,
        "Offset": ticks(offset),
        "Duration": ticks(duration),
    }


def _readings(result: Result, asked: Asked) -> list[dict[str, Any]]:
    best: dict[str, Any] = {
        "Confidence": result.confidence,
        "Lexical": result.lexical,
        "ITN": itn_of(result),
        "MaskedITN": masked_itn(result.text),
        "Display": result.text,
    }
    if asked.word_times or asked.word_confidence:
        best["Words"] = [_word(word, asked) for word in result.words]
    if asked.word_times:
        best["DisplayWords"] = _display_words(result)
    others = [each for each in result.alternatives[1:] if each.lexical]
    return [best, *(_reading(each) for each in others)]


def _reading(alternative: Alternative) -> dict[str, Any]:
    return {
        "Confidence": alternative.confidence,
        "Lexical": alternative.lexical,
        "ITN": itn_of_words(alternative.lexical),
        "MaskedITN": masked_itn(alternative.text),
        "Display": alternative.text,
    }


def _word(word: Word, asked: Asked) -> dict[str, Any]:
    found: dict[str, Any] = {"Word": word.text, **_times(word.start, word.end)}
    if asked.word_confidence:
        found["Confidence"] = word.confidence
    return found


def _display_words(result: Result) -> list[dict[str, Any]]:
    return [
        {
            "DisplayText": token.text,
            **_times(result.words[token.first].start, result.words[token.last - 1].end),
        }
        for token in result.tokens
    ]


def _times(start: float, end: float) -> dict[str, int]:
    return {"Offset": ticks(start), "Duration": ticks(end) - ticks(start)}


def _span(result: Result) -> tuple[float, float]:
    if not result.words:
        return result.start, result.end
    return result.words[0].start, result.words[-1].end
