"""The keyword encoder at run time: one small network, its state, rows of 40 ms.

Four frames of 10 ms become a row. What the network gives for a row belongs to the audio `delay`
rows earlier, so a stream drops its first `delay` rows and hears as many empty ones at its end.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from attune.acoustic import FRAME_SHIFT, FeatureParameters
from attune.bundle import Bundle
from attune.errors import InputError
from attune.keyword.closer_look import CloserEncoder
from attune.keyword.closer_network import read_closer_network
from attune.keyword.encoded_rows import EncodedRows, joined_rows
from attune.keyword.log_mel import LogMelStream
from attune.keyword.network import read_network

__all__ = ["KeywordEncoder", "KeywordStream", "Network"]

Floats = NDArray[np.float32]

_MOST_ROWS = 250  # computed at a time: bounds the memory of a long block


class Network(Protocol):
    """Computes rows: `symbols` and `width` are the columns of what it gives."""

    symbols: int
    width: int
    state_size: int

    def step(self, frames: Floats, state: Floats) -> tuple[Floats, Floats, Floats]:
        """Log posteriors [n, symbols], hidden activations [n, width] and the next state from
        frames [subsampling n, bins] and state [1, state_size], zeros at first."""
        ...


class KeywordEncoder:
    """A loaded keyword encoder. Threads may share it; each stream keeps its own state.

    `network` computes rows: the compiled library where the file holds the network that Attune
    trains, ONNX Runtime for any other. `closer` is the encoder of the closer look, None without.
    InputError for a network or `chunking` settings that are not those of a keyword encoder.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.network = _open(bundle)
        self.parameters = FeatureParameters.from_json(dict(bundle.setting_group("features")))
        chunking = bundle.setting_group("chunking")
        self.subsampling = _count(chunking.get("subsampling"), "subsampling", 1, bundle)
        self.delay = _count(chunking.get("delay"), "delay", 0, bundle)
        self.symbols, self.width = self.network.symbols, self.network.width
        self.row_seconds = self.subsampling * FRAME_SHIFT
        self.closer = _closer(bundle, self) if bundle.has("closer_encoder") else None

    def stream(self, kept: int = 0) -> KeywordStream:
        """A new stream of 16 kHz audio; the frames of its last `kept` rows can be asked for."""
        return KeywordStream(self, kept)

    def whole(self, samples: Floats) -> EncodedRows:
        """The rows of a recording (float32, 16 kHz), the same as a stream gives; with what the
        closer encoder hears, if there is one."""
        stream = self.stream(0 if self.closer is None else len(samples))
        rows = joined_rows([stream.accept(samples), stream.finish()])
        if self.closer is None:
            return rows
        return replace(rows, closer=self.closer.whole(stream.frames(0, len(rows.hidden))))


class KeywordStream:
    """The rows of one stream; one thread at a time."""

    def __init__(self, encoder: KeywordEncoder, kept: int = 0) -> None:
        self._encoder = encoder
        self._kept: deque[tuple[int, Floats]] = deque()
        self._kept_frames = kept * encoder.subsampling
        self._features = LogMelStream(encoder.parameters)
        self._state = np.zeros((1, encoder.network.state_size), np.float32)
        self._waiting = np.zeros((0, encoder.parameters.bins), np.float32)
        self._dropped = 0
        self._heard = 0

    def accept(self, samples: Floats) -> EncodedRows:
        """The rows that `samples` (float32, 16 kHz, any number) complete."""
        frames = self._features.accept(samples)
        if self._kept_frames and len(frames):
            self._kept.append((self._heard, frames))
            while self._kept[0][0] + len(self._kept[0][1]) <= self._heard - self._kept_frames:
                self._kept.popleft()
        self._heard += len(frames)
        return self._compute(frames)

    def frames(self, first: int, after: int) -> Floats:
        """The frames of rows `first` to `after` (half open), [subsampling (after - first), bins],
        normalised; zeros for those that were not heard or are no longer kept."""
        step = self._encoder.subsampling
        begin, end = step * first, step * after
        found = np.zeros((end - begin, self._encoder.parameters.bins), np.float32)
        for at, block in self._kept:
            part = block[max(0, begin - at) : max(0, end - at)]
            place = max(0, at - begin)
            found[place : place + len(part)] = part
        return found

    def finish(self) -> EncodedRows:
        """The last rows, as if nothing came after; the stream is used up."""
        step = self._encoder.subsampling
        missing = -self._heard % step + step * self._encoder.delay
        silent = np.zeros((missing, self._encoder.parameters.bins), np.float32)
        return self._compute(silent)

    def _compute(self, frames: Floats) -> EncodedRows:
        waiting = np.concatenate([self._waiting, frames]) if len(self._waiting) else frames
        step = self._encoder.subsampling
        whole = len(waiting) // step * step
        done = []
        for first in range(0, whole, step * _MOST_ROWS):
            rows, hidden, self._state = self._encoder.network.step(
                waiting[first : min(whole, first + step * _MOST_ROWS)], self._state
            )
            done.append(self._aligned(EncodedRows(rows, hidden)))
        self._waiting = waiting[whole:]
        if len(done) == 1:
            return done[0]
        return joined_rows([_empty(self._encoder), *done])

    def _aligned(self, rows: EncodedRows) -> EncodedRows:
        """`rows` without those that belong to before the stream's beginning."""
        drop = min(self._encoder.delay - self._dropped, len(rows.hidden))
        self._dropped += drop
        return rows.part(slice(drop, None))


def _open(bundle: Bundle) -> Network:
    path = bundle.part_path("encoder")
    known = read_network(path)
    if known is not None:
        return known
    # It takes longer to load than everything else, and few bundles need it.
    from attune.keyword.onnx_network import OnnxNetwork

    return OnnxNetwork(path)


def _count(value: object, name: str, least: int, bundle: Bundle) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= 64:
        raise InputError(
            f"{bundle.path}: chunking settings: {name} {value!r} is not a count of {least} to 64"
        )
    return value


def _closer(bundle: Bundle, encoder: KeywordEncoder) -> CloserEncoder:
    path = bundle.part_path("closer_encoder")
    network = read_closer_network(path)
    if network is None or (network.shape.features, network.symbols) != (
        encoder.parameters.bins,
        encoder.symbols,
    ):
        raise InputError(f"{path}: not an encoder that goes with {bundle.path}: build it again")
    return CloserEncoder(network)


def _empty(encoder: KeywordEncoder) -> EncodedRows:
    return EncodedRows(
        np.zeros((0, encoder.symbols), np.float32), np.zeros((0, encoder.width), np.float32)
    )
