"""The encoder at run time: an ONNX graph with explicit state, for one stream or many at once.

`EncoderSession` owns the graph. `EncoderStream` turns one stream's samples into log-posteriors.
Streams that run in several threads share a session, which computes the chunks that wait at the
same time as one batch: nothing is held back to fill a batch, chunks only queue up while every core
is busy with others, so an idle machine has the latency of one stream and a busy one the throughput
of large batches.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from attune.acoustic.feature_parameters import FeatureParameters
from attune.acoustic.features import FeatureExtractor
from attune.acoustic.graphs import open_graph
from attune.errors import InputError

__all__ = ["SUBSAMPLING", "EncoderGeometry", "EncoderSession", "EncoderStream"]

SUBSAMPLING = 4
"""Frames (10 ms) for each row of posteriors (40 ms)."""

Floats = NDArray[np.float32]
State = dict[str, NDArray[np.generic]]

_BRISK_ROWS = 4
_EXTRA = 3  # frames that two strided convolutions of width 3 need beyond 4 a row


@dataclass(frozen=True)
class EncoderGeometry:
    """How far one row of posteriors looks, in rows of 40 ms: part of the bundle's settings."""

    lookbehind: int = 4
    lookahead: int = 4

    def frames(self, rows: int) -> int:
        """Frames that make `rows` rows."""
        return SUBSAMPLING * (rows + self.lookbehind + self.lookahead) + _EXTRA

    @property
    def lead(self) -> int:
        """Empty frames before the first frame of a recording."""
        return SUBSAMPLING * self.lookbehind + 1

    @classmethod
    def from_settings(cls, settings: Mapping[str, object]) -> EncoderGeometry:
        """From a bundle's `chunking` settings; InputError for values that are not counts."""
        values = [settings.get(name, getattr(cls, name)) for name in ("lookbehind", "lookahead")]
        if not all(isinstance(v, int) and 0 <= v <= 64 for v in values):
            raise InputError("chunking settings: lookbehind and lookahead must be counts of rows")
        return cls(*values)  # type: ignore[arg-type]


@dataclass(eq=False)
class _Request:
    """A chunk waiting for the graph."""

    frames: Floats
    state: State
    leads: bool = False
    """Its thread is to compute it, and others that wait."""
    called: threading.Event = field(default_factory=threading.Event)
    """It leads, or another has computed it."""
    rows: Floats | None = None
    following: State | None = None
    error: BaseException | None = None


