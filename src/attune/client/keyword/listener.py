"""A keyword on the device, and what is said after it by a server: nothing is sent before a hit.

The spotter runs on the device and needs numpy alone. A hit sends the audio from a second before the
keyword on; the server verifies the keyword and recognises what follows. A rejected keyword, the end
of the utterance and `stop` end the sending at once, and listening goes on.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attune.acoustic import SAMPLE_RATE, as_float
from attune.client.recognition import Accepted as RemoteAccepted
from attune.client.recognition import Recognizer, RemoteEvent, RemoteStream
from attune.client.recognition import Rejected as RemoteRejected
from attune.client.recognition.wire import Keyword, Wishes, later, later_words
from attune.errors import AttuneError, InputError
from attune.keyword import (
    Accepted,
    Detection,
    KeywordEvent,
    KeywordModel,
    Recognized,
    Recognizing,
    Rejected,
    Spotter,
    Verdict,
)
from attune.recognize import Final, Partial, Phrase
from attune.text import normalize

__all__ = ["KeywordListener", "ListenerStream"]

Floats = NDArray[np.float32]

_BLOCK = 1280  # samples: what is heard at a time, however many come together
_AHEAD = 2.0  # seconds that may be sent before the server has heard them
_BLUR = 0.2  # seconds that spotter and recogniser may differ about where a word begins


class KeywordListener:
    """Listens for keywords here and has a server hear what is said after them.

    As `attune.keyword.KeywordListener`, with a remote `recognizer`, so that a `KeywordRecognizer`
    runs it in the background. The server also verifies the keyword, and waits five seconds after it
    for a command. `phrases` and `options` are added to the recogniser's own; `sensitivity` and
    `pre_roll` are those of `KeywordModel.spotter`. Threads may share one.
    """

    def __init__(
        self,
        keywords: KeywordModel,
        recognizer: Recognizer,
        *,
        phrases: Sequence[str | Phrase] = (),
        options: Mapping[str, object] | None = None,
        sensitivity: float | None = None,
        pre_roll: float = 1.0,
    ) -> None:
        self.keywords, self.recognizer = keywords, recognizer
        self._wishes = recognizer.wishes(phrases, options)
        self._sensitivity, self._pre_roll = sensitivity, pre_roll

    def stream(self) -> ListenerStream:
        """A new stream of 16 kHz mono audio."""
        return ListenerStream(self, self.spotter())

    def spotter(self) -> Spotter:
        """A new stream in which keywords are only spotted, as sensitively as in `stream`."""
        return self.keywords.spotter(sensitivity=self._sensitivity, pre_roll=self._pre_roll)

    def command(self, detection: Detection) -> Command:
        """Recognition of what a detected keyword begins."""
        return Command(self.recognizer, self._wishes, detection)


class ListenerStream:
    """One stream in which keywords are spotted here and commands heard there. Made by
    `KeywordListener.stream`; one thread at a time, `stop` from any.
    """

    def __init__(self, listener: KeywordListener, spotter: Spotter) -> None:
        self._listener, self._spotter = listener, spotter
        self._command: Command | None = None
        self._sent = 0
        self._finished = False

    @property
    def seconds(self) -> float:
        """How much audio was accepted."""
        return self._spotter.seconds

    @property
    def sent_seconds(self) -> float:
        """How much of it was given to the server."""
        return self._sent / SAMPLE_RATE

    @property
    def busy(self) -> bool:
        """Whether a keyword was spotted and what it began has not ended."""
        command = self._command
        return command is not None and not command.ended

    def accept(self, samples: NDArray[Any]) -> list[KeywordEvent]:
        """Hear more audio: int16, or float32 in [-1, 1], [samples], any number.

        Returns what it brought. InputError for another type or shape, NaN, or a finished stream;
        RefusedError, ApiError and Unreachable when a command cannot be recognised: it is given up,
        and the stream goes on with its next audio.
        """
        if self._finished:
            raise InputError("the stream is finished: make a new one for more audio")
        audio = as_float(samples)
        blocks = range(0, len(audio), _BLOCK)
        return [event for i in blocks for event in self._hear(audio[i : i + _BLOCK])]

    def finish(self) -> list[KeywordEvent]:
        """End the audio and wait for the last events. The stream takes no more."""
        if self._finished:
            return []
        self._finished = True
        events: list[KeywordEvent] = []
        for detection in self._spotter.finish():
            events += self._begin(detection)
        if self._command is not None:
            events += self._carried_out(self._command, None)
        return events

    def stop(self) -> None:
        """Give up what a keyword began: nothing more of it is sent or told.

        The stream goes on listening at once, for the next keyword.
        """
        command = self._command
        if command is not None:
            command.stop()

    def _hear(self, block: Floats) -> list[KeywordEvent]:
        detections = self._spotter.accept(block)
        events: list[KeywordEvent] = []
        if self._command is not None:
            events += self._carried_out(self._command, block)
        for detection in detections:
            events += self._begin(detection)
        return events

    def _begin(self, detection: Detection) -> list[KeywordEvent]:
        """A keyword begins an utterance, unless it is part of one."""
        if self._command is not None:
            if self.busy and not self._command.gives_way(detection):
                return []
            self._command.stop()
        self._command = command = self._listener.command(detection)
        first = Recognizing(detection, detection.keyword)
        return [first, *self._carried_out(command, detection.audio)]

    def _carried_out(self, command: Command, block: Floats | None) -> list[KeywordEvent]:
        """What a command makes of more audio, None at its end."""
        if command.ended:
            self._command = None
            return []
        try:
            if block is None:
                events = command.finish()
            else:
                self._sent += len(block)
                events = command.accept(block)
        except AttuneError:
            command.stop()
            self._command = None
            raise
        if command.ended:
            self._command = None
        return events


class Command:
    """The recognition of one utterance that begins with a keyword."""

    def __init__(self, recognizer: Recognizer, wishes: Wishes, detection: Detection) -> None:
        self._start = detection.time - len(detection.audio) / SAMPLE_RATE
        keyword = Keyword(
            (detection.keyword,),
            max(0.0, detection.start - self._start),
            detection.end - self._start,
        )
        self._detection, self._begun = detection, time.monotonic()
        self._known = len(normalize(detection.keyword).split())
        self._stream: RemoteStream = recognizer.begin(wishes.with_keyword(keyword), wait=False)
        self._audio: list[Floats] = []
        self._verdict: Verdict | None = None
        self._words_since: float | None = None  # seconds, when there are some behind the keyword
        self.ended = False

    def gives_way(self, detection: Detection) -> bool:
        """Whether a keyword said now begins anew: nothing else was said since this one's."""
        said = self._words_since
        alone = said is None or said > detection.start - _BLUR
        return alone and detection.start >= self._detection.end

    def accept(self, block: Floats) -> list[KeywordEvent]:
        """Send more of the utterance; what came back meanwhile."""
        self._audio.append(block)
        self._stream.send(block, _AHEAD)
        return self._events(self._stream.events())

    def finish(self) -> list[KeywordEvent]:
        """The audio has ended, and the utterance with it."""
        return self._events(self._stream.finish())

    def stop(self) -> None:
        """Send and tell nothing more."""
        if not self.ended:
            self.ended = True
            self._stream.discard()

    def _events(self, heard: Sequence[RemoteEvent]) -> list[KeywordEvent]:
        events: list[KeywordEvent] = []
        for event in heard:
            if self.ended:
                break
            events += self._told(event)
        if self._stream.ended and not events and not self.ended:
            self._stream.check()
            self.stop()
        return events

    def _told(self, event: RemoteEvent) -> list[KeywordEvent]:
        match event:
            case RemoteAccepted() | RemoteRejected():
                accepted = isinstance(event, RemoteAccepted)
                seconds = time.monotonic() - self._begun
                verdict = Verdict(accepted, event.keyword, event.score, event.threshold, seconds)
                self._verdict = verdict
                if accepted:
                    return [Accepted(self._detection, verdict)]
                self.stop()
                return [Rejected(self._detection, verdict)]
            case Partial():
                words = later_words(event.words, self._start)
                command = words[self._known :]
                self._words_since = command[0].start if command else None
                return [Recognizing(self._detection, event.text, words, event.stable)]
            case Final():
                self.stop()
                return [self._recognized(event)]
        return []

    def _recognized(self, final: Final) -> Recognized:
        result = later(final.result, self._start)
        return Recognized(
            self._detection,
            result.text,
            self._verdict,
            result,
            final.reason,
            self._start,
            np.concatenate(self._audio),
        )
