"""The keyword encoder at run time: one small network, its state, rows of 40 ms.

The graph takes `frames` [batch, 4 n, bins] and `state` [batch, S], and gives `log_posteriors`
[batch, n, symbols], `hidden` [batch, n, D] and `next_state`. What it gives for a row belongs to
the audio `delay` rows earlier, so a stream drops its first `delay` rows and hears as many empty
ones at its end.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from attune.acoustic import FRAME_SHIFT, FeatureExtractor, FeatureParameters
from attune.bundle import Bundle
from attune.errors import InputError

__all__ = ["EncodedRows", "KeywordEncoder", "KeywordStream"]

Floats = NDArray[np.float32]

_INPUTS = {"frames", "state"}
_OUTPUTS = ["log_posteriors", "hidden", "next_state"]
_MOST_ROWS = 250  # computed at a time: bounds the memory of a long block


@dataclass(frozen=True)
class EncodedRows:
    """Rows in order of time: `log_posteriors` [rows, symbols], `hidden` [rows, D]."""

    log_posteriors: Floats
    hidden: Floats


class KeywordEncoder:
    """A loaded keyword encoder. Threads may share it; each stream keeps its own state.

    InputError for a network or `chunking` settings that are not those of a keyword encoder.
    """

    def __init__(self, bundle: Bundle) -> None:
        path = bundle.part_path("encoder")
        self._session = _session(path)
        inputs = {one.name: one.shape for one in self._session.get_inputs()}
        outputs = {one.name: one.shape for one in self._session.get_outputs()}
        if set(inputs) != _INPUTS or not set(_OUTPUTS) <= set(outputs):
            raise InputError(
                f"{path}: not a keyword encoder (inputs: {', '.join(inputs)}; outputs: "
                f"{', '.join(outputs)}): use the encoder of a keyword bundle"
            )
        self.parameters = FeatureParameters.from_json(dict(bundle.setting_group("features")))
        chunking = bundle.setting_group("chunking")
        self.subsampling = _count(chunking.get("subsampling"), "subsampling", 1, bundle)
        self.delay = _count(chunking.get("delay"), "delay", 0, bundle)
        self.symbols = int(outputs["log_posteriors"][2])
        self.width = int(outputs["hidden"][2])
        self.state_size = int(inputs["state"][1])
        self.row_seconds = self.subsampling * FRAME_SHIFT

    def stream(self) -> KeywordStream:
        """A new stream of 16 kHz audio."""
        return KeywordStream(self)

    def step(self, frames: Floats, state: Floats) -> tuple[EncodedRows, Floats]:
        """The rows of [subsampling n, bins] frames and the state after them."""
        rows, hidden, following = self._session.run(
            _OUTPUTS, {"frames": frames[None], "state": state}
        )
        return EncodedRows(rows[0], hidden[0]), following

    def whole(self, samples: Floats) -> EncodedRows:
        """The rows of a recording (float32, 16 kHz), the same as a stream gives."""
        stream = self.stream()
        return _joined([stream.accept(samples), stream.finish()])


class KeywordStream:
    """The rows of one stream; one thread at a time."""

    def __init__(self, encoder: KeywordEncoder) -> None:
        self._encoder = encoder
        self._extractor = FeatureExtractor(encoder.parameters)
        self._state = np.zeros((1, encoder.state_size), np.float32)
        self._waiting = np.zeros((0, encoder.parameters.bins), np.float32)
        self._dropped = 0
        self._heard = 0

    def accept(self, samples: Floats) -> EncodedRows:
        """The rows that `samples` (float32, 16 kHz, any number) complete."""
        frames = self._extractor.accept(samples)
        self._heard += len(frames)
        return self._compute(frames)

    def finish(self) -> EncodedRows:
        """The last rows, as if nothing came after; the stream is used up."""
        frames = self._extractor.finish()
        self._heard += len(frames)
        step = self._encoder.subsampling
        missing = -self._heard % step + step * self._encoder.delay
        silent = np.zeros((missing, self._encoder.parameters.bins), np.float32)
        return self._compute(np.concatenate([frames, silent]))

    def _compute(self, frames: Floats) -> EncodedRows:
        waiting = np.concatenate([self._waiting, frames]) if len(self._waiting) else frames
        step = self._encoder.subsampling
        whole = len(waiting) // step * step
        done = []
        for first in range(0, whole, step * _MOST_ROWS):
            rows, self._state = self._encoder.step(
                waiting[first : min(whole, first + step * _MOST_ROWS)], self._state
            )
            done.append(self._aligned(rows))
        self._waiting = waiting[whole:]
        if len(done) == 1:
            return done[0]
        return _joined([_empty(self._encoder), *done])

    def _aligned(self, rows: EncodedRows) -> EncodedRows:
        """`rows` without those that belong to before the stream's beginning."""
        drop = min(self._encoder.delay - self._dropped, len(rows.hidden))
        self._dropped += drop
        return EncodedRows(rows.log_posteriors[drop:], rows.hidden[drop:])


def _session(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.enable_cpu_mem_arena = False
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise InputError(f"{path}: the encoder cannot be loaded ({error})") from error


def _count(value: object, name: str, least: int, bundle: Bundle) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= 64:
        raise InputError(
            f"{bundle.path}: chunking settings: {name} {value!r} is not a count of {least} to 64"
        )
    return value


def _empty(encoder: KeywordEncoder) -> EncodedRows:
    return EncodedRows(
        np.zeros((0, encoder.symbols), np.float32), np.zeros((0, encoder.width), np.float32)
    )


def _joined(parts: list[EncodedRows]) -> EncodedRows:
    return EncodedRows(
        np.concatenate([part.log_posteriors for part in parts]),
        np.concatenate([part.hidden for part in parts]),
    )
