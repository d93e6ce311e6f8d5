"""Speech to text over Wyoming: audio in, the transcript out, utterance by utterance on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from wyoming.asr import Transcribe, Transcript, TranscriptChunk, TranscriptStart, TranscriptStop
from wyoming.event import Event, Eventable

from attune.errors import InputError
from attune.protocols.model_names import find_recognizer, first_of_language
from attune.protocols.wyoming.audio import AudioInput, audio_format
from attune.recognize import Final
from attune.service import Service
from attune.service.access import Principal
from attune.service.errors import NotFound
from attune.service.recognition import RecognitionRequest, Session
from attune.text import normalize

__all__ = ["Transcribing", "read_transcribe"]

Send = Callable[[Eventable], Awaitable[None]]


def read_transcribe(event: Event) -> Transcribe:
    """What a client asks for; InputError for values of the wrong type."""
    for name in ("name", "language"):
        if not isinstance(event.data.get(name), str | None):
            raise InputError(f"transcribe: {name} is no text")
    for name in ("transcript_names", "transcript_terms"):
        texts = event.data.get(name)
        if texts is not None and not (
            isinstance(texts, list) and all(isinstance(text, str) for text in texts)
        ):
            raise InputError(f"transcribe: {name} is no list of texts")
    return Transcribe.from_event(event)


class Transcribing:
    """One stream of speech: a `transcript-chunk` for each utterance, at the end the `transcript`.

    Together the chunks are the transcript's text.
    """

    def __init__(self, session: Session, audio: AudioInput, send: Send) -> None:
        self._session, self._audio, self._send = session, audio, send
        self._texts: list[str] = []
        self._started = False

    @classmethod
    async def begin(
        cls, service: Service, principal: Principal, wanted: Transcribe, event: Event, send: Send
    ) -> Transcribing:
        """Begin a stream in the format of `event`, which is its start or its first chunk.

        The model is the one that the client names, else the oldest endpoint of its language, else
        the base model. NotFound, Busy, Conflict, InputError.
        """
        audio = AudioInput(audio_format(event))
        served = await asyncio.to_thread(service.recognition.models, principal)
        if wanted.name:
            chosen = find_recognizer(served, wanted.name)
            missing = f"there is no model {wanted.name[:80]!r}"
        else:
            chosen = first_of_language(served, wanted.language)
            missing = f"there is no model for the language {str(wanted.language)[:80]!r}"
        if chosen is None:
            raise NotFound(f"{missing}: describe tells what there is")
        hints = [*(wanted.transcript_names or ()), *(wanted.transcript_terms or ())]
        request = RecognitionRequest(
            principal,
            endpoint_id=chosen.id if chosen.kind == "endpoint" else None,
            model_id=None if chosen.kind == "endpoint" else chosen.id,
            phrases=tuple(dict.fromkeys(hint for hint in hints if normalize(hint).split())),
            partials=False,
        )
        return cls(await service.recognition.open(request), audio, send)

    async def hear(self, event: Event) -> None:
        """Hear an audio chunk."""
        await self._tell(await self._session.accept(self._audio.accept(event)))

    async def finish(self) -> None:
        """Tell the rest and the whole transcript."""
        await self._tell(await self._session.accept(self._audio.finish()))
        await self._tell(await self._session.finish())
        await self._start()
        language = self._session.language
        await self.close()
        await self._send(Transcript(text=" ".join(self._texts), language=language))
        await self._send(TranscriptStop())

    async def close(self) -> None:
        """Give the place back."""
        await self._session.close()

    async def _tell(self, events: Sequence[Any]) -> None:
        for event in events:
            if isinstance(event, Final) and event.result.text:
                await self._start()
                text = event.result.text
                await self._send(TranscriptChunk(text=f" {text}" if self._texts else text))
                self._texts.append(text)

    async def _start(self) -> None:
        if not self._started:
            self._started = True
            await self._send(TranscriptStart(language=self._session.language))
