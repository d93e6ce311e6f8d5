"""Graphs as exporters write them, for networks whose weights a test has chosen."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np
from onnx import NodeProto, TensorProto, helper, numpy_helper

from attune.acoustic.rounded_weights import INT8, Rounding, levels_tensor, rounded


def rounded_layer(
    name: str, weights: np.ndarray, rounding: Rounding = INT8
) -> tuple[list[TensorProto], list[NodeProto]]:
    """Rounded weights [inputs, outputs] of a layer, and the nodes that multiply by them and add
    its bias."""
    levels, scales = rounded(weights, rounding)
    stored = [f"{name}_levels", f"{name}_scales"]
    tensors = [
        levels_tensor(levels, stored[0], rounding),
        numpy_helper.from_array(scales, stored[1]),
    ]
    blocks = {"axis": 0, "block_size": rounding.block}
    added = [f"{name}_product", f"encoder.{name}.bias"]
    return tensors, [
        helper.make_node("DequantizeLinear", stored, [name], **blocks),
        helper.make_node("MatMul", [f"{name}_in", name], [f"{name}_product"]),
        helper.make_node("Add", added, [f"{name}_out"]),
    ]


def graph_content(
    name: str,
    nodes: Sequence[NodeProto],
    tensors: Sequence[TensorProto],
    key: str,
    sizes: Mapping[str, object],
) -> bytes:
    """An ONNX file that tells the network's sizes under `key`."""
    model = helper.make_model(helper.make_graph(nodes, name, [], [], tensors))
    entry = model.metadata_props.add()
    entry.key, entry.value = key, json.dumps(dict(sizes))
    content: bytes = model.SerializeToString()
    return content
