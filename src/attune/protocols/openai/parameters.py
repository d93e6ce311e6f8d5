"""The parameters of a transcription, read from a form and checked."""

from __future__ import annotations

import math
from dataclasses import dataclass

from attune.protocols.openai.failures import BadParameter
from attune.protocols.openai.form import Form

__all__ = ["FORMATS", "Parameters", "read_parameters"]

FORMATS = ("json", "text", "srt", "verbose_json", "vtt")
_GRANULARITIES = ("segment", "word")
_LONGEST_PROMPT = 10_000


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a client asks for.

    `languages` are those that it expects, any of which will do; `keywords` phrases as they are.
    """

    model: str
    languages: tuple[str, ...]
    prompt: str
    keywords: tuple[str, ...]
    response_format: str
    granularities: tuple[str, ...]
    with_logprobs: bool
    stream: bool


def read_parameters(form: Form) -> Parameters:
    """The parameters of a form; BadParameter says which of them cannot be used.

    `temperature` is checked and has no effect: recognition is not random. `chunking_strategy` has
    none either: recordings are always cut in pauses. Fields that are not known are left aside.
    """
    model = (form.text("model") or "").strip()
    if not model:
        raise BadParameter("model", "there is none: give the name of an endpoint or a model")
    stream = _truth(form, "stream")
    response_format = form.text("response_format") or "json"
    if response_format == "diarized_json":
        raise BadParameter("response_format", "speakers are not told apart: use verbose_json")
    if response_format not in FORMATS:
        raise BadParameter("response_format", f"use one of {', '.join(FORMATS)}")
    if stream and response_format not in ("json", "text"):
        raise BadParameter("stream", f"{response_format} is not streamed: use json")
    granularities = _granularities(form, response_format)
    include = form.values("include")
    if unknown := [one for one in include if one != "logprobs"]:
        raise BadParameter("include", f"{unknown[0][:80]!r} is not known: use logprobs")
    if include and response_format not in ("json", "text"):
        raise BadParameter("include", "logprobs come with the response format json alone")
    _check_temperature(form.text("temperature"))
    prompt = form.text("prompt") or ""
    if len(prompt) > _LONGEST_PROMPT:
        raise BadParameter("prompt", f"longer than {_LONGEST_PROMPT} characters: shorten it")
    languages = [form.text("language") or "", *form.values("languages")]
    return Parameters(
        model=model,
        languages=tuple(one.strip() for one in languages if one.strip()),
        prompt=prompt,
        keywords=tuple(one.strip() for one in form.values("keywords") if one.strip()),
        response_format=response_format,
        granularities=granularities,
        with_logprobs=bool(include),
        stream=stream,
    )


def _truth(form: Form, name: str) -> bool:
    value = (form.text(name) or "false").lower()
    if value not in ("true", "false", "1", "0"):
        raise BadParameter(name, f"{value[:80]!r} is neither true nor false")
    return value in ("true", "1")


def _granularities(form: Form, response_format: str) -> tuple[str, ...]:
    asked = form.values("timestamp_granularities")
    for one in asked:
        if one not in _GRANULARITIES:
            raise BadParameter("timestamp_granularities", f"{one[:80]!r}: use word or segment")
    if asked and response_format != "verbose_json":
        raise BadParameter(
            "timestamp_granularities", "they come with the response format verbose_json alone"
        )
    return tuple(asked) or ("segment",)


def _check_temperature(value: str | None) -> None:
    try:
        number = float(value or 0)
    except ValueError:
        number = math.nan
    if not 0 <= number <= 1:
        raise BadParameter("temperature", f"{value!r} is no number from 0 to 1")
