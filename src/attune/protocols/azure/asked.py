"""What a client asks for: in the address, and in the `speech.context` of a turn."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from attune.errors import InputError
from attune.protocols.azure.ticks import seconds_of
from attune.recognize import Options, Phrase
from attune.service.access import Principal
from attune.service.recognition import ClientKeyword, RecognitionRequest
from attune.text import PROFANITY_MODES, normalize

__all__ = ["MODES", "Asked", "Mode"]

Mode = Literal["interactive", "conversation", "dictation"]
MODES: tuple[Mode, ...] = ("interactive", "conversation", "dictation")

_LEAST_SILENCE, _MOST_SILENCE = 0.1, 60.0
_LEAST_INITIAL, _MOST_INITIAL = 0.5, 3600.0
_INTERACTIVE_INITIAL = 5.0
_LEAST_UTTERANCE, _MOST_UTTERANCE = 2.0, 60.0
_LONGEST_FORCED = 70.0
_MOST_BIAS = 10.0
_LATEST_TICKS = 10**15


@dataclass(frozen=True, slots=True)
class Asked:
    """How to recognise and what to tell. Times in seconds; None: as the model has it.

    `interactive` turns end with their first utterance, others with their audio. `initial_silence`
    is how long an utterance may not begin, `end_silence` what ends it, `longest` where it is cut.
    `stable_only`: interim results show only words that will stay.
    """

    mode: Mode = "interactive"
    language: str = "en-US"
    endpoint_id: str | None = None
    detailed: bool = False
    word_times: bool = False
    word_confidence: bool = False
    profanity: str = "masked"
    initial_silence: float | None = None
    end_silence: float | None = None
    longest: float | None = None
    stable_only: bool = False
    phrases: tuple[Phrase, ...] = ()
    keyword: ClientKeyword | None = None

    @classmethod
    def of_query(cls, query: Mapping[str, str], mode: str) -> Asked:
        """What the address says; InputError naming what is wrong in it."""
        if "," in query.get("lidEnabled", ""):
            raise _several_languages()
        format = query.get("format", "simple").lower()
        if format not in ("simple", "detailed"):
            raise InputError(f"format {format[:20]!r}: use simple or detailed")
        initial, end = query.get("initialSilenceTimeoutMs"), query.get("endSilenceTimeoutMs")
        word_times = _yes(query, "wordLevelTimestamps")
        word_confidence = _yes(query, "wordLevelConfidence")
        return cls(
            mode=_mode(mode),
            language=query.get("language", "en-US"),
            endpoint_id=query.get("cid") or None,
            detailed=format == "detailed" or word_times or word_confidence,
            word_times=word_times,
            word_confidence=word_confidence,
            profanity=_profanity(query.get("profanity", "masked")),
            initial_silence=_initial(initial, "initialSilenceTimeoutMs"),
            end_silence=_silence(end, "endSilenceTimeoutMs"),
            stable_only=query.get("stableIntermediateThreshold", "0") not in ("", "0"),
        )

    def changed(self, context: Mapping[str, Any]) -> Asked:
        """This with what a `speech.context` says; InputError naming what is wrong in it."""
        if len(_list(_object(context, "languageId"), "languages")) > 1:
            raise _several_languages()
        detection = _object(context, "phraseDetection")
        output = _object(context, "phraseOutput")
        enrichment = _object(detection, "enrichment")
        if "pronunciationAssessment" in enrichment:
            raise InputError("pronunciationAssessment: pronunciation is not assessed here")
        details = _list(_object(output, "detailed"), "options")
        mode = _mode(str(detection.get("mode") or self.mode))
        segmentation = _object(_object(detection, mode.upper()), "segmentation")
        pause = segmentation.get("segmentationSilenceTimeoutMs")
        trailing = detection.get("trailingSilenceTimeout")
        longest = segmentation.get("segmentationForcedTimeoutMs")
        initial = detection.get("initialSilenceTimeout")
        threshold = _object(output, "interimResults").get("stableThreshold", 0)
        return replace(
            self,
            mode=mode,
            language=str(detection.get("language") or self.language),
            detailed=self.detailed or str(output.get("format", "")).lower() == "detailed",
            word_times=self.word_times or "WordTimings" in details,
            word_confidence=self.word_confidence or "WordConfidence" in details,
            profanity=_profanity(str(enrichment.get("profanity") or self.profanity)),
            initial_silence=_or(_initial(initial, "initialSilenceTimeout"), self.initial_silence),
            end_silence=_or(
                _silence(pause, "segmentationSilenceTimeoutMs"),
                _or(_silence(trailing, "trailingSilenceTimeout"), self.end_silence),
            ),
            longest=_or(_longest(longest), self.longest),
            stable_only=self.stable_only or threshold not in (0, "0"),
            phrases=_phrases(_object(context, "dgi")),
            keyword=_keyword(_list(context, "keywordDetection")),
        )

    @property
    def removes_profanity(self) -> bool:
        """Whether what is left of a result may be nothing."""
        return self.profanity == "removed"

    @property
    def patience(self) -> float | None:
        """How long a turn waits for speech, in seconds of audio; None: to its end."""
        if self.initial_silence is None and self.mode == "interactive":
            return _INTERACTIVE_INITIAL
        return self.initial_silence

    def request(self, principal: Principal) -> RecognitionRequest:
        """What to ask recognition for."""
        options: dict[str, object] = {"profanity": self.profanity}
        if self.end_silence is not None:
            options["end_silence"] = self.end_silence
        if self.longest is not None:
            options["max_utterance"] = self.longest
        return RecognitionRequest(
            principal,
            self.endpoint_id,
            None,
            self.language,
            self.phrases,
            options,
            keyword=self.keyword,
        )


def _or(value: float | None, otherwise: float | None) -> float | None:
    return otherwise if value is None else value


def _several_languages() -> InputError:
    return InputError(
        "several languages to choose from: languages are not identified here, give one"
    )


def _mode(name: str) -> Mode:
    for mode in MODES:
        if mode == name.lower():
            return mode
    raise InputError(f"mode {name[:20]!r}: use interactive, conversation or dictation")


def _profanity(name: str) -> str:
    if name.lower() not in PROFANITY_MODES:
        raise InputError(f"profanity {name[:20]!r}: use masked, removed or raw")
    return name.lower()


def _yes(query: Mapping[str, str], name: str) -> bool:
    value = query.get(name, "false").lower()
    if value not in ("true", "false"):
        raise InputError(f"{name} {value[:20]!r}: use true or false")
    return value == "true"


def _initial(value: object, name: str) -> float | None:
    seconds = _milliseconds(value, name)
    if seconds is None or seconds == 0:  # 0: no limit.
        return None
    return min(max(seconds, _LEAST_INITIAL), _MOST_INITIAL)


def _silence(value: object, name: str) -> float | None:
    seconds = _milliseconds(value, name)
    return None if seconds is None else min(max(seconds, _LEAST_SILENCE), _MOST_SILENCE)


def _longest(value: object) -> float | None:
    name = "segmentationForcedTimeoutMs"
    seconds = _milliseconds(value, name)
    if seconds is None:
        return None
    if not _LEAST_UTTERANCE <= seconds <= _LONGEST_FORCED:
        raise InputError(f"{name} {seconds * 1000:g}: give 2000 to 70000")
    return min(seconds, _MOST_UTTERANCE)


def _milliseconds(value: object, name: str) -> float | None:
    """A time of some milliseconds in seconds, given as a number or its text; None for None."""
    if value is None:
        return None
    try:
        number = float(str(value)[:20])
    except ValueError:
        number = math.nan
    if not 0 <= number <= 1000 * _MOST_INITIAL:
        raise InputError(f"{name} {str(value)[:20]!r} is not a number of milliseconds")
    return number / 1000


def _phrases(grammar: Mapping[str, Any]) -> tuple[Phrase, ...]:
    """The texts of a phrase list; its weight, where there is one, scales their boost."""
    bias = grammar.get("bias", 1.0)
    if isinstance(bias, bool) or not isinstance(bias, int | float) or not 0 <= bias <= _MOST_BIAS:
        raise InputError(f"dgi: bias {str(bias)[:20]!r} is not a number from 0 to {_MOST_BIAS:g}")
    boost = None if bias == 1 else bias * Options().phrase_boost
    found = {}
    for group in _list(grammar, "Groups"):
        for item in _list(_mapping(group, "dgi: Groups"), "Items"):
            text = _mapping(item, "dgi: Items").get("Text", "")
            if not isinstance(text, str):
                raise InputError("dgi: the Text of a phrase is no text")
            if normalize(text):
                found[text] = Phrase(text, boost)
    return tuple(found.values())


def _keyword(detections: list[Any]) -> ClientKeyword | None:
    for detection in detections:
        spotted = _list(_mapping(detection, "keywordDetection"), "clientDetectedKeywords")
        if spotted:
            keywords = [_mapping(each, "clientDetectedKeywords") for each in spotted]
            begin = _ticks(keywords[0].get("offset"), "offset")
            end = begin + _ticks(keywords[0].get("duration"), "duration")
            texts = tuple(str(each.get("text", "")) for each in keywords)
            return ClientKeyword(texts, begin, end)
    return None


def _ticks(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < _LATEST_TICKS:
        raise InputError(f"clientDetectedKeywords: {name} is not a time in ticks of 100 ns")
    return seconds_of(value)


def _object(within: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = within.get(name)
    return {} if value is None else _mapping(value, name)


def _mapping(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InputError(f"{name} is not a JSON object")
    return value


def _list(within: Mapping[str, Any], name: str) -> list[Any]:
    value = within.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise InputError(f"{name} is not a JSON array")
    return value
