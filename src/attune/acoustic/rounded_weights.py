"""Weights of a few bits: how a graph stores them, and how they become floats again.

A matrix [inputs, outputs] is stored as levels of its shape, int8 or int4, and as scales [blocks,
outputs], one for each block of an output's inputs; a `DequantizeLinear` node multiplies them
(blocked quantisation: ONNX operator set 21). Only weights are rounded: a stream's posteriors must
not depend on the streams computed beside it, as they would if activations shared a range.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "INT4",
    "INT8",
    "Rounding",
    "levels_tensor",
    "restored",
    "rounded",
    "with_rounded_matrices",
]

_OPERATOR_SET, _IR_VERSION = 21, 10  # the first that know blocks and int4

Matrix = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Rounding:
    """Levels of so many `bits`, from `-largest` to `largest`; `block` inputs of an output share a
    scale, which is the block's largest weight by `largest`, or the best of these `shares` of it."""

    bits: int
    block: int
    shares: tuple[float, ...]

    @property
    def largest(self) -> int:
        """The highest level."""
        return int(2 ** (self.bits - 1)) - 1


INT8 = Rounding(8, 32, (1.0,))
"""As good as floats."""

INT4 = Rounding(4, 128, (1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7))
"""Half the size. With few levels it pays to cut off a block's largest weight."""


def rounded(matrix: Matrix, rounding: Rounding = INT8) -> tuple[NDArray[np.int8], Matrix]:
    """A matrix [inputs, outputs] as int8 levels of its shape and scales [blocks, outputs]."""
    inputs, outputs = matrix.shape
    blocks = np.pad(matrix.astype(np.float32), ((0, -inputs % rounding.block), (0, 0)))
    blocks = blocks.reshape(-1, rounding.block, outputs)
    most = np.abs(blocks).max(axis=1) / rounding.largest
    best: tuple[NDArray[np.int8], Matrix, Matrix] | None = None
    for share in rounding.shares:
        scales = (most * np.float32(share)).astype(matrix.dtype)
        wide = np.maximum(scales.astype(np.float32), 1e-30)[:, None]
        steps = np.clip(np.rint(blocks / wide), -rounding.largest, rounding.largest)
        error = np.square(steps * wide - blocks).sum(axis=1)
        levels = steps.astype(np.int8)
        if best is not None:
            better = error < best[2]
            levels = np.where(better[:, None], levels, best[0])
            scales, error = np.where(better, scales, best[1]), np.minimum(error, best[2])
        best = levels, scales, error
    assert best is not None
    return best[0].reshape(-1, outputs)[:inputs].copy(), best[1]


def restored(
    levels: NDArray[np.int8], scales: Matrix, rounding: Rounding = INT8
) -> NDArray[np.float32]:
    """Inverse of `rounded`: float32 [inputs, outputs]; ValueError for scales of another shape."""
    if scales.shape != (-(-len(levels) // rounding.block), *levels.shape[1:]):
        raise ValueError(f"scales of shape {scales.shape} for weights of shape {levels.shape}")
    wide = np.repeat(scales.astype(np.float32), rounding.block, axis=0)[: len(levels)]
    return levels.astype(np.float32) * wide


def with_rounded_matrices(model: Any, rounding: Rounding = INT8) -> Any:
    """An `onnx.ModelProto` with the constant matrices of its products stored in few bits.

    Uses up `model`. An older operator set is raised to 21, with the nodes that it changed; what a
    matrix is needed for elsewhere than in products stays as it is.
    """
    from onnx import helper, numpy_helper

    found = {
        tensor.name: (tensor.data_type, rounded(numpy_helper.to_array(tensor), rounding))
        for tensor in _matrices(model)
    }
    for place in reversed(range(len(model.graph.initializer))):
        if model.graph.initializer[place].name in found:
            del model.graph.initializer[place]
    # Inputs for now: the converter of versions wants to know every name, and takes 2 GB at most.
    given = {value.name for value in model.graph.input}
    model.graph.input.extend(
        helper.make_tensor_value_info(name, kind, levels.shape)
        for name, (kind, (levels, _)) in found.items()
        if name not in given
    )
    model = _raised(model)
    for place in reversed(range(len(model.graph.input))):
        if model.graph.input[place].name in found:
            del model.graph.input[place]
    nodes = []
    for name, (_, (levels, scales)) in found.items():
        stored = [f"{name}_int{rounding.bits}", f"{name}_scales"]
        model.graph.initializer.append(levels_tensor(levels, stored[0], rounding))
        model.graph.initializer.append(numpy_helper.from_array(scales, stored[1]))
        node = helper.make_node(
            "DequantizeLinear", stored, [name], axis=0, block_size=rounding.block
        )
        nodes.append(node)
    nodes.extend(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model


def levels_tensor(levels: NDArray[np.int8], name: str, rounding: Rounding) -> Any:
    """An `onnx.TensorProto` of levels; two of four bits share a byte, the first one low."""
    from onnx import TensorProto, helper, numpy_helper

    if rounding.bits == 8:
        return numpy_helper.from_array(levels, name)
    flat = np.pad(levels.ravel(), (0, levels.size % 2)).view(np.uint8) & 15
    packed = flat[::2] | flat[1::2] << 4
    return helper.make_tensor(name, TensorProto.INT4, levels.shape, packed.tobytes(), raw=True)


def _matrices(model: Any) -> list[Any]:
    """Initializers that are the second factor of products and nothing else."""
    from onnx import TensorProto

    factors: set[str] = set()
    others = {value.name for value in model.graph.output}
    for node in _nodes(model.graph):
        for place, name in enumerate(node.input):
            (factors if node.op_type == "MatMul" and place == 1 else others).add(name)
    return [
        tensor
        for tensor in model.graph.initializer
        if tensor.name in factors - others
        and len(tensor.dims) == 2
        and tensor.data_type in (TensorProto.FLOAT, TensorProto.FLOAT16)
    ]


def _nodes(graph: Any) -> Iterator[Any]:
    """Nodes of a graph and of the graphs inside it."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                yield from _nodes(inner)


def _raised(model: Any) -> Any:
    """The model in an operator set that knows blocks."""
    from onnx import version_converter

    if any(o.domain in ("", "ai.onnx") and o.version < _OPERATOR_SET for o in model.opset_import):
        model = version_converter.convert_version(model, _OPERATOR_SET)
    model.ir_version = max(model.ir_version, _IR_VERSION)
    return model
