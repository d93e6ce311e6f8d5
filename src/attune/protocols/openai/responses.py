"""What the transcription endpoint answers: results in the formats that OpenAI's API has."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from attune.recognize import Result, Word
from attune.recognize.cues import build_cues, format_srt, format_vtt

__all__ = [
    "json_document",
    "language_name",
    "logprobs",
    "subtitles",
    "utterances_of",
    "verbose_document",
]

_LEAST_CONFIDENCE = 1e-4
_NAMES = {"de": "german", "en": "english", "es": "spanish", "fr": "french", "zh": "chinese"}
_SENTENCE_ENDS = (".", "?", "!", "…", "。")
_EDGES = '.,;:!?…"“”„()[]'


def utterances_of(result: Result) -> tuple[Result, ...]:
    """The utterances of a result in which something was said."""
    return tuple(one for one in (result.utterances or (result,)) if one.words)


def language_name(tag: str) -> str:
    """The language of a tag such as en-US as OpenAI names it; the tag where it has no name here."""
    return _NAMES.get(tag.split("-")[0].lower(), tag)


def json_document(result: Result, seconds: float, *, with_logprobs: bool) -> dict[str, Any]:
    """`json`: the text, the length of the audio as usage, and where asked for the logprobs."""
    document: dict[str, Any] = {"text": result.text, "usage": _usage(seconds)}
    if with_logprobs:
        document["logprobs"] = [one for each in utterances_of(result) for one in logprobs(each)]
    return document


def verbose_document(
    result: Result, seconds: float, language: str, granularities: Sequence[str]
) -> dict[str, Any]:
    """`verbose_json`: sentences as segments and display words, as `granularities` ask."""
    document: dict[str, Any] = {
        "task": "transcribe",
        "language": language_name(language),
        "duration": round(seconds, 3),
        "text": result.text,
        "usage": _usage(seconds),
    }
    spoken = utterances_of(result)
    if "word" in granularities:
        document["words"] = [word for one in spoken for word in _display_words(one)]
    if "segment" in granularities:
        sentences = [sentence for one in spoken for sentence in _sentences(one)]
        document["segments"] = [_segment(place, one) for place, one in enumerate(sentences)]
    return document


def subtitles(result: Result, response_format: str) -> str:
    """`srt` or `vtt`."""
    write = format_srt if response_format == "srt" else format_vtt
    return write(build_cues(utterances_of(result)))


def logprobs(result: Result, *, goes_on: bool = False) -> list[dict[str, Any]]:
    """The display tokens of an utterance with the log of their confidence.

    Joined, the tokens are the text; with `goes_on` they follow on another utterance's.
    """
    found = []
    for place, token in enumerate(result.tokens):
        text = token.text if place == 0 and not goes_on else f" {token.text}"
        said = result.words[token.first : token.last]
        found.append(
            {
                "token": text,
                "bytes": list(text.encode()),
                "logprob": round(sum(_log(word) for word in said), 4),
            }
        )
    return found


def _usage(seconds: float) -> dict[str, Any]:
    return {"type": "duration", "seconds": round(seconds, 3)}


def _display_words(result: Result) -> list[dict[str, Any]]:
    """Words as they are written, without the punctuation around them, which nobody says."""
    return [
        {
            "word": token.text.strip(_EDGES) or token.text,
            "start": result.words[token.first].start,
            "end": result.words[token.last - 1].end,
        }
        for token in result.tokens
        if token.last > token.first
    ]


@dataclass(frozen=True, slots=True)
class _Sentence:
    text: str
    words: tuple[Word, ...]


def _sentences(result: Result) -> Iterator[_Sentence]:
    """An utterance cut where a sentence ends: it may be as long as a breath lasts, or longer."""
    texts: list[str] = []
    first = 0
    for token in result.tokens:
        texts.append(token.text)
        whole = token is result.tokens[-1] or token.text.endswith(_SENTENCE_ENDS)
        if whole and token.last > first:
            yield _Sentence(" ".join(texts), result.words[first : token.last])
            texts, first = [], token.last


def _segment(place: int, sentence: _Sentence) -> dict[str, Any]:
    """A sentence with the figures that clients of Whisper judge a segment by."""
    words, text = sentence.words, sentence.text.encode()
    return {
        "id": place,
        "seek": round(words[0].start * 100),  # frames of 10 ms
        "start": words[0].start,
        "end": words[-1].end,
        "text": sentence.text,
        "tokens": [],
        "temperature": 0.0,
        "avg_logprob": round(sum(map(_log, words)) / len(words), 4),
        "compression_ratio": round(len(text) / len(zlib.compress(text)), 4),
        "no_speech_prob": 0.0,  # words were heard
    }


def _log(word: Word) -> float:
    return math.log(max(word.confidence, _LEAST_CONFIDENCE))
