"""Networks that hear an utterance as a whole: ONNX graphs made elsewhere, without state.

`UtteranceEncoder` runs one. A live stream is cut into overlapping windows (`WindowedStream`): each
is computed whole and only its middle is used, so that every row has sound on both sides. What that
costs: the network computes each second of audio several times, and a row is known only when the
window's right side has been heard.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from attune.acoustic.feature_parameters import SAMPLE_RATE
from attune.acoustic.front_ends import FrontEnd
from attune.acoustic.graphs import open_graph
from attune.errors import AttuneError, InputError

__all__ = ["GraphLayout", "InputAxes", "UtteranceEncoder", "WindowedStream"]

Floats = NDArray[np.float32]

InputAxes = Literal["time,bins", "bins,time", "samples"]
"""The axes of the input behind the batch."""

_LEAST_SAMPLES = 4000  # a network's convolutions need some frames: shorter audio is padded
_STEP_SECONDS = 0.32
_KINDS = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
    "tensor(bool)": np.bool_,
}


@dataclass(frozen=True)
class GraphLayout:
    """How a graph is fed and read; the bundle's `encoder` settings.

    `input` [batch, `axes`] is the input's name, `lengths` [batch] and `mask` [batch, time] those of
    inputs that say how long it is (empty: there is none). `output` [batch, row, symbol] holds
    `scores`: log-probabilities or logits, or probabilities. `columns`: which of its columns are the
    bundle's symbols, the blank first. `row_samples`: samples from one row to the next.
    """

    input: str
    axes: InputAxes
    output: str
    columns: tuple[int, ...]
    row_samples: int
    scores: Literal["logits", "probabilities"] = "logits"
    lengths: str = ""
    mask: str = ""

    def __post_init__(self) -> None:
        if self.axes not in get_args(InputAxes):
            raise InputError(f"encoder settings: axes {self.axes!r}: not known")
        if self.scores not in ("logits", "probabilities"):
            raise InputError(f"encoder settings: scores {self.scores!r}: not known")
        if not 16 <= self.row_samples <= SAMPLE_RATE:
            raise InputError(f"encoder settings: row_samples {self.row_samples}: not usable")
        if len(self.columns) < 2:
            raise InputError("encoder settings: columns: give a blank and at least one symbol")

    @property
    def row_seconds(self) -> float:
        """Seconds from one row to the next."""
        return self.row_samples / SAMPLE_RATE

    def to_json(self) -> dict[str, Any]:
        """Plain values for the bundle; columns in order are written as their number."""
        values = asdict(self)
        values["columns"] = _packed(self.columns)
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, object]) -> GraphLayout:
        """Inverse of `to_json`, other settings left aside; InputError for what cannot be used."""
        known = {field.name for field in fields(cls)}
        try:
            chosen = {key: value for key, value in values.items() if key in known}
            return cls(**{**chosen, "columns": _unpacked(values["columns"])})  # type: ignore[arg-type]
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"encoder settings cannot be read: {error}") from error


def _packed(columns: tuple[int, ...]) -> dict[str, int] | list[int]:
    """Every column, with the blank brought to the front, is the rule: two numbers say that."""
    blank, count = columns[0], len(columns)
    every = (blank, *(i for i in range(count) if i != blank))
    return {"blank": blank, "count": count} if columns == every else list(columns)


def _unpacked(value: Any) -> tuple[int, ...]:
    if isinstance(value, list):
        return tuple(int(i) for i in value)
    blank, count = int(value["blank"]), int(value["count"])
    return (blank, *(i for i in range(count) if i != blank))


class UtteranceEncoder:
    """A loaded network that hears whole utterances. Threads may share it.

    `left_seconds` and `right_seconds` of sound stand around each chunk of a stream.
    """

    def __init__(
        self,
        path: Path,
        layout: GraphLayout,
        front_end: FrontEnd,
        *,
        threads: int = 1,
        left_seconds: float = 4.0,
        right_seconds: float = 1.0,
    ) -> None:
        self._path, self._layout, self._front_end = path, layout, front_end
        self._session = open_graph(path, threads)
        self._types = {i.name: _KINDS.get(i.type) for i in self._session.get_inputs()}
        wanted = {layout.input, layout.lengths, layout.mask} - {""}
        outputs = {output.name for output in self._session.get_outputs()}
        if set(self._types) != wanted or layout.output not in outputs:
            raise InputError(
                f"{path}: the network has inputs {', '.join(self._types)} and outputs "
                f"{', '.join(outputs)}, not those of the bundle's settings"
            )
        self.symbols = len(layout.columns)
        self.row_seconds = layout.row_seconds
        self.left_seconds, self.right_seconds = left_seconds, right_seconds

    def whole(self, samples: Floats) -> Floats:
        """Log-posteriors of an utterance (float32 [samples], 16 kHz): [rows, symbols]."""
        if len(samples) == 0:
            return np.zeros((0, self.symbols), np.float32)
        if len(samples) < _LEAST_SAMPLES:
            samples = np.pad(samples, (0, _LEAST_SAMPLES - len(samples)))
        rows = self.scores(self._front_end.compute(samples))
        if self._layout.scores == "probabilities":
            normal = np.log(np.maximum(rows, np.float32(1e-30)))
        else:
            normal = rows - rows.max(-1, keepdims=True)
            normal -= np.log(np.exp(normal).sum(-1, keepdims=True))
        return np.ascontiguousarray(normal[:, list(self._layout.columns)])

    def scores(self, features: Floats) -> Floats:
        """What the graph itself gives: [time, bins] or [samples] to [rows, its columns].

        AttuneError when the network cannot compute it.
        """
        layout = self._layout
        given = features.T if layout.axes == "bins,time" else features
        feeds: dict[str, NDArray[Any]] = {layout.input: self._as(layout.input, given[None])}
        if layout.lengths:
            feeds[layout.lengths] = self._as(layout.lengths, np.array([len(features)]))
        if layout.mask:
            feeds[layout.mask] = self._as(layout.mask, np.ones((1, len(features))))
        try:
            (scores,) = self._session.run([layout.output], feeds)
        except Exception as error:
            reason = " ".join(str(error).split())[:300]
            raise AttuneError(f"{self._path}: the network fails ({reason})") from error
        return np.asarray(scores[0], np.float32)

    def stream(self, chunk_seconds: float) -> WindowedStream:
        """The rows of one live stream, `chunk_seconds` at a time."""
        rows = [
            round(seconds / self.row_seconds)
            for seconds in (self.left_seconds, chunk_seconds, self.right_seconds)
        ]
        return WindowedStream(self, self._layout.row_samples, *rows)

    def _as(self, name: str, values: NDArray[Any]) -> NDArray[Any]:
        return np.ascontiguousarray(values, self._types[name] or np.float32)


class WindowedStream:
    """Log-posteriors of one stream, by windows of `left`, `chunk` and `right` rows.

    Not thread-safe; one for each stream. Rows come `chunk` at a time, once the `right` rows behind
    them have been heard: between `right` and `chunk` + `right` rows after their sound.
    """

    def __init__(
        self, encoder: UtteranceEncoder, row_samples: int, left: int, chunk: int, right: int
    ) -> None:
        self._encoder, self._row = encoder, row_samples
        # Whole steps, so that what is decoded together does not depend on how the audio came in.
        self.chunk_rows = max(1, round(_STEP_SECONDS / encoder.row_seconds))
        self._chunk = self.chunk_rows * max(1, round(chunk / self.chunk_rows))
        # Convolutions without padding give a row or two less than the window has.
        self._left, self._right = max(0, left), max(3, right)
        self.rows = 0
        self._first = 0  # row at which the buffer begins
        self._buffer = np.zeros(0, np.float32)

    def push(self, samples: Floats) -> None:
        """Hear `samples`."""
        self._buffer = np.concatenate([self._buffer, samples])

    def take(self, *, brisk: bool = False) -> Floats:
        """The next chunk's rows, float32 [rows, symbols]; none until its window has been heard.

        A smaller window would cost as much: `brisk` changes nothing.
        """
        window = self._window()
        if len(self._buffer) < window:
            return np.zeros((0, self._encoder.symbols), np.float32)
        taken = self._take(self._buffer[:window], self._chunk)
        self._forget()
        return taken

    def finish(self) -> Floats:
        """The last rows. The stream is used up afterwards."""
        left = self._first * self._row + len(self._buffer) - self.rows * self._row
        if left <= 0:
            return np.zeros((0, self._encoder.symbols), np.float32)
        return self._take(self._buffer, -(-left // self._row))

    def _window(self) -> int:
        """Samples that the next chunk needs, its left side included."""
        return (self.rows - self._first + self._chunk + self._right) * self._row

    def _take(self, window: Floats, count: int) -> Floats:
        begin = self.rows - self._first
        rows = self._encoder.whole(window)[begin : begin + count]
        self.rows += len(rows)
        return rows

    def _forget(self) -> None:
        """Drop what lies further back than the left side of the next window."""
        first = max(self._first, self.rows - self._left)
        self._buffer = self._buffer[(first - self._first) * self._row :]
        self._first = first
