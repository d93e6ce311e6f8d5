"""Whole recordings: heard utterance by utterance, behind the live streams."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from attune.audio import probe_audio
from attune.recognize import Model, Options, Phrase, Result
from attune.service.errors import TooLarge
from attune.service.recognition.hearing import Recording
from attune.service.recognition.workers import Workers

__all__ = ["transcribed"]


async def transcribed(
    recording: Recording,
    model: Model,
    workers: Workers,
    *,
    phrases: Sequence[str | Phrase],
    options: Options,
    longest: float,
    each: Callable[[Result], Awaitable[None]],
) -> float:
    """Recognise a recording of at most `longest` seconds; its length in seconds. `each` is given
    every utterance when it is finished, and awaited.

    InputError for what is none, TooLarge. When the caller is cancelled the work ends with the
    utterance that a thread is at.
    """
    work = _Work(recording, model, phrases, options, longest)
    running: Future[Result | None] = workers.submit(work.begin, live=False)
    try:
        while (utterance := await asyncio.wrap_future(running)) is not None:
            await each(utterance)
            running = workers.submit(work.next, live=False)
    except BaseException:
        if running.cancel() or running.done():
            work.end()
        else:
            running.add_done_callback(lambda _: work.end())
        raise
    return work.seconds


class _Work:
    """The steps of one recording; one thread at a time."""

    def __init__(
        self,
        recording: Recording,
        model: Model,
        phrases: Sequence[str | Phrase],
        options: Options,
        longest: float,
    ) -> None:
        self._recording, self._model = recording, model
        self._phrases, self._options, self._longest = phrases, options, longest
        self._utterances: Iterator[Result] | None = None
        self.seconds = 0.0

    def begin(self) -> Result | None:
        """The first utterance, None where there is none."""
        recording = self._recording
        self.seconds = probe_audio(recording.source, raw=recording.raw).seconds
        if self.seconds > self._longest:
            raise TooLarge(
                f"the recording has {self.seconds:.0f} s of audio: at most {self._longest:g} s are "
                "taken"
            )
        if not isinstance(recording.source, Path | bytes):
            recording.source.seek(0)
        self._utterances = self._model.transcribe_utterances(
            recording.source,
            phrases=self._phrases,
            options=self._options,
            channel=recording.channel,
            raw=recording.raw,
        )
        return self.next()

    def next(self) -> Result | None:
        """The next utterance, None behind the last."""
        assert self._utterances is not None
        return next(self._utterances, None)

    def end(self) -> None:
        """Close what was opened to read the recording."""
        close: Any = getattr(self._utterances, "close", None)
        if close is not None:
            close()
