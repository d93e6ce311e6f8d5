"""ONNX files of any inputs and outputs, to see which are refused and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

Axes = Sequence[int | str]
FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64


def write_features_graph(
    path: Path,
    symbols: int = 5,
    *,
    axes: Axes = ("N", "T", 80),
    extra: Mapping[str, tuple[int, Axes]] | None = None,
    output: str = "log_probs",
    last: str = "LogSoftmax",
    metadata: Mapping[str, str] | None = None,
    weights: np.ndarray | None = None,
) -> Path:
    """x [axes] times weights [80, symbols], a row a frame; `extra` inputs are not used."""
    if weights is None:
        weights = np.random.default_rng(0).normal(0, 0.3, (80, symbols)).astype(np.float32)
    turned = axes[1] == 80
    nodes = [
        helper.make_node("Transpose", ["x"], ["turned"], perm=[0, 2, 1] if turned else [0, 1, 2]),
        helper.make_node("MatMul", ["turned", "weights"], ["scores"]),
        helper.make_node(last, ["scores"], [output]),
    ]
    inputs = [helper.make_tensor_value_info("x", FLOAT, list(axes))]
    for name, (kind, shape) in (extra or {}).items():
        inputs.append(helper.make_tensor_value_info(name, kind, list(shape)))
    outputs = [helper.make_tensor_value_info(output, FLOAT, ["N", "R", symbols])]
    constants = [numpy_helper.from_array(weights, "weights")]
    return _save(path, nodes, inputs, outputs, constants, metadata)


def write_waveform_graph(path: Path, symbols: int = 5) -> Path:
    """x [N, samples] -> logits [N, rows, symbols], a row every 20 ms."""
    weights = np.random.default_rng(0).normal(0, 3, (symbols, 1, 320)).astype(np.float32)
    nodes = [
        helper.make_node("Unsqueeze", ["x", "axis"], ["channel"]),
        helper.make_node("Conv", ["channel", "weights"], ["scores"], strides=[320]),
        helper.make_node("Transpose", ["scores"], ["logits"], perm=[0, 2, 1]),
    ]
    return _save(
        path,
        nodes,
        [helper.make_tensor_value_info("x", FLOAT, ["N", "T"])],
        [helper.make_tensor_value_info("logits", FLOAT, ["N", "R", symbols])],
        [
            numpy_helper.from_array(weights, "weights"),
            numpy_helper.from_array(np.array([1]), "axis"),
        ],
        None,
    )


def _save(
    path: Path,
    nodes: list[onnx.NodeProto],
    inputs: list[onnx.ValueInfoProto],
    outputs: list[onnx.ValueInfoProto],
    constants: list[onnx.TensorProto],
    metadata: Mapping[str, str] | None,
) -> Path:
    graph = helper.make_graph(nodes, "hand made", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    helper.set_model_props(model, dict(metadata or {}))
    onnx.save(model, str(path))
    return path
