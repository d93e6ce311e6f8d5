"""The keyword encoder's network as the compiled library runs it.

A few times cheaper for a row or two than a general run-time's graph of a hundred nodes, and no
run-time to load. Sizes are read from the file's metadata, weights from its tensors; int8 weights
are scaled once, and computed with in float.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attune.decode.library import AttuneNetworkShape, address, check, library
from attune.errors import InputError
from attune.keyword.onnx_reading import read_onnx
from attune.keyword.stored_layers import stored_layers

__all__ = ["KeywordNetwork", "NetworkShape", "read_network"]

Floats = NDArray[np.float32]

_KEY = "attune.keyword_encoder"
_SUBSAMPLING = 4


@dataclass(frozen=True)
class NetworkShape:
    """Sizes of the network (`attune.train.acoustic.config.KeywordEncoderConfig`)."""

    features: int
    phones: int
    dim: int
    hidden: int
    kernel: int
    dilations: tuple[int, ...]
    delay: int

    @property
    def tensors(self) -> Mapping[str, tuple[int, ...]]:
        """Name -> shape of each layer's weights, in the library's order (attune_decode.h)."""
        window, dim, hidden = 2 * _SUBSAMPLING * self.features, self.dim, self.hidden
        shapes: dict[str, tuple[int, ...]] = {"front": (window, dim), "front_norm": (dim,)}
        for i in range(len(self.dilations)):
            shapes[f"blocks.{i}.depthwise"] = (self.kernel, dim)
            shapes[f"blocks.{i}.norm"] = (dim,)
            shapes[f"blocks.{i}.up"] = (dim, hidden)
            shapes[f"blocks.{i}.down"] = (hidden, dim)
        return {**shapes, "norm": (dim,), "phone_head": (dim, self.phones)}

    @property
    def state_size(self) -> int:
        """Numbers that carry a stream on: frames of the row before, rows of each block."""
        rows = (self.kernel - 1) * sum(self.dilations)
        return _SUBSAMPLING * self.features + rows * self.dim


class KeywordNetwork:
    """A network of this shape; threads may share it.

    `weights` float32 [all] holds the layers of `shape.tensors`, each with its bias behind it.
    """

    def __init__(self, shape: NetworkShape, weights: Floats) -> None:
        self.shape, self.weights = shape, weights
        self.symbols, self.width, self.state_size = shape.phones, shape.dim, shape.state_size
        self._dilations = np.array(shape.dilations, np.uint32)
        self._native = AttuneNetworkShape(
            features=shape.features,
            subsampling=_SUBSAMPLING,
            dim=shape.dim,
            hidden=shape.hidden,
            kernel=shape.kernel,
            phones=shape.phones,
            delay=shape.delay,
            blocks=len(shape.dilations),
            dilations=address(self._dilations),
        )

    def step(self, frames: Floats, state: Floats) -> tuple[Floats, Floats, Floats]:
        """Log posteriors [n, symbols], hidden activations [n, width] and the next state from
        frames [4 n, features] and state [1, state_size]. InputError for other shapes."""
        frames = np.ascontiguousarray(frames, np.float32)
        rows = len(frames) // _SUBSAMPLING
        wanted = (_SUBSAMPLING * rows, self.shape.features), (1, self.state_size)
        if (frames.shape, state.shape) != wanted:
            raise InputError(
                f"frames {frames.shape} and state {state.shape} for a keyword encoder that hears "
                f"frames of {self.shape.features} values: use the features of its bundle"
            )
        following = state.copy()
        log_posteriors = np.empty((rows, self.symbols), np.float32)
        hidden = np.empty((rows, self.width), np.float32)
        status = library().attune_network_run(
            self._native,
            address(self.weights),
            address(frames),
            rows,
            address(following),
            address(log_posteriors),
            address(hidden),
        )
        check(status)
        return log_posteriors, hidden, following


def read_network(path: Path) -> KeywordNetwork | None:
    """The network in an ONNX file; None when the file holds another one, or lays it out otherwise
    than `attune.train.keyword.export_keyword_encoder` does."""
    try:
        file = read_onnx(path)
        shape = _shape(json.loads(file.metadata[_KEY]))
        weights = stored_layers(file, shape.tensors.items())
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None
    return KeywordNetwork(shape, weights)


def _shape(values: Mapping[str, Any]) -> NetworkShape:
    names = ("features", "phones", "dim", "hidden", "kernel", "delay")
    sizes = {name: int(values[name]) for name in names}
    dilations = tuple(int(one) for one in values["dilations"])
    if min(*sizes.values(), *dilations) < 1 or sizes["delay"] > len(dilations):
        raise ValueError("impossible sizes")
    if sizes["dim"] % 4 or sizes["hidden"] % 4:
        raise ValueError("sizes that are not multiples of 4")
    return NetworkShape(**sizes, dilations=dilations)
