"""What a listener does, decided without doing it: steps as values, taken with or without asyncio.

A course of steps is a generator: it yields what is to be done next with the connection to the
server, is sent what came of it, or has thrown into it what went wrong, and returns the events.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from attune.acoustic import SAMPLE_RATE
from attune.client.keyword.command import Command
from attune.client.recognition import RemoteEvent
from attune.client.recognition.wire import Wishes
from attune.errors import AttuneError, InputError
from attune.keyword import Detection, KeywordEvent, Recognizing, Spotter

__all__ = [
    "AHEAD",
    "BLOCK",
    "Check",
    "Course",
    "Discard",
    "Finish",
    "Heard",
    "Open",
    "Send",
    "Step",
]

Floats = NDArray[np.float32]

BLOCK = 1280
"""Samples: what is heard at a time, however many come together."""
AHEAD = 2.0
"""Seconds that may be sent before the server has heard them."""


@dataclass(frozen=True, slots=True)
class Open:
    """Begin a stream to the server, which connects in its own time."""

    wishes: Wishes


@dataclass(frozen=True, slots=True, eq=False)
class Send:
    """Send a block of audio, waiting while the server is more than `AHEAD` behind."""

    block: Floats


@dataclass(frozen=True, slots=True)
class Finish:
    """Say that the audio is over, and wait for the last events."""


@dataclass(frozen=True, slots=True)
class Check:
    """Raise what ended the stream before its time, if anything did."""


@dataclass(frozen=True, slots=True)
class Discard:
    """Send and hear nothing more, without waiting for the connection's end."""


Step = Open | Send | Finish | Check | Discard


@dataclass(frozen=True, slots=True)
class Heard:
    """What came back by a step: events, and whether the stream to the server has ended."""

    events: Sequence[RemoteEvent] = field(default=())
    ended: bool = False


Steps = Generator[Step, Heard, list[KeywordEvent]]


class Course:
    """The course of one stream of audio; one block at a time, `stop` at any.

    Before a hit no step is taken. One stream to the server is open at most.
    """

    def __init__(self, spotter: Spotter, wishes: Wishes) -> None:
        self._spotter, self._wishes = spotter, wishes
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

    def check_open(self) -> None:
        """InputError for a finished stream."""
        if self._finished:
            raise InputError("the stream is finished: make a new one for more audio")

    def hear(self, block: Floats) -> Steps:
        """Hear a block of audio."""
        detections = self._spotter.accept(block)
        events: list[KeywordEvent] = []
        if self._command is not None:
            events += yield from self._carried_out(self._command, block)
        for detection in detections:
            events += yield from self._begin(detection)
        return events

    def finish(self) -> Steps:
        """End the audio, and what a keyword began."""
        if self._finished:
            return []
        self._finished = True
        events: list[KeywordEvent] = []
        for detection in self._spotter.finish():
            events += yield from self._begin(detection)
        if self._command is not None:
            events += yield from self._carried_out(self._command, None)
        return events

    def stop(self) -> None:
        """Give up what a keyword began: who calls this discards the stream to the server."""
        command = self._command
        if command is not None:
            command.ended = True

    def close(self) -> None:
        """As `stop`, for good."""
        self._finished = True
        self.stop()

    def _begin(self, detection: Detection) -> Steps:
        """A keyword begins an utterance, unless it is part of one."""
        if self._command is not None:
            if self.busy and not self._command.gives_way(detection):
                return []
            self._command.ended = True
            yield Discard()
        self._command = command = Command(detection)
        try:
            yield Open(command.wishes(self._wishes))
        except AttuneError:
            self._command = None
            raise
        first = Recognizing(detection, detection.keyword)
        return [first, *(yield from self._carried_out(command, detection.audio))]

    def _carried_out(self, command: Command, block: Floats | None) -> Steps:
        """What a command makes of more audio, None at its end."""
        events: list[KeywordEvent] = []
        failure: AttuneError | None = None
        try:
            if not command.ended:
                events = yield from self._exchanged(command, block)
        except AttuneError as error:
            # A stream that was discarded meanwhile fails as well: that is no failure.
            failure = None if command.ended else error
            command.ended = True
        if command.ended:
            self._command = None
            yield Discard()
        if failure is not None:
            raise failure
        return events

    def _exchanged(self, command: Command, block: Floats | None) -> Steps:
        if block is None:
            heard = yield Finish()
        else:
            self._sent += len(block)
            command.hear(block)
            heard = yield Send(block)
        events = command.told(heard.events)
        if heard.ended and not events and not command.ended:
            yield Check()
            command.ended = True
        return events
