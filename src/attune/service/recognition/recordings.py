"""Whole recordings: heard utterance by utterance, behind the live streams."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from attune.audio import RawFormat, probe_audio
from attune.recognize import Model, Options, Phrase, Result
from attune.recognize.readout import joined
from attune.service.errors import TooLarge
from attune.service.recognition.workers import Workers

__all__ = ["Recording", "transcribed"]


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording: a file, an open one that can seek, or the bytes of one; `raw` where it is PCM
    without a header, `channel` instead of the mix of all."""

    source: Path | bytes | BinaryIO
    raw: RawFormat | None = None
    channel: int | None = None


async def transcribed(
    recording: Recording,
    model: Model,
    workers: Workers,
    *,
    phrases: Sequence[str | Phrase],
    options: Options,
    longest: float,
    each: Callable[[Result], None] | None = None,
    logged: Callable[[Result], None] | None = None,
) -> Result:
    """What was said in a recording of at most `longest` seconds; `each` is told every utterance
    when it is finished, and `logged` in the thread that recognises.

    InputError for what is none, TooLarge. When the caller is cancelled the work ends with the
    utterance that a thread is at.
    """
    work = _Work(recording, model, phrases, options, longest, logged)
    utterances: list[Result] = []
    running: Future[Result | None] = workers.submit(work.begin, live=False)
    try:
        while (utterance := await asyncio.wrap_future(running)) is not None:
            utterances.append(utterance)
            if each is not None:
                each(utterance)
            running = workers.submit(work.next, live=False)
    except BaseException:
        if running.cancel() or running.done():
            work.end()
        else:
            running.add_done_callback(lambda _: work.end())
        raise
    return joined(utterances, 0.0, work.seconds)


class _Work:
    """The steps of one recording; one thread at a time."""

    def __init__(
        self,
        recording: Recording,
        model: Model,
        phrases: Sequence[str | Phrase],
        options: Options,
        longest: float,
        logged: Callable[[Result], None] | None,
    ) -> None:
        self._logged = logged
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
        utterance = next(self._utterances, None)
        if utterance is not None and self._logged is not None:
            self._logged(utterance)
        return utterance

    def end(self) -> None:
        """Close what was opened to read the recording."""
        close: Any = getattr(self._utterances, "close", None)
        if close is not None:
            close()
