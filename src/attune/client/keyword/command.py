"""One utterance that a keyword began, as a server tells of it: what that means on the device."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from attune.acoustic import SAMPLE_RATE
from attune.client.recognition import Accepted as RemoteAccepted
from attune.client.recognition import Rejected as RemoteRejected
from attune.client.recognition import RemoteEvent
from attune.client.recognition.wire import Keyword, Wishes, later, later_words
from attune.keyword import (
    Accepted,
    Detection,
    KeywordEvent,
    Recognized,
    Recognizing,
    Rejected,
    Verdict,
)
from attune.recognize import Final, Partial
from attune.text import normalize

__all__ = ["Command"]

Floats = NDArray[np.float32]

_BLUR = 0.2  # seconds that spotter and recogniser may differ about where a word begins


class Command:
    """The recognition of one utterance that begins with a keyword."""

    def __init__(self, detection: Detection) -> None:
        self._start = detection.time - len(detection.audio) / SAMPLE_RATE
        self._detection, self._begun = detection, time.monotonic()
        self._known = len(normalize(detection.keyword).split())
        self._audio: list[Floats] = []
        self._verdict: Verdict | None = None
        self._words_since: float | None = None  # seconds, when there are some behind the keyword
        self.ended = False

    def wishes(self, wishes: Wishes) -> Wishes:
        """These, of a stream that opens with this keyword."""
        detection = self._detection
        start, end = max(0.0, detection.start - self._start), detection.end - self._start
        return wishes.with_keyword(Keyword((detection.keyword,), start, end))

    def gives_way(self, detection: Detection) -> bool:
        """Whether a keyword said now begins anew: nothing else was said since this one's."""
        said = self._words_since
        alone = said is None or said > detection.start - _BLUR
        return alone and detection.start >= self._detection.end

    def hear(self, block: Floats) -> None:
        """Remember more of the utterance."""
        self._audio.append(block)

    def told(self, heard: Sequence[RemoteEvent]) -> list[KeywordEvent]:
        """What a server's events mean; none once it has ended."""
        events: list[KeywordEvent] = []
        for event in heard:
            if self.ended:
                break
            events += self._meaning(event)
        return events

    def _meaning(self, event: RemoteEvent) -> list[KeywordEvent]:
        match event:
            case RemoteAccepted() | RemoteRejected():
                accepted = isinstance(event, RemoteAccepted)
                seconds = time.monotonic() - self._begun
                verdict = Verdict(accepted, event.keyword, event.score, event.threshold, seconds)
                self._verdict = verdict
                if accepted:
                    return [Accepted(self._detection, verdict)]
                self.ended = True
                return [Rejected(self._detection, verdict)]
            case Partial():
                words = later_words(event.words, self._start)
                command = words[self._known :]
                self._words_since = command[0].start if command else None
                return [Recognizing(self._detection, event.text, words, event.stable)]
            case Final():
                self.ended = True
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
