"""/v1/stream: PCM in, JSON events out, one stream a connection."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import APIRouter
from numpy import float32
from numpy.typing import NDArray
from starlette.websockets import WebSocket

from attune.audio.incoming import IncomingAudio
from attune.errors import InputError
from attune.protocols.audio_socket import AudioSocket, Stopping, read_object, serve_socket
from attune.protocols.credentials import authenticated, service_of
from attune.protocols.native.events import event_json
from attune.protocols.native.parameters import StreamParameters
from attune.service.access import Principal
from attune.service.recognition import Recognition, Reservation, Session, SessionEvent

__all__ = ["router"]

router = APIRouter()

_POSITION_SECONDS = 0.5


@router.websocket("/v1/stream")
async def stream(websocket: WebSocket) -> None:
    """Recognise a stream; docs/websocket.md says how."""
    principal = await authenticated(websocket)
    asked = StreamParameters.of_query(websocket.query_params)
    asked.format()
    recognition = service_of(websocket).recognition
    reservation = await recognition.reserve(asked.request(principal))

    async def talk(socket: AudioSocket) -> None:
        await _Talk(socket, recognition, reservation, principal, asked).run()

    try:
        await serve_socket(websocket, principal, talk)
    finally:
        reservation.release()


class _Talk:
    """The conversation of one stream."""

    def __init__(
        self,
        socket: AudioSocket,
        recognition: Recognition,
        reservation: Reservation,
        principal: Principal,
        asked: StreamParameters,
    ) -> None:
        self._socket, self._recognition, self._reservation = socket, recognition, reservation
        self._principal, self._asked = principal, asked
        self._told = (0.0, 0.0)

    async def run(self) -> None:
        """From the first message to the last."""
        first = await self._socket.take()
        if isinstance(first, Stopping):
            await self._end("stopping", 0.0)
            return
        if isinstance(first, str) and _type(first) == "start":
            self._asked = self._asked.changed(read_object(first))
            first = b""
        audio = IncomingAudio(raw=self._asked.format())
        request = self._asked.request(self._principal)
        async with await self._recognition.open(request, self._reservation) as session:
            await self._ready(session)
            await self._hear(session, audio, first)

    async def _hear(
        self, session: Session, audio: IncomingAudio, message: str | bytes | Stopping
    ) -> None:
        while isinstance(message, bytes) and not session.ended:
            if message:
                await self._accept(session, audio.push(message))
            message = await self._next(session)
        if isinstance(message, str):
            kind = _type(message)
            if kind != "finish":
                raise InputError(f"a message of type {kind!r} in a stream: send audio or finish")
        if not session.ended:
            await self._accept(session, audio.finish())
        if not session.ended:
            await self._tell(await session.finish(), session)
        reason = "finished"
        if session.rejected:
            reason = "rejected"
        elif isinstance(message, Stopping):
            reason = "stopping"
        await self._end(reason, session.seconds)

    async def _next(self, session: Session) -> str | bytes | Stopping:
        return b"" if session.ended else await self._socket.take()

    async def _accept(self, session: Session, blocks: Iterator[NDArray[float32]]) -> None:
        for samples in blocks:
            if not session.ended:
                await self._tell(await session.accept(samples), session)

    async def _tell(self, events: list[SessionEvent], session: Session) -> None:
        offset = self._asked.offset
        for event in events:
            await self._socket.send(event_json(event, offset))
        heard, settled = session.heard, session.settled
        if max(heard - self._told[0], settled - self._told[1]) >= _POSITION_SECONDS or events:
            self._told = heard, settled
            await self._socket.send(
                {
                    "type": "position",
                    "heard": round(heard + offset, 3),
                    "settled": round(settled + offset, 3),
                }
            )

    async def _ready(self, session: Session) -> None:
        await self._socket.send(
            {
                "type": "ready",
                "session": session.id,
                "endpoint": session.endpoint_id,
                "model": {"id": session.model_id, "name": session.model_name},
                "language": session.language,
            }
        )

    async def _end(self, reason: str, seconds: float) -> None:
        offset = self._asked.offset
        await self._socket.send(
            {"type": "end", "reason": reason, "time": round(seconds + offset, 3)}
        )
        if reason == "stopping":
            await self._socket.close(1012, "the service is stopping")


def _type(text: str) -> str:
    return str(read_object(text).get("type", ""))[:40]
