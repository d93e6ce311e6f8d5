"""`/v1/audio/transcriptions`: a recording in, its text out, in every format of OpenAI's API."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from attune.protocols.credentials import Recognising, ServiceOf
from attune.protocols.model_names import find_recognizer, same_language
from attune.protocols.openai.event_stream import EventStream, Progress
from attune.protocols.openai.failures import BadParameter, FailureRoute, UnknownModel
from attune.protocols.openai.form import Form, received_form
from attune.protocols.openai.parameters import FORMATS, Parameters, read_parameters
from attune.protocols.openai.prompt import prompt_phrases
from attune.protocols.openai.responses import json_document, subtitles, verbose_document
from attune.recognize import Result
from attune.service import Service
from attune.service.access import Principal
from attune.service.recognition import RecognitionRequest, ServedModel
from attune.text import normalize

__all__ = ["router"]

router = APIRouter(prefix="/v1/audio", tags=["OpenAI"], route_class=FailureRoute)

_STRINGS = {"type": "array", "items": {"type": "string"}}
_FORM = {
    "type": "object",
    "required": ["file", "model"],
    "properties": {
        "file": {"type": "string", "format": "binary"},
        "model": {"type": "string"},
        "language": {"type": "string"},
        "prompt": {"type": "string"},
        "keywords[]": _STRINGS,
        "response_format": {"type": "string", "enum": list(FORMATS)},
        "timestamp_granularities[]": {
            "type": "array",
            "items": {"type": "string", "enum": ["word", "segment"]},
        },
        "include[]": {"type": "array", "items": {"type": "string", "enum": ["logprobs"]}},
        "temperature": {"type": "number", "minimum": 0, "maximum": 1},
        "stream": {"type": "boolean"},
    },
}


@router.post(
    "/transcriptions",
    summary="Transcribe a recording",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"multipart/form-data": {"schema": _FORM}},
        }
    },
    responses={200: {"content": {"text/event-stream": {}, "text/plain": {}}}},
)
async def transcribe(request: Request, service: ServiceOf, principal: Recognising) -> Response:
    """The text of a recording (WAV, FLAC, Ogg Vorbis or Opus, MP3), as OpenAI's API returns it.

    `model` is the name or id of an endpoint or of a model. Names, terms and rare words of `prompt`,
    and all `keywords`, become phrases that recognition expects. With `stream` every utterance is
    sent as soon as it is recognised.
    """
    folder, limit = service.settings.data / "incoming", service.settings.limits.upload
    async with AsyncExitStack() as resources:
        form = await resources.enter_async_context(received_form(request, folder, limit))
        parameters = read_parameters(form)
        chosen = await _chosen_model(service, principal, parameters)
        wanted = await asyncio.to_thread(_recognition, principal, chosen, parameters)
        if parameters.stream:
            progress = Progress(lambda each: _transcribed(service, wanted, form, each))
            resources.push_async_callback(progress.stop)
            first = await progress.next()
            return EventStream(
                progress, first, resources.pop_all(), with_logprobs=parameters.with_logprobs
            )
        result = await _transcribed(service, wanted, form, None)
        return _answer(result, chosen.language, parameters)


async def _chosen_model(
    service: Service, principal: Principal, parameters: Parameters
) -> ServedModel:
    served = await asyncio.to_thread(service.recognition.models, principal)
    chosen = find_recognizer(served, parameters.model)
    if chosen is None:
        raise UnknownModel(parameters.model)
    expected = parameters.languages
    if expected and not any(same_language(chosen.language, one) for one in expected):
        raise BadParameter(
            "language", f"{expected[0][:80]!r}, but the model is for {chosen.language}"
        )
    return chosen


def _recognition(
    principal: Principal, chosen: ServedModel, parameters: Parameters
) -> RecognitionRequest:
    keywords = [one for one in parameters.keywords if normalize(one).split()]
    hinted = prompt_phrases(parameters.prompt, chosen.language) if parameters.prompt else ()
    return RecognitionRequest(
        principal,
        endpoint_id=chosen.id if chosen.kind == "endpoint" else None,
        model_id=None if chosen.kind == "endpoint" else chosen.id,
        phrases=tuple(dict.fromkeys([*keywords, *hinted])),
        partials=False,
    )


async def _transcribed(
    service: Service, wanted: RecognitionRequest, form: Form, each: Callable[[Result], None] | None
) -> Result:
    return await service.recognition.transcribe(wanted, form.file, each=each)


def _answer(result: Result, language: str, parameters: Parameters) -> Response:
    seconds = result.end
    match parameters.response_format:
        case "json":
            document = json_document(result, seconds, with_logprobs=parameters.with_logprobs)
            return JSONResponse(document)
        case "verbose_json":
            return JSONResponse(
                verbose_document(result, seconds, language, parameters.granularities)
            )
        case "text":
            return PlainTextResponse(result.text + "\n")
        case "vtt":
            return Response(subtitles(result, "vtt"), media_type="text/vtt")
    return PlainTextResponse(subtitles(result, "srt"))
