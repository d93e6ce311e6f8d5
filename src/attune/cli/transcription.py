"""Transcribing many recordings with one model: in order or in threads, failures set aside."""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO

from attune.cli.console import is_terminal
from attune.cli.live import PartialLine, recognize_blocks
from attune.cli.progress import ProgressBar, clock
from attune.cli.recordings import Failure, Recording
from attune.cli.transcripts import Transcript
from attune.errors import InputError

if TYPE_CHECKING:
    from attune.audio import RawFormat
    from attune.recognize import Model, Options, Phrase, Result

__all__ = ["LONG_SECONDS", "Request", "Workload", "length", "transcribe_all", "transcribe_one"]

LONG_SECONDS = 20.0
"""Below this a recording is done before a progress bar could be read."""

WAITING_PER_THREAD = 4


@dataclass(frozen=True)
class Request:
    """How recordings are to be transcribed; `live` shows partial results on stderr."""

    model: Model
    options: Options
    phrases: Sequence[str | Phrase] = ()
    channel: int | None = None
    raw: RawFormat | None = None
    live: bool = False


@dataclass
class Workload:
    """How much of the work is done, for the progress bar, and whether to stop it.

    Recordings weigh by their size in bytes, which costs nothing to learn; within one, progress is
    the share of its seconds. Use it as a context; leaving it stops every thread that is at work.
    """

    bar: ProgressBar
    done: float = 0.0
    heard_seconds: float = 0.0
    stopped: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Workload:
        self.bar.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        self.bar.__exit__(kind, error, trace)

    @staticmethod
    def size(recording: Recording) -> int:
        """Bytes of a recording, 1 where that is not known."""
        try:
            return 1 if recording.path is None else max(1, recording.path.stat().st_size)
        except OSError:
            return 1

    def begin(self, request: Request, recording: Recording) -> Callable[[float], None]:
        """What to call with the seconds of `recording` that are done, from any thread.

        It raises KeyboardInterrupt once the work is stopped.
        """
        total = length(request, recording) if self.bar.visible else None
        scale = self.size(recording) / total if total else 0.0
        before = 0.0

        def heard(seconds: float) -> None:
            nonlocal before
            with self.lock:
                if self.stopped:
                    raise KeyboardInterrupt
                self.heard_seconds += seconds - before
                self.done += (seconds - before) * scale
                before = seconds
                self.bar.update(self.done, f"{clock(self.heard_seconds)} of audio")

        return heard

    def stop(self) -> None:
        """Make every thread that is at work leave it."""
        with self.lock:
            self.stopped = True


def transcribe_all(
    request: Request,
    recordings: Sequence[Recording],
    jobs: int,
    work: Workload,
    each: Callable[[Recording, Result], None] | None = None,
) -> Iterator[tuple[Recording, Transcript | Failure]]:
    """Yield the transcript of each recording, or why there is none, in the given order.

    With several `jobs`, as many threads share the model. `each` is called with every utterance as
    soon as it is finished (in those threads). Errors other than InputError are raised.
    """

    def attempt(recording: Recording) -> Transcript | Failure:
        return _attempt(request, recording, work, each)

    if jobs <= 1:
        for recording in recordings:
            yield recording, attempt(recording)
        return
    with ThreadPoolExecutor(jobs) as pool:
        waiting: deque[tuple[Recording, Future[Transcript | Failure]]] = deque()
        try:
            for recording in recordings:
                waiting.append((recording, pool.submit(attempt, recording)))
                if len(waiting) >= WAITING_PER_THREAD * jobs:
                    first, future = waiting.popleft()
                    yield first, future.result()
            for first, future in waiting:
                yield first, future.result()
        except BaseException:
            work.stop()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _attempt(
    request: Request,
    recording: Recording,
    work: Workload,
    each: Callable[[Recording, Result], None] | None,
) -> Transcript | Failure:
    utterances: list[Result] = []
    seconds = 0.0
    heard = work.begin(request, recording)

    def listen(now: float) -> None:
        nonlocal seconds
        seconds = now
        heard(now)

    try:
        for result in filter(_has_words, transcribe_one(request, recording, listen)):
            utterances.append(result)
            if each is not None:
                each(recording, result)
    except InputError as error:
        return Failure(recording.name, str(error))
    return Transcript(recording.name, seconds, tuple(utterances))


def _has_words(result: Result) -> bool:
    """Stretches of a long recording in which nobody speaks are no utterances."""
    return bool(result.words)


def transcribe_one(
    request: Request, recording: Recording, heard: Callable[[float], None] = lambda seconds: None
) -> Iterator[Result]:
    """Yield the utterances of one recording as they are finished; `heard` is told its seconds.

    Raises InputError for a recording that cannot be read, maybe after some utterances.
    """
    source = audio_source(recording)
    if request.live:
        from attune.audio import stream_audio

        blocks = stream_audio(source, channel=request.channel, raw=request.raw, block_seconds=0.1)
        stream = request.model.stream(phrases=request.phrases, options=request.options)
        yield from recognize_blocks(stream, blocks, PartialLine(), heard)
        return
    yield from request.model.transcribe_utterances(
        source,
        phrases=request.phrases,
        options=request.options,
        channel=request.channel,
        raw=request.raw,
        progress=heard,
    )


def audio_source(recording: Recording) -> str | BinaryIO:
    """What to read; raises InputError when nothing is sent to standard input."""
    if recording.path is not None:
        return str(recording.path)
    if is_terminal(sys.stdin):
        raise InputError(
            "standard input is a terminal: send audio to it (`command | attune transcribe -`), or "
            "give files"
        )
    return sys.stdin.buffer


def length(request: Request, recording: Recording) -> float | None:
    """Seconds of a recording from its header; None where that cannot be told yet."""
    from attune.audio import probe_audio

    if recording.path is None:
        return None
    try:
        return probe_audio(recording.path, raw=request.raw).seconds
    except InputError:
        return None
