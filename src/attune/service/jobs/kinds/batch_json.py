"""Results of batch transcription in the published JSON of Speech-to-text REST v3."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from attune.recognize import Alternative, Options, Result, Word
from attune.service.jobs.kinds.written_forms import Forms, Writer

__all__ = ["BatchSettings", "phrase_to_json", "recording_to_json", "report_to_json"]

_TICKS = 10_000_000
"""In a second."""


@dataclass(frozen=True, slots=True)
class BatchSettings:
    """What a batch asks for; `life` is how long its results are kept from the end (None: for
    ever)."""

    word_times: bool = False
    display_times: bool = False
    channels: tuple[int, ...] = (0, 1)
    punctuation: str = "DictatedAndAutomatic"
    profanity: str = "Masked"
    life: timedelta | None = None

    @classmethod
    def read(cls, settings: Mapping[str, Any]) -> BatchSettings:
        """`Transcription.settings`, named as the API names them."""
        return cls(
            settings.get("wordLevelTimestampsEnabled", False),
            settings.get("displayFormWordLevelTimestampsEnabled", False),
            tuple(settings.get("channels", (0, 1))),
            settings.get("punctuationMode", "DictatedAndAutomatic"),
            settings.get("profanityFilterMode", "Masked"),
            _life(settings.get("timeToLive")),
        )

    def options(self, options: Options) -> Options:
        """Recognition with these settings: what is masked is masked when texts are written."""
        return replace(options, formatting=True, profanity="raw")


def _life(text: str | None) -> timedelta | None:
    """A time to live, of whole seconds: PT3600S."""
    return None if text is None else timedelta(seconds=int(text[2:-1]))


def recording_to_json(
    source: str,
    at: datetime,
    seconds: float,
    channels: Sequence[int],
    phrases: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """The result of one recording of so many seconds, of the channels that were heard."""
    ordered = sorted(phrases, key=lambda phrase: (phrase["offsetInTicks"], phrase["channel"]))
    return {
        "source": source,
        "timestamp": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        **_span("duration", seconds),
        "combinedRecognizedPhrases": [
            {
                "channel": channel,
                **{
                    form: " ".join(
                        phrase["nBest"][0][form]
                        for phrase in ordered
                        if phrase["channel"] == channel
                    )
                    for form in ("lexical", "itn", "maskedITN", "display")
                },
            }
            for channel in channels
        ],
        "recognizedPhrases": ordered,
    }


def phrase_to_json(
    result: Result, channel: int, writer: Writer, settings: BatchSettings
) -> dict[str, Any]:
    """One utterance in which something was said."""
    start, end = result.words[0].start, result.words[-1].end
    return {
        "recognitionStatus": "Success",
        "channel": channel,
        **_span("offset", start),
        **_span("duration", end - start),
        "nBest": [
            _reading(result, reading, place == 0, writer, settings)
            for place, reading in enumerate(result.alternatives)
        ],
    }


def _reading(
    result: Result, reading: Alternative, best: bool, writer: Writer, settings: BatchSettings
) -> dict[str, Any]:
    words = result.words if best else ()
    forms = writer.forms(reading.lexical.split(), words, result.end)
    found: dict[str, Any] = {"confidence": reading.confidence, **forms.texts}
    if best and settings.word_times:
        found["words"] = [_word(word) for word in result.words]
    if best and settings.display_times:
        found["displayWords"] = list(_display_words(forms, result.words))
    return found


def _word(word: Word) -> dict[str, Any]:
    return {
        "word": word.text,
        **_span("offset", word.start),
        **_span("duration", word.end - word.start),
        "confidence": word.confidence,
    }


def _display_words(forms: Forms, words: Sequence[Word]) -> Iterable[dict[str, Any]]:
    for text, first, last in forms.tokens:
        start, end = words[first].start, words[last - 1].end
        yield {
            "displayText": text,
            **_span("offset", start),
            **_span("duration", end - start),
        }


def report_to_json(outcomes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The report of a batch; an outcome has `source`, `status`, and `errorMessage` if it failed."""
    failed = sum(outcome["status"] == "Failed" for outcome in outcomes)
    return {
        "successfulTranscriptionsCount": len(outcomes) - failed,
        "failedTranscriptionsCount": failed,
        "details": list(outcomes),
    }


def _span(name: str, seconds: float) -> dict[str, Any]:
    """A time as ISO 8601 and in ticks of 100 ns."""
    ticks = round(seconds * _TICKS)
    text = f"{ticks / _TICKS:.7f}".rstrip("0").rstrip(".")
    return {name: f"PT{text}S", f"{name}InTicks": ticks}
