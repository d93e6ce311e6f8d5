"""The conversation of one connection: turns, one after the other, each with its own request id."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from attune.errors import AttuneError, InputError
from attune.protocols.audio_socket import AudioSocket, Stopping, read_object
from attune.protocols.azure.asked import Asked
from attune.protocols.azure.frames import BinaryFrame, TextFrame, read_binary, read_text
from attune.protocols.azure.messages import Phrase, ServerMessage, TurnEnd, TurnStart
from attune.protocols.azure.phrases import nothing
from attune.protocols.azure.turn import Turn
from attune.protocols.failures import Failure, failure_of
from attune.service.access import Principal
from attune.service.recognition import Recognition, Session

__all__ = ["Conversation"]

_STATUSES = {403: "Forbidden", 429: "TooManyRequests", 503: "ServiceUnavailable"}


class Conversation:
    """Made for an accepted connection; `run` returns when the service stops.

    A turn that fails is told as a result with the reason in it, and the connection goes on. Frames
    that are none raise InputError, which ends it.
    """

    def __init__(
        self, socket: AudioSocket, recognition: Recognition, principal: Principal, asked: Asked
    ) -> None:
        self._socket, self._recognition, self._principal = socket, recognition, principal
        self._asked = asked
        self._context: dict[str, Any] = {}
        self._request_id = ""
        self._turn: Turn | None = None
        self._session: Session | None = None

    async def run(self) -> None:
        """Until the service stops or the connection is closed."""
        try:
            while not isinstance(message := await self._socket.take(joined=False), Stopping):
                if isinstance(message, bytes):
                    await self._audio(read_binary(message))
                else:
                    await self._message(read_text(message))
            if self._turn is not None:
                await self._guarded(self._turn.finish())
            await self._socket.close(1012, "the service is stopping")
        finally:
            await self._forget_turn()

    async def _message(self, frame: TextFrame) -> None:
        if frame.path == "speech.context":
            # Sent before the turn's audio, and for every turn.
            self._context = read_object(frame.body, "speech.context")

    async def _audio(self, frame: BinaryFrame) -> None:
        if frame.path != "audio":
            return
        if not frame.request_id:
            raise InputError("audio without the header X-RequestId")
        if frame.request_id != self._request_id:
            await self._begin(frame.request_id)
        # What was under way when a turn ended is not for the next.
        if self._turn is None:
            return
        if frame.body:
            await self._guarded(self._turn.hear(frame.body))
        else:
            await self._guarded(self._turn.finish())

    async def _begin(self, request_id: str) -> None:
        """The turn of a request, in the place of one that the client gave up."""
        await self._forget_turn()
        self._request_id = request_id
        await self._guarded(self._open(request_id))

    async def _open(self, request_id: str) -> None:
        await self._send(TurnStart(request_id.replace("-", "")))
        asked = self._asked.changed(self._context)
        self._session = await self._recognition.open(asked.request(self._principal))
        self._turn = Turn(asked, self._session, self._send)

    async def _guarded(self, work: Awaitable[None]) -> None:
        """Do a step of the turn; one that fails is its last."""
        try:
            await work
        except AttuneError as error:
            failure = failure_of(error)
            status = _STATUSES.get(failure.status, "BadRequest")
            status = "Error" if failure.status == 500 else status
            end = 0.0 if self._session is None else self._session.seconds
            told = {**nothing(status, end), "Error": _told(failure)}
            await self._forget_turn()
            await self._send(Phrase(told))
            await self._send(TurnEnd())
        if self._turn is not None and self._turn.over:
            await self._forget_turn()

    async def _forget_turn(self) -> None:
        session, self._session, self._turn = self._session, None, None
        if session is not None:
            await session.close()

    async def _send(self, message: ServerMessage) -> None:
        await self._socket.send_text(message.frame(self._request_id).write())


def _told(failure: Failure) -> dict[str, str]:
    return {"Code": failure.code, "Message": failure.message}
