"""The WebSocket of vosk-server, at /vosk."""

from attune.protocols.vosk.conversation import router

__all__ = ["router"]
