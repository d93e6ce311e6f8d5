"""The WebSocket that the Azure Speech SDK connects to."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.websockets import WebSocket

from attune.errors import InputError
from attune.protocols.audio_socket import AudioSocket, serve_socket
from attune.protocols.azure.asked import MODES, Asked
from attune.protocols.azure.conversation import Conversation
from attune.protocols.credentials import authenticated, service_of
from attune.protocols.failures import Failure

__all__ = ["router"]

router = APIRouter()

_SUBPROTOCOL = "USP"
_IDLE_STATUS, _DENIED_STATUS = 408, 401
_NORMAL, _BAD_DATA, _POLICY, _OURS = 1000, 1007, 1008, 1011


@router.websocket("/speech/recognition/{mode}/cognitiveservices/v1")
async def recognition(websocket: WebSocket, mode: str) -> None:
    """Speech by mode, as `SpeechConfig(host=...)` has it."""
    if mode.lower() not in MODES:
        raise InputError(f"mode {mode[:20]!r}: use interactive, conversation or dictation")
    await _serve(websocket, mode)


@router.websocket("/speech/universal/v2")
@router.websocket("/stt/speech/universal/v2")
async def universal(websocket: WebSocket) -> None:
    """Speech as `SpeechConfig(endpoint=...)` has it: each turn says its mode."""
    await _serve(websocket, "interactive")


async def _serve(websocket: WebSocket, mode: str) -> None:
    principal = await authenticated(websocket)
    recognition = service_of(websocket).recognition

    async def talk(socket: AudioSocket) -> None:
        # The SDK shows the reason of a connection that is closed, but not of one that is refused.
        asked = Asked.of_query(websocket.query_params, mode)
        await Conversation(socket, recognition, principal, asked).run()

    offered = websocket.scope.get("subprotocols", [])
    subprotocol = _SUBPROTOCOL if _SUBPROTOCOL in offered else None
    await serve_socket(websocket, principal, talk, subprotocol=subprotocol, fail=_close)


async def _close(socket: AudioSocket, failure: Failure) -> None:
    """The SDK calls 1007 a bad request and says the reason; after 1000 and 1008 it connects again,
    where one whose key was revoked meets an authentication failure."""
    if failure.status == _IDLE_STATUS:
        await socket.close(_NORMAL, failure.message)
    elif failure.status == _DENIED_STATUS:
        await socket.close(_POLICY, failure.message)
    else:
        await socket.close(_OURS if failure.status >= 500 else _BAD_DATA, failure.message)
