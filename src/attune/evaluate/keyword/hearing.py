"""One pass over recordings: the firings of every phrase at every threshold, kept as they come."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from attune.acoustic import SAMPLE_RATE
from attune.audio import stream_audio
from attune.evaluate.keyword.counting import HeardRecording, sweep_firings
from attune.evaluate.keyword.journal import HearingJournal
from attune.keyword import KeywordModel, load_keyword

__all__ = ["CandidateStream", "PhraseCandidate", "SpottingModel", "hear", "hear_all"]

PADDING_SECONDS = 1.0
_ROOM_NOISE = 10 ** (-70 / 20)
_BLOCK_SECONDS = 10.0
_WAITING_PER_WORKER = 8

Floats = NDArray[np.float32]


class PhraseCandidate(Protocol):
    """A place in a stream where a phrase may have been said."""

    @property
    def keyword(self) -> str:
        """The phrase's text."""

    @property
    def score(self) -> float:
        """How well it fits."""

    @property
    def end(self) -> float:
        """Where it ends, in seconds since the stream began; the refractory time is counted so."""


class CandidateStream(Protocol):
    """A stream of 16 kHz audio in which candidates are looked for."""

    def accept(self, samples: Floats) -> Sequence[PhraseCandidate]:
        """The candidates that more audio brought, in order of time."""

    def finish(self) -> Sequence[PhraseCandidate]:
        """The last candidates."""


class _Named(Protocol):
    @property
    def text(self) -> str:
        """What is said."""


class _Kept(Protocol):
    @property
    def hash(self) -> str:
        """Of all that decides what is heard."""

    @property
    def path(self) -> Path:
        """Where the bundle is."""


class SpottingModel(Protocol):
    """What an evaluation needs of a model of keywords: a `KeywordModel`, or a peer in its place."""

    @property
    def phrases(self) -> Sequence[_Named]:
        """The keywords."""

    @property
    def sensitivity(self) -> float:
        """The default one, 0 to 1."""

    @property
    def bundle(self) -> _Kept:
        """Where the model comes from."""

    def thresholds(self, sensitivity: float | None = None) -> Sequence[float]:
        """The score of each phrase from which on it is accepted."""

    def candidates(self) -> CandidateStream:
        """A new stream."""


def hear(model: SpottingModel, phrases: Sequence[str], path: Path) -> HeardRecording:
    """Listen to one recording in a stream of its own, in memory that its length does not need.

    A second of faint noise (-70 dBFS, always the same) comes before and after it, as in a stream:
    a keyword may fill its recording. It does not count as heard. InputError names the recording
    that cannot be read.
    """
    found: dict[str, list[tuple[float, float]]] = {text: [] for text in phrases}
    stream = model.candidates()
    random = np.random.default_rng(0)
    padding = random.standard_normal(round(PADDING_SECONDS * SAMPLE_RATE), np.float32)
    padding *= np.float32(_ROOM_NOISE)

    def note(candidates: Iterable[PhraseCandidate]) -> None:
        for one in candidates:
            found[one.keyword].append((one.end, one.score))

    note(stream.accept(padding))
    count = 0
    for block in stream_audio(path, block_seconds=_BLOCK_SECONDS):
        count += len(block)
        note(stream.accept(block))
    note(stream.accept(padding))
    note(stream.finish())
    seconds = count / SAMPLE_RATE
    firings = []
    for candidates in found.values():
        table = np.array(candidates, np.float64).reshape(-1, 2)
        firings.append(sweep_firings(table[:, 0], table[:, 1], seconds))
    return HeardRecording(seconds, tuple(firings))


def hear_all(
    model: SpottingModel,
    phrases: Sequence[str],
    paths: Sequence[Path],
    *,
    workers: int = 1,
    journal: HearingJournal | None = None,
) -> Iterator[HeardRecording]:
    """What is heard in each recording, in their order; those in the journal are not heard again.

    With several `workers` as many processes listen, each with the model opened anew.
    """
    fresh: Iterator[HeardRecording]
    known = [None if journal is None else journal.get(path) for path in paths]
    new = [path for path, heard in zip(paths, known, strict=True) if heard is None]
    fresh = (hear(model, phrases, path) for path in new)
    if workers > 1:
        fresh = _in_processes(model, phrases, new, workers)
    for path, heard in zip(paths, known, strict=True):
        if heard is None:
            heard = next(fresh)
            if journal is not None:
                journal.add(path, heard)
        yield heard


_opened: list[KeywordModel] = []


def _open(path: Path) -> None:
    # Whoever kills the parent kills its workers: nobody else would ever end them.
    Thread(target=_end_with_parent, daemon=True).start()
    _opened[:] = [load_keyword(path)]


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _hear_opened(phrases: Sequence[str], path: Path) -> HeardRecording:
    return hear(_opened[0], phrases, path)


def _in_processes(
    model: SpottingModel, phrases: Sequence[str], paths: Sequence[Path], workers: int
) -> Iterator[HeardRecording]:
    if not paths:
        return
    # Spawned: a network's threads do not survive a fork.
    context = get_context("spawn")
    with ProcessPoolExecutor(workers, context, _open, (model.bundle.path,)) as pool:
        waiting: deque[Future[HeardRecording]] = deque()
        try:
            for path in paths:
                waiting.append(pool.submit(_hear_opened, tuple(phrases), path))
                if len(waiting) >= workers * _WAITING_PER_WORKER:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
