"""What Azure Speech has: the Speech SDK's WebSocket, REST for short audio, tokens."""

from fastapi import APIRouter

from attune.protocols.azure import short_audio, speech_socket, tokens

__all__ = ["router"]

router = APIRouter()
for part in (speech_socket, short_audio, tokens):
    router.include_router(part.router)