class EncoderSession:
    """A loaded encoder. Threads may share it.

    `threads` are those of one inference, of which as many run side by side as there are cores for;
    `max_batch` bounds the chunks computed together.
    """

    def __init__(
        self,
        path: Path,
        geometry: EncoderGeometry | None = None,
        *,
        threads: int = 1,
        max_batch: int = 32,
    ) -> None:
        self._session = open_graph(path, threads)
        self.geometry = geometry or EncoderGeometry()
        inputs = {i.name: i for i in self._session.get_inputs()}
        if "frames" not in inputs or "valid" not in inputs:
            raise InputError(f"{path}: not a streaming encoder (inputs: {', '.join(inputs)})")
        self.bins = int(inputs.pop("frames").shape[2])
        self._shapes = {
            name: (tuple(i.shape[1:]), np.int64 if name == "valid" else np.float32)
            for name, i in inputs.items()
        }
        self.symbols = int(self._session.get_outputs()[0].shape[2])
        self._outputs = [o.name.removeprefix("next_") for o in self._session.get_outputs()[1:]]
        self._max_batch = max_batch
        self._lock = threading.Lock()
        self._free = max(1, (os.cpu_count() or 1) // threads)  # inferences that may begin
        self._waiting: deque[_Request] = deque()

    def initial_state(self) -> State:
        """State of one stream before its first chunk."""
        return {name: np.zeros((1, *shape), kind) for name, (shape, kind) in self._shapes.items()}

    def step(self, frames: Floats, state: State) -> tuple[Floats, State]:
        """One chunk of one stream: [frames(rows), bins] to log-posteriors [rows, symbols].

        Blocks until the chunk is computed, by this thread or, together with its own, by another.
        """
        request = _Request(frames[None], state)
        with self._lock:
            if self._free:
                self._free -= 1
                request.leads = True
            else:
                self._waiting.append(request)
        if not request.leads:
            self._await(request)
        if request.leads:
            try:
                self._run(self._batch(request))
            finally:
                self._pass_on()
        if request.error is not None:
            raise request.error
        assert request.rows is not None and request.following is not None
        return request.rows, request.following

    def _await(self, request: _Request) -> None:
        try:
            request.called.wait()
        except BaseException:  # An interrupt: those behind are not to wait for this one.
            with self._lock:
                if request in self._waiting:
                    self._waiting.remove(request)
            if request.leads:
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        """Let the oldest request that waits lead."""
        with self._lock:
            if not self._waiting:
                self._free += 1
                return
            following = self._waiting.popleft()
            following.leads = True
        following.called.set()

    def _batch(self, first: _Request) -> list[_Request]:
        """`first` and waiting requests of the same length, oldest first."""
        with self._lock:
            alike = [r for r in self._waiting if r.frames.shape == first.frames.shape]
            batch = [first, *alike[: self._max_batch - 1]]
            self._waiting = deque(r for r in self._waiting if r not in batch)
        return batch

    def _run(self, batch: list[_Request]) -> None:
        try:
            inputs = {"frames": np.concatenate([r.frames for r in batch])}
            for name in self._shapes:
                inputs[name] = np.concatenate([r.state[name] for r in batch])
            rows, *following = self._session.run(None, inputs)
            for i, request in enumerate(batch):
                request.rows = rows[i]
                request.following = {
                    name: values[i : i + 1]
                    for name, values in zip(self._outputs, following, strict=True)
                }
        except BaseException as error:
            for request in batch:
                request.error = error
        finally:
            for request in batch[1:]:
                request.called.set()

    def whole(self, frames: Floats) -> Floats:
        """Log-posteriors of a whole utterance, full attention: [time, bins] to [rows, symbols].

        Memory grows with the square of the time: meant for utterances of up to a minute.
        """
        rows = -(-len(frames) // SUBSAMPLING)
        if rows == 0:
            return np.zeros((0, self.symbols), np.float32)
        even = rows + rows % 2
        return self.step(_padded(frames, even, self.geometry), self.initial_state())[0][:rows]


def _padded(frames: Floats, rows: int, geometry: EncoderGeometry) -> Floats:
    """Empty frames around a recording, so that it makes exactly `rows` rows."""
    after = geometry.frames(rows) - geometry.lead - len(frames)
    return np.pad(frames, ((geometry.lead, after), (0, 0)))


class EncoderStream:
    """Log-posteriors of one stream. Not thread-safe; one for each stream.

    `chunk` is the number of rows (40 ms, even) computed at a time, the main part of the latency; a
    brisk reader gets four at a time.
    """

    def __init__(self, session: EncoderSession, parameters: FeatureParameters, chunk: int) -> None:
        if chunk < 2 or chunk % 2:
            raise InputError(f"chunk of {chunk} rows: must be even and at least 2")
        self._session = session
        self._brisk_rows = min(chunk, _BRISK_ROWS)
        self._extractor = FeatureExtractor(parameters)
        self.chunk_rows = chunk
        self._state = session.initial_state()
        self._frames = np.zeros((session.geometry.lead, parameters.bins), np.float32)
        self._heard = 0
        self.rows = 0

    def push(self, samples: Floats) -> None:
        """Hear `samples`."""
        self._hear(self._extractor.accept(samples))

    def take(self, *, brisk: bool = False) -> Floats:
        """The next chunk's rows, float32 [rows, symbols]; none until it has been heard whole."""
        rows = self._brisk_rows if brisk else self.chunk_rows
        need = self._session.geometry.frames(rows)
        if len(self._frames) < need:
            return np.zeros((0, self._session.symbols), np.float32)
        taken = self._step(self._frames[:need], rows)
        self._frames = self._frames[SUBSAMPLING * rows :]
        return taken

    def finish(self) -> Floats:
        """The last rows. The stream is used up afterwards."""
        geometry = self._session.geometry
        self._hear(self._extractor.finish())
        done = []
        while len(rows_taken := self.take()):
            done.append(rows_taken)
        rows = -(-self._heard // SUBSAMPLING) - self.rows
        if rows > 0:
            even = rows + rows % 2
            missing = geometry.frames(even) - len(self._frames)
            frames = np.pad(self._frames, ((0, max(0, missing)), (0, 0)))
            done.append(self._step(frames[: geometry.frames(even)], even)[:rows])
        return np.concatenate([np.zeros((0, self._session.symbols), np.float32), *done])

    def _hear(self, frames: Floats) -> None:
        self._heard += len(frames)
        self._frames = np.concatenate([self._frames, frames])

    def _step(self, frames: Floats, rows: int) -> Floats:
        log_probs, self._state = self._session.step(frames, self._state)
        self.rows += rows
        return log_probs
