"""Wake words over Wyoming: audio in, a detection for each keyword that is said."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from wyoming.event import Event, Eventable
from wyoming.wake import Detect, Detection, NotDetected

from attune.acoustic import SAMPLE_RATE
from attune.errors import InputError
from attune.keyword import Detection as Heard
from attune.protocols.wyoming.audio import AudioInput, Samples, audio_format, timestamp_of
from attune.protocols.wyoming.keywords import Keywords
from attune.service import Service
from attune.service.access import Principal
from attune.service.errors import TooLarge
from attune.service.recognition.keyword_session import KeywordHeard, KeywordSession

__all__ = ["Waking", "read_detect"]

Send = Callable[[Eventable], Awaitable[None]]


def read_detect(event: Event) -> Detect:
    """What a client listens for; InputError for values of the wrong type."""
    names = event.data.get("names")
    if names is not None and not (
        isinstance(names, list) and all(isinstance(name, str) for name in names)
    ):
        raise InputError("detect: names is no list of texts")
    return Detect.from_event(event)


@dataclass
class _Listener:
    """One keyword model: what clients call its phrases that are wanted, and its stream."""

    model_id: str
    names: dict[str, str]
    session: KeywordSession
    began: float = 0.0
    """Where in the client's stream the session's begins, in seconds."""


class Waking:
    """One stream in which keywords are listened for until it ends, however long that takes."""

    def __init__(
        self,
        service: Service,
        principal: Principal,
        audio: AudioInput,
        send: Send,
    ) -> None:
        self._service, self._principal = service, principal
        self._audio, self._send = audio, send
        self._listeners: list[_Listener] = []
        self._heard = 0
        self._detected = False

    @classmethod
    async def begin(
        cls,
        service: Service,
        principal: Principal,
        keywords: Keywords,
        wanted: Detect,
        event: Event,
        send: Send,
    ) -> Waking:
        """Begin a stream in the format of `event`, which is its start or its first chunk.

        NotFound for a keyword that there is not, Busy, InputError.
        """
        waking = cls(service, principal, AudioInput(audio_format(event)), send)
        names: dict[str, dict[str, str]] = {}
        for one in await asyncio.to_thread(keywords.chosen, wanted.names):
            names.setdefault(one.model_id, {})[one.phrase] = one.name
        try:
            for model_id, phrases in names.items():
                session = await service.recognition.open_keyword(principal, model_id)
                waking._listeners.append(_Listener(model_id, phrases, session))
        except BaseException:
            await waking.close()
            raise
        return waking

    async def hear(self, event: Event) -> None:
        """Hear an audio chunk and tell what was detected.

        A detection's time is the chunk's own where it has one, else that of the keyword's end since
        the stream began, in milliseconds.
        """
        samples = self._audio.accept(event)
        for listener in self._listeners:
            heard = await self._accept(listener, samples)
            await self._tell(listener, heard, timestamp_of(event))
        self._heard += len(samples)

    async def finish(self) -> None:
        """Tell the rest, or that nothing was detected."""
        samples = self._audio.finish()
        for listener in self._listeners:
            heard = [*await self._accept(listener, samples)]
            heard += _detections(await listener.session.finish())
            await self._tell(listener, heard, None)
        await self.close()
        if not self._detected:
            await self._send(NotDetected())

    async def close(self) -> None:
        """Give the places back."""
        for listener in self._listeners:
            await listener.session.close()

    async def _accept(self, listener: _Listener, samples: Samples) -> list[Heard]:
        try:
            heard = await listener.session.accept(samples)
        except TooLarge:
            # A microphone stays on for longer than any recording has.
            rest = _detections(await listener.session.finish())
            await listener.session.close()
            listener.session = await self._service.recognition.open_keyword(
                self._principal, listener.model_id
            )
            await self._tell(listener, rest, None)
            listener.began = self._heard / SAMPLE_RATE
            heard = await listener.session.accept(samples)
        return _detections(heard)

    async def _tell(
        self, listener: _Listener, heard: Sequence[Heard], timestamp: int | None
    ) -> None:
        for one in heard:
            name = listener.names.get(one.keyword)
            if name is None:
                continue  # another phrase of the same model
            self._detected = True
            said = round(1000 * (listener.began + one.end))
            await self._send(Detection(name, said if timestamp is None else timestamp))


def _detections(heard: Sequence[KeywordHeard]) -> list[Heard]:
    return [detection for one in heard for detection in one.detections]
