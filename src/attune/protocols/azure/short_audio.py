"""REST for short audio: a recording of at most a minute in, its result out."""

from __future__ import annotations

import asyncio
from itertools import islice
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request

from attune.audio import RawFormat, stream_audio
from attune.errors import InputError
from attune.protocols.azure.asked import Asked, Mode
from attune.protocols.azure.phrases import nothing, phrase
from attune.protocols.azure.sounding import Sounding
from attune.protocols.credentials import Recognising, ServiceOf

__all__ = ["router"]

router = APIRouter(tags=["Recognition"])

_PATIENCE_SECONDS = 5
_BODY = {"schema": {"type": "string", "format": "binary"}}
_TYPES = (
    "audio/wav",
    "audio/ogg",
    "audio/flac",
    "audio/mpeg",
    "application/octet-stream",
)


@router.post(
    "/speech/recognition/{mode}/cognitiveservices/v1",
    summary="Recognise short audio",
    openapi_extra={
        "requestBody": {"required": True, "content": dict.fromkeys(_TYPES, _BODY)},
    },
)
async def recognise(
    request: Request,
    service: ServiceOf,
    principal: Recognising,
    mode: Mode,
    language: Annotated[str, Query(min_length=1, description="Such as en-US.")],
    format: Literal["simple", "detailed"] = "simple",
    profanity: Literal["masked", "removed", "raw"] = "masked",
    cid: Annotated[str | None, Query(description="The id of an endpoint.")] = None,
    word_times: Annotated[
        Literal["true", "false"], Query(alias="wordLevelTimestamps", description="In NBest.")
    ] = "false",
) -> dict[str, Any]:
    """The body is a recording of up to a minute: WAV, Ogg (Opus, Vorbis), FLAC or MP3.

    Offset and Duration are in units of 100 ns. RecognitionStatus: Success, NoMatch (no words), or
    InitialSilenceTimeout (none in more than five seconds), or BabbleTimeout (noise instead).
    """
    asked = Asked.of_query(
        {
            "language": language,
            "format": format,
            "profanity": profanity,
            "cid": cid or "",
            "wordLevelTimestamps": word_times,
        },
        mode,
    )
    body = await request.body()
    if not body:
        raise InputError("the request has no body: send a recording in it")
    longest = service.settings.limits.short_audio
    raw = _raw_format(request.headers.get("Content-Type", ""), body)
    result = await service.recognition.transcribe(
        asked.request(principal), body, raw=raw, longest=longest
    )
    if result.text or (result.words and not asked.removes_profanity):
        return phrase(result, asked)
    if result.words or result.end <= _PATIENCE_SECONDS:
        return nothing("NoMatch", result.end)
    return nothing(await asyncio.to_thread(_status, body, raw), result.end)


def _status(body: bytes, raw: RawFormat | None) -> str:
    """How patience ran out with a recording of no words, by the seconds, a block each, that it
    lasts."""
    sounding = Sounding()
    for block in islice(stream_audio(body, raw=raw), _PATIENCE_SECONDS):
        sounding = sounding.heard(block)
    return sounding.status


def _raw_format(content_type: str, body: bytes) -> RawFormat | None:
    """That of PCM which comes without the header of a WAV file, as its media type states it:
    `audio/wav; codecs=audio/pcm; samplerate=16000`."""
    kind, *parameters = (part.strip().lower() for part in content_type.split(";"))
    stated = dict(part.split("=", 1) for part in parameters if "=" in part)
    if kind not in ("audio/wav", "audio/x-wav") or body.startswith(b"RIFF"):
        return None
    if stated.get("codecs", "").strip('"') != "audio/pcm" or "samplerate" not in stated:
        return None
    if not stated["samplerate"].isdecimal():
        raise InputError("Content-Type: samplerate is not a number of Hz")
    return RawFormat(int(stated["samplerate"][:9]))
