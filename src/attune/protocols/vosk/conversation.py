"""/vosk: to each message of audio one answer, partial or final, as vosk-server has it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from enum import Enum

from fastapi import APIRouter
from numpy import float32
from numpy.typing import NDArray
from starlette.websockets import WebSocket

from attune.audio.incoming import IncomingAudio
from attune.errors import InputError
from attune.protocols.audio_socket import AudioSocket, Stopping, read_object, serve_socket
from attune.protocols.credentials import authenticated, service_of
from attune.protocols.vosk.messages import VoskConfig, final_message, partial_message
from attune.recognize import Final, Partial
from attune.service.recognition import (
    Recognition,
    RecognitionRequest,
    Reservation,
    Session,
    SessionEvent,
)

__all__ = ["router"]

router = APIRouter()


class _Command(Enum):
    EOF = "eof"
    RESET = "reset"


_EOF, _RESET = _Command.EOF, _Command.RESET
_Message = bytes | _Command


@router.websocket("/vosk")
async def vosk(websocket: WebSocket) -> None:
    """Recognise streams, one after the other; `endpoint`, `model` or `language` in the query."""
    principal = await authenticated(websocket)
    query = websocket.query_params
    request = RecognitionRequest(
        principal,
        query.get("endpoint") or None,
        query.get("model") or None,
        query.get("language") or None,
    )
    recognition = service_of(websocket).recognition
    reservation = await recognition.reserve(request)
    try:
        await serve_socket(
            websocket,
            principal,
            lambda socket: _Conversation(socket, recognition, request, reservation).run(),
        )
    finally:
        reservation.release()


class _Conversation:
    """Streams of one connection; the first takes the place that is reserved."""

    def __init__(
        self,
        socket: AudioSocket,
        recognition: Recognition,
        request: RecognitionRequest,
        reservation: Reservation,
    ) -> None:
        self._socket, self._recognition, self._request = socket, recognition, request
        self._reservation: Reservation | None = reservation
        self._config = VoskConfig()
        self._partial = ""

    async def run(self) -> None:
        """Until {"eof": 1}, or the service stops."""
        while True:
            message = await self._message()
            if not isinstance(message, bytes):
                await self._socket.send(final_message([], self._config))
                if message is not _RESET:
                    return
                continue
            async with await self._open() as session:
                audio = IncomingAudio(raw=self._config.format())
                if not await self._hear(session, audio, message):
                    return

    async def _open(self) -> Session:
        config, reservation = self._config, self._reservation
        self._reservation, self._partial = None, ""
        options = {"alternatives": config.alternatives} if config.alternatives else {}
        request = replace(self._request, phrases=config.phrases, options=options)
        return await self._recognition.open(request, reservation)

    async def _hear(self, session: Session, audio: IncomingAudio, message: _Message) -> bool:
        """One stream; whether another may follow."""
        while isinstance(message, bytes):
            finals = self._finals(await _accepted(session, audio.push(message)))
            await self._socket.send(
                final_message(finals, self._config) if finals else partial_message(self._partial)
            )
            message = await self._message()
        last = await _accepted(session, audio.finish()) + await session.finish()
        await self._socket.send(final_message(self._finals(last), self._config))
        return message is _RESET

    async def _message(self) -> _Message:
        """The next audio or command; a configuration is taken note of, for the next stream."""
        while isinstance(message := await self._socket.take(joined=False), str):
            value = read_object(message)
            if "config" in value:
                self._config = self._config.changed(value["config"])
            elif "eof" in value:
                return _EOF
            elif "reset" in value:
                return _RESET
            else:
                raise InputError('send audio, {"config": …}, {"reset": 1} or {"eof": 1}')
        return _EOF if isinstance(message, Stopping) else message

    def _finals(self, events: Sequence[SessionEvent]) -> list[Final]:
        """The final results among events; what is partial is remembered."""
        finals = []
        for event in events:
            if isinstance(event, Final):
                finals.append(event)
                self._partial = ""
            elif isinstance(event, Partial):
                self._partial = event.text
        return finals


async def _accepted(session: Session, blocks: Iterator[NDArray[float32]]) -> list[SessionEvent]:
    return [event for samples in blocks for event in await session.accept(samples)]
