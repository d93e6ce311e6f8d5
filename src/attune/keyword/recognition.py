"""A keyword and what is said after it: spotter, second stage and recogniser as one object.

"Hey Atlas, turn on the light" in one breath (chained) and with a pause of up to five seconds after
the keyword (staged) are one utterance that begins with the keyword. Before a keyword is spotted
nothing but the small network runs; a rejected one ends what it began.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from attune.acoustic import SAMPLE_RATE, as_float
from attune.errors import InputError
from attune.keyword.calibration import verified_sensitivity
from attune.keyword.detection import Detection
from attune.keyword.events import Accepted, KeywordEvent, Recognized, Recognizing, Rejected
from attune.keyword.model import KeywordModel
from attune.keyword.phrase import KeywordPhrase
from attune.keyword.spotter import Spotter
from attune.keyword.verification import RecognizerVerifier, Verifier

if TYPE_CHECKING:
    from attune.recognize import Event, Final, Model, Options, Phrase, Result, Word

__all__ = ["PAUSE", "KeywordListener", "ListenerStream", "with_pause"]

PAUSE = 5.0
"""Seconds of silence that may follow a keyword before its command, unless asked otherwise."""

Floats = NDArray[np.float32]

_BLOCK = 1280  # samples: what is heard at a time, however many come together
_PAUSE_SLACK = 0.6  # seconds for a word that begins at the end of the pause to be heard
_LONGEST_PAUSE = 30.0
_BLUR = 0.2  # seconds that spotter and recogniser may differ about where a word begins


def with_pause(options: Options, pause: float = PAUSE) -> Options:
    """Options by which so long a pause after the keyword does not end the utterance."""
    return replace(options, initial_silence=pause + _PAUSE_SLACK)


class KeywordListener:
    """Listens for keywords and, with a recogniser, hears what is said after them.

    `recognizer` None spots only (offline on a small device). `verifier` is the second stage; by
    default the recogniser's own, none without a recogniser. `pause` seconds of silence may follow a
    keyword before its command; `phrases` and `options` are those of `Model.stream`; `sensitivity`
    and `pre_roll` those of `KeywordModel.spotter`, where by default with a recogniser the spotter
    is as lenient as its second look allows (`verified_sensitivity`). Threads may share one.
    InputError for a pause outside 0.5 to 30 s.
    """

    def __init__(
        self,
        keywords: KeywordModel,
        recognizer: Model | None = None,
        *,
        verifier: Verifier | None = None,
        pause: float = PAUSE,
        phrases: Sequence[str | Phrase] = (),
        options: Options | None = None,
        sensitivity: float | None = None,
        pre_roll: float = 1.0,
    ) -> None:
        if not 0.5 <= pause <= _LONGEST_PAUSE:
            raise InputError(f"a pause of {pause} s after the keyword: give 0.5 to 30 s")
        self.keywords, self.recognizer = keywords, recognizer
        if verifier is None and recognizer is not None:
            verifier = RecognizerVerifier(recognizer, keywords.phrases, keywords=keywords)
        self.verifier = verifier
        self.phrases = tuple(phrases)
        self.options = options or (recognizer.options if recognizer is not None else None)
        if sensitivity is None and recognizer is not None:
            sensitivity = verified_sensitivity(keywords.sensitivity)
        self._pause, self._sensitivity, self._pre_roll = pause, sensitivity, pre_roll

    def stream(self) -> ListenerStream:
        """A new stream of 16 kHz mono audio."""
        return ListenerStream(self, self.spotter())

    def spotter(self) -> Spotter:
        """A new stream in which keywords are only spotted, as sensitively as in `stream`."""
        return self.keywords.spotter(sensitivity=self._sensitivity, pre_roll=self._pre_roll)

    def command(self, detection: Detection) -> Command | None:
        """Recognition of what a detected keyword begins; None without a recogniser."""
        if self.recognizer is None or self.options is None or self.verifier is None:
            return None
        options = with_pause(self.options, self._pause)
        phrase = next(p for p in self.keywords.phrases if p.text == detection.keyword)
        return Command(self.recognizer, self.verifier, phrase, detection, self.phrases, options)


class ListenerStream:
    """One stream in which keywords and their commands are heard. Made by `KeywordListener.stream`;
    one thread at a time.
    """

    def __init__(self, listener: KeywordListener, spotter: Spotter) -> None:
        self._listener, self._spotter = listener, spotter
        self._command: Command | None = None
        self._finished = False

    @property
    def seconds(self) -> float:
        """How much audio was accepted."""
        return self._spotter.seconds

    @property
    def busy(self) -> bool:
        """Whether a keyword was spotted and what it began has not ended."""
        return self._command is not None

    def accept(self, samples: NDArray[Any]) -> list[KeywordEvent]:
        """Hear more audio: int16, or float32 in [-1, 1], [samples], any number.

        Returns what it brought. InputError for another type or shape, NaN, or a finished stream.
        """
        if self._finished:
            raise InputError("the stream is finished: make a new one for more audio")
        audio = as_float(samples)
        blocks = range(0, len(audio), _BLOCK)
        return [event for i in blocks for event in self._hear(audio[i : i + _BLOCK])]

    def finish(self) -> list[KeywordEvent]:
        """End the audio: the last events. The stream takes no more."""
        if self._finished:
            return []
        self._finished = True
        events = []
        for detection in self._spotter.finish():
            events += self._begin(detection)
        if self._command is not None:
            events += self._command.finish()
            self._command = None
        return events

    def stop(self) -> None:
        """Give up what a keyword began: nothing more of it is told.

        The stream goes on listening at once, for the next keyword.
        """
        self._command = None

    def _hear(self, block: Floats) -> list[KeywordEvent]:
        detections = self._spotter.accept(block)
        events: list[KeywordEvent] = []
        if self._command is not None:
            events += self._command.accept(block)
            if self._command.ended:
                self._command = None
        for detection in detections:
            events += self._begin(detection)
        return events

    def _begin(self, detection: Detection) -> list[KeywordEvent]:
        """A keyword begins an utterance, unless it is part of one."""
        if self._command is not None and not self._command.gives_way(detection):
            return []
        command = self._listener.command(detection)
        if command is None:
            return _spotted(detection, self._listener.verifier)
        self._command = command
        events: list[KeywordEvent] = [Recognizing(detection, detection.keyword)]
        events += command.accept(detection.audio)
        if command.ended:
            self._command = None
        return events


class Command:
    """The recognition of one utterance that begins with a keyword."""

    def __init__(
        self,
        recognizer: Model,
        verifier: Verifier,
        phrase: KeywordPhrase,
        detection: Detection,
        phrases: Sequence[str | Phrase],
        options: Options,
    ) -> None:
        from attune.keyword.opening import KeywordOpening

        self._detection = detection
        self._audio: list[Floats] = []
        self._opening = KeywordOpening(
            detection, phrase, verifier, recognizer.row_seconds, self.audio
        )
        self._stream = recognizer.stream(phrases=phrases, options=options, opening=self._opening)
        self._start = detection.time - len(detection.audio) / SAMPLE_RATE
        self._told = False
        self._words_since: float | None = None  # seconds, when there are some behind the keyword
        self.ended = False

    def audio(self) -> Floats:
        """What was heard of the utterance: float32 [samples]."""
        return np.concatenate(self._audio)

    def gives_way(self, detection: Detection) -> bool:
        """Whether a keyword said now begins anew: nothing else was said since this one's."""
        said = self._words_since
        alone = said is None or said > detection.start - _BLUR
        return alone and detection.start >= self._detection.end

    def accept(self, block: Floats) -> list[KeywordEvent]:
        """Hear more of the utterance."""
        self._audio.append(block)
        return self._events(self._stream.accept(block))

    def finish(self) -> list[KeywordEvent]:
        """The audio has ended, and the utterance with it."""
        return self._events(self._stream.finish())

    def _events(self, heard: Sequence[Event]) -> list[KeywordEvent]:
        from attune.recognize import Final, Partial

        events: list[KeywordEvent] = []
        verdict = self._opening.verdict
        if verdict is not None and not self._told:
            self._told = True
            if not verdict.accepted:
                self.ended = True
                return [Rejected(self._detection, verdict)]
            events.append(Accepted(self._detection, verdict))
        for event in heard:
            if self.ended:
                break
            if isinstance(event, Partial):
                words = _later(event.words, self._start)
                command = words[len(self._opening.words) :]
                self._words_since = command[0].start if command else None
                events.append(Recognizing(self._detection, event.text, words, event.stable))
            elif isinstance(event, Final):
                self.ended = True
                events.append(self._recognized(event))
        return events

    def _recognized(self, final: Final) -> Recognized:
        result = _later_result(final.result, self._start)
        return Recognized(
            self._detection,
            result.text,
            self._opening.verdict,
            result,
            final.reason,
            self._start,
            self.audio(),
        )


def _spotted(detection: Detection, verifier: Verifier | None) -> list[KeywordEvent]:
    """What a detection means where nothing is recognised after it."""
    start = detection.time - len(detection.audio) / SAMPLE_RATE
    first = Recognizing(detection, detection.keyword)
    verdict = None if verifier is None else verifier.verify(detection)
    if verdict is not None and not verdict.accepted:
        return [first, Rejected(detection, verdict)]
    known: list[KeywordEvent] = [first]
    if verdict is not None:
        known.append(Accepted(detection, verdict))
    text = detection.keyword
    return [
        *known,
        Recognized(detection, text, verdict, None, "keyword", start, detection.audio),
    ]


def _later(words: Sequence[Word], seconds: float) -> tuple[Word, ...]:
    return tuple(
        replace(w, start=round(w.start + seconds, 3), end=round(w.end + seconds, 3)) for w in words
    )


def _later_result(result: Result, seconds: float) -> Result:
    return replace(
        result,
        words=_later(result.words, seconds),
        start=round(result.start + seconds, 3),
        end=round(result.end + seconds, 3),
    )
