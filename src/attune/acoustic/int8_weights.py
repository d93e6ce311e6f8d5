"""Weights of eight bits: how a graph stores them, and how they become floats again.

A matrix [inputs, outputs] is stored as int8 levels of its shape and as scales [blocks, outputs],
one for each `BLOCK` inputs of an output; a `DequantizeLinear` node multiplies them (blocked
quantisation: ONNX operator set 21). Only weights are rounded: a stream's posteriors must not
depend on the streams computed beside it, as they would if activations shared a range.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["BLOCK", "restored", "rounded", "with_int8_matrices"]

BLOCK = 32
"""Weights of an output that share a scale."""

_LARGEST = 127.0
_OPERATOR_SET, _IR_VERSION = 21, 10  # the first that know blocks

Matrix = NDArray[np.floating[Any]]


def rounded(matrix: Matrix) -> tuple[NDArray[np.int8], Matrix]:
    """A matrix [inputs, outputs] as int8 levels of its shape and scales [blocks, outputs]."""
    inputs, outputs = matrix.shape
    blocks = np.pad(matrix.astype(np.float32), ((0, -inputs % BLOCK), (0, 0)))
    blocks = blocks.reshape(-1, BLOCK, outputs)
    scales = (np.abs(blocks).max(axis=1) / _LARGEST).astype(matrix.dtype)
    steps = np.rint(blocks / np.maximum(scales.astype(np.float32), 1e-30)[:, None])
    levels = np.clip(steps, -_LARGEST, _LARGEST).astype(np.int8)
    return levels.reshape(-1, outputs)[:inputs].copy(), scales


def restored(levels: NDArray[np.int8], scales: Matrix) -> NDArray[np.float32]:
    """Inverse of `rounded`: float32 [inputs, outputs]; ValueError for scales of another shape."""
    if scales.shape != (-(-len(levels) // BLOCK), *levels.shape[1:]):
        raise ValueError(f"scales of shape {scales.shape} for weights of shape {levels.shape}")
    wide = np.repeat(scales.astype(np.float32), BLOCK, axis=0)[: len(levels)]
    return levels.astype(np.float32) * wide


def with_int8_matrices(model: Any) -> Any:
    """An `onnx.ModelProto` with the constant matrices of its products stored as int8.

    Uses up `model`. An older operator set is raised to 21, with the nodes that it changed; what a
    matrix is needed for elsewhere than in products stays as it is.
    """
    from onnx import helper, numpy_helper

    found = {
        tensor.name: (tensor.data_type, rounded(numpy_helper.to_array(tensor)))
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
        stored = [f"{name}_int8", f"{name}_scales"]
        model.graph.initializer.append(numpy_helper.from_array(levels, stored[0]))
        model.graph.initializer.append(numpy_helper.from_array(scales, stored[1]))
        node = helper.make_node("DequantizeLinear", stored, [name], axis=0, block_size=BLOCK)
        nodes.append(node)
    nodes.extend(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model


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
