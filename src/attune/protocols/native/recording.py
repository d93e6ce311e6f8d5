"""/v1/transcribe: a whole recording in, its result out, as complete as the library gives it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from attune.errors import InputError
from attune.protocols.audio_socket import read_object
from attune.protocols.credentials import Recognising, ServiceOf
from attune.protocols.native.events import result_json
from attune.protocols.native.parameters import StreamParameters
from attune.protocols.openai.form import received_form

__all__ = ["router"]

router = APIRouter(tags=["Recognition"])

_MOST_CHANNELS = 32
_FORM = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": {"type": "string", "format": "binary"},
        "parameters": {
            "type": "string",
            "description": 'JSON: {"phrases": […], "options": {…}}, as of a stream.',
        },
    },
}


@router.post(
    "/v1/transcribe",
    summary="Transcribe a recording",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"multipart/form-data": {"schema": _FORM}},
        }
    },
)
async def transcribe(
    request: Request,
    service: ServiceOf,
    principal: Recognising,
    endpoint: str | None = None,
    model: str | None = None,
    language: str | None = None,
    channel: Annotated[int | None, Query(ge=0, lt=_MOST_CHANNELS)] = None,
) -> dict[str, Any]:
    """Text, words, alternatives and times of a recording (WAV, FLAC, Ogg Vorbis or Opus, MP3).

    By an endpoint or a model, else by the base model of `language`. `channel` is that of a
    recording of several, counted from 0. Times in seconds; every utterance has a result of its own.
    """
    asked = StreamParameters(endpoint_id=endpoint, model_id=model, language=language)
    folder, limit = service.settings.data / "incoming", service.settings.limits.upload
    async with received_form(request, folder, limit) as form:
        given = read_object(form.text("parameters") or "{}", "parameters")
        if surplus := given.keys() - {"phrases", "options"}:
            raise InputError(f"parameters: {min(surplus)!r} is unknown: use phrases and options")
        wanted = asked.changed(given).request(principal)
        result = await service.recognition.transcribe(wanted, form.file, channel=channel)
    return {
        **result_json(result),
        "utterances": [result_json(utterance) for utterance in result.utterances],
    }
