"""The layers of an exported network: weights as the compiled library wants them."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from attune.acoustic.rounded_weights import INT4, INT8, restored
from attune.keyword.onnx_reading import OnnxFile

__all__ = ["stored_layers"]

Floats = NDArray[np.float32]

_MODULE = "encoder."  # the module in which an exported network keeps its parameters


def stored_layers(file: OnnxFile, layers: Iterable[tuple[str, tuple[int, ...]]]) -> Floats:
    """The weights of all `layers` (name and shape, see below), each with its bias behind it.

    Shapes are [inputs, outputs] of a matrix, [taps, dim] of a convolution over time, [channels, 3,
    3] of one over planes, [dim] of a norm. KeyError or ValueError for a file that lacks one.
    """
    wanted = list(layers)
    # Filled in place: devices have no room for two of them.
    weights = np.empty(sum(math.prod(one) + _outputs(one) for _, one in wanted), np.float32)
    at = 0
    for name, shape in wanted:
        for part in _layer(file, name, shape):
            weights[at : at + part.size] = part.ravel()
            at += part.size
    return weights


def _outputs(shape: tuple[int, ...]) -> int:
    """Biases of a layer whose weights have this shape."""
    return shape[0] if len(shape) == 3 else shape[-1]


def _layer(file: OnnxFile, name: str, shape: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Weights of this shape and bias of a layer."""
    bias, direct = file.tensors[f"{_MODULE}{name}.bias"], f"{_MODULE}{name}.weight"
    if direct not in file.tensors:
        weights = _matrix(file, f"{_MODULE}{name}.bias")
    else:
        weights = file.tensors[direct].astype(np.float32)
        if len(shape) == 2 and weights.ndim == 4:  # one tap: [outputs, inputs, 1, 1]
            weights = weights[:, :, 0, 0].T
        elif len(shape) == 2:  # over time: [dim, 1, taps]
            weights = weights[:, 0].T
        elif len(shape) == 3:  # over planes: [channels, 1, 3, 3]
            weights = weights[:, 0]
    if weights.shape != shape or bias.shape != (_outputs(shape),):
        raise ValueError(f"{name}: weights of shape {weights.shape}")
    return weights, bias.astype(np.float32)


def _matrix(file: OnnxFile, bias: str) -> Floats:
    """The matrix [inputs, outputs] whose product `bias` is added to; ValueError without one."""
    added = {name for node in file.nodes if bias in node.inputs for name in node.inputs}
    stored = {n.outputs[0]: n.inputs for n in file.nodes if n.kind == "DequantizeLinear"}
    products = [
        node.inputs[1]
        for node in file.nodes
        if node.kind == "MatMul" and added.intersection(node.outputs)
    ]
    if len(products) != 1 or len(stored[products[0]]) != 2:
        raise ValueError(f"{bias}: not added to one product with symmetrical weights")
    levels, scales = (file.tensors[name] for name in stored[products[0]])
    if levels.dtype != np.int8 or scales.dtype != np.float32:
        raise ValueError(f"{bias}: weights that are not rounded")
    # How many inputs share a scale tells one rounding from the other.
    fits = len(scales) == -(-len(levels) // INT8.block)
    rounding = INT8 if fits else INT4
    return restored(levels.astype(np.int8), scales.astype(np.float32), rounding)
