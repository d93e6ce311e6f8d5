"""What Azure Speech has: the Speech SDK's WebSocket, REST for short audio, tokens."""

from fastapi import APIRouter

from attune.protocols.azure import speech_socket

__all__ = ["router"]

router = APIRouter()
router.include_router(speech_socket.router)
