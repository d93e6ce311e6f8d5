"""The closer look's network as the compiled library runs it: a small Conformer over one window.

Sizes are read from the file's metadata, weights from its tensors, as `attune.keyword.network` does
with the network that listens; the library is `decode/native/conformer.c`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attune.decode.library import ConformerShape, address, check, library
from attune.errors import InputError
from attune.keyword.onnx_reading import read_onnx
from attune.keyword.stored_layers import stored_layers

__all__ = ["CloserNetwork", "CloserShape", "read_closer_network"]

Floats = NDArray[np.float32]

_KEY = "attune.encoder"
_SUBSAMPLING = 4


@dataclass(frozen=True)
class CloserShape:
    """Sizes of the network (`attune.train.acoustic.config.EncoderConfig`), in the library's
    order."""

    features: int
    front_channels: int
    outer_dim: int
    outer_layers: int
    inner_dim: int
    inner_layers: int
    heads: int
    feedforward: int
    kernel: int
    lookahead: int
    lookbehind: int
    phones: int

    def tensors(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Name and shape of each layer's weights, in the library's order (conformer.h)."""
        channels, outer, inner = self.front_channels, self.outer_dim, self.inner_dim
        yield "front.first", (channels, 3, 3)
        yield "front.depthwise", (channels, 3, 3)
        yield "front.pointwise", (channels, channels)
        yield "front.project", (channels * (self.features // 4), outer)
        yield "front.context", (self.lookbehind + self.lookahead + 1, outer)
        yield "front.norm", (outer,)
        yield from _feed_forward("front.mix", outer, 2 * outer)
        yield from self._layers("before", self.outer_layers, outer)
        yield "before_norm", (outer,)
        yield "down", (2 * outer, inner)
        yield from self._layers("inner", self.inner_layers, inner)
        yield "inner_norm", (inner,)
        yield "up", (inner, 2 * outer)
        yield from self._layers("after", self.outer_layers, outer)
        yield "after_norm", (outer,)
        yield "phone_head", (outer, self.phones)

    def _layers(self, stage: str, count: int, dim: int) -> Iterator[tuple[str, tuple[int, ...]]]:
        for name in (f"{stage}.{number}" for number in range(count)):
            yield from _feed_forward(f"{name}.first", dim, self.feedforward // 2 * dim)
            yield f"{name}.attention.norm", (dim,)
            yield f"{name}.attention.query", (dim, dim)
            yield f"{name}.attention.key_value", (dim, 2 * dim)
            yield f"{name}.attention.out", (dim, dim)
            yield f"{name}.convolution.norm", (dim,)
            yield f"{name}.convolution.gate", (dim, 2 * dim)
            yield f"{name}.convolution.depthwise", (self.kernel, dim)
            yield f"{name}.convolution.middle", (dim,)
            yield f"{name}.convolution.out", (dim, dim)
            yield from _feed_forward(f"{name}.second", dim, self.feedforward * dim)


class CloserNetwork:
    """A network of this shape; threads may share it.

    `weights` float32 [all] holds the layers of `shape.tensors`, each with its bias behind it.
    """

    def __init__(self, shape: CloserShape, weights: Floats) -> None:
        self.shape, self.weights, self.symbols = shape, weights, shape.phones
        self._native = ConformerShape(*astuple(shape))

    def rows(self, frames: Floats) -> Floats:
        """Log posteriors [2 n, symbols] of frames [8 n, features], with nothing before and after
        them. InputError for other shapes."""
        frames = np.ascontiguousarray(frames, np.float32)
        rows = len(frames) // _SUBSAMPLING
        if frames.shape != (_SUBSAMPLING * rows, self.shape.features) or rows % 2:
            raise InputError(
                f"frames {frames.shape} for an encoder that hears pairs of rows of frames of "
                f"{self.shape.features} values: use the features of its bundle"
            )
        found = np.empty((rows, self.symbols), np.float32)
        status = library().conformer_run(
            self._native, address(self.weights), address(frames), rows, address(found)
        )
        check(1 if status else 0)
        return found


def read_closer_network(path: Path) -> CloserNetwork | None:
    """The network in an ONNX file; None when the file holds another one, or lays it out otherwise
    than `attune.train.acoustic.export.export_encoder` does."""
    try:
        file = read_onnx(path)
        shape = _shape(json.loads(file.metadata[_KEY]))
        weights = stored_layers(file, shape.tensors())
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None
    return CloserNetwork(shape, weights)


def _feed_forward(name: str, dim: int, hidden: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield f"{name}.norm", (dim,)
    yield f"{name}.up", (dim, hidden)
    yield f"{name}.down", (hidden, dim)


def _shape(values: Mapping[str, Any]) -> CloserShape:
    shape = CloserShape(**{name: int(values[name]) for name in CloserShape.__annotations__})
    if min(astuple(shape)) < 1 or shape.feedforward < 2:
        raise ValueError("impossible sizes")
    if shape.features % 4 or any(
        dim % 8 or dim % (2 * shape.heads) for dim in (shape.outer_dim, shape.inner_dim)
    ):
        raise ValueError("sizes that do not divide")
    return shape
