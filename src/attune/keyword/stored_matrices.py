"""The rounded matrices of an exported network, by the biases that their products are added to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from attune.acoustic.rounded_weights import INT4, INT8, restored
from attune.keyword.onnx_reading import OnnxFile

__all__ = ["stored_matrix"]


def stored_matrix(file: OnnxFile, bias: str) -> NDArray[np.float32]:
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
