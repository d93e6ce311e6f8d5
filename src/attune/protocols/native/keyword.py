"""/v1/keyword: PCM in, the course of a keyword model's scores and its detections out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fastapi import APIRouter
from numpy import float32
from numpy.typing import NDArray
from starlette.websockets import WebSocket

from attune.audio.incoming import IncomingAudio
from attune.errors import InputError
from attune.protocols.audio_socket import AudioSocket, Stopping, read_object, serve_socket
from attune.protocols.credentials import authenticated, service_of
from attune.protocols.native.parameters import StreamParameters
from attune.service.recognition import KeywordHeard, KeywordSession

__all__ = ["router"]

router = APIRouter()


@router.websocket("/v1/keyword")
async def keyword(websocket: WebSocket) -> None:
    """Listen for keywords in a stream; docs/websocket.md says how."""
    principal = await authenticated(websocket)
    asked = StreamParameters.of_query(websocket.query_params)
    if asked.model_id is None:
        raise InputError("model: give the id of a keyword model")
    audio = IncomingAudio(raw=asked.format())
    sensitivity = _sensitivity(websocket.query_params.get("sensitivity"))
    recognition = service_of(websocket).recognition
    session = await recognition.open_keyword(principal, asked.model_id, sensitivity=sensitivity)
    async with session:
        await serve_socket(
            websocket, principal, lambda socket: _Listening(socket, session, audio).run()
        )


class _Listening:
    """The conversation of one stream."""

    def __init__(self, socket: AudioSocket, session: KeywordSession, audio: IncomingAudio) -> None:
        self._socket, self._session, self._audio = socket, session, audio

    async def run(self) -> None:
        """From the first message to the last."""
        session = self._session
        await self._socket.send(
            {
                "type": "ready",
                "session": session.id,
                "model": session.model_id,
                "keywords": [
                    {"text": text, "threshold": round(threshold, 3)}
                    for text, threshold in zip(session.keywords, session.thresholds, strict=True)
                ],
            }
        )
        while isinstance(message := await self._socket.take(), bytes):
            await self._accept(self._audio.push(message))
        if isinstance(message, str) and read_object(message).get("type") != "finish":
            raise InputError('only audio and {"type": "finish"} are sent here')
        await self._accept(self._audio.finish())
        await self._tell(await session.finish())
        reason = "stopping" if isinstance(message, Stopping) else "finished"
        await self._socket.send(
            {"type": "end", "reason": reason, "time": round(session.seconds, 3)}
        )
        if reason == "stopping":
            await self._socket.close(1012, "the service is stopping")

    async def _accept(self, blocks: Iterator[NDArray[float32]]) -> None:
        for samples in blocks:
            await self._tell(await self._session.accept(samples))

    async def _tell(self, heard: Sequence[KeywordHeard]) -> None:
        for each in heard:
            await self._socket.send(
                {
                    "type": "scores",
                    "time": round(each.seconds, 3),
                    "scores": [None if s is None else round(s, 3) for s in each.scores],
                }
            )
            for detection in each.detections:
                await self._socket.send(
                    {
                        "type": "detection",
                        "keyword": detection.keyword,
                        "start": round(detection.start, 3),
                        "end": round(detection.end, 3),
                        "time": round(detection.time, 3),
                        "score": round(detection.score, 3),
                    }
                )


def _sensitivity(value: str | None) -> float | None:
    if value is None:
        return None
    try:
        return float(value)
    except ValueError:
        raise InputError(f"sensitivity {value[:20]!r} is not a number from 0 to 1") from None
