"""Weights of a few bits: what they stand for, in which graphs, and what computes with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import tones
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from attune.acoustic import EncoderSession, graphs, open_graph
from attune.acoustic.rounded_weights import (
    INT4,
    Rounding,
    restored,
    rounded,
    with_rounded_matrices,
)
from attune.keyword.onnx_reading import read_onnx

FLOAT, HALF = TensorProto.FLOAT, TensorProto.FLOAT16


def random_matrix(inputs: int, outputs: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.3, (inputs, outputs)).astype(np.float32)


@given(st.integers(1, 100), st.integers(1, 5), st.integers(0, 9))
def test_rounding_errs_by_half_a_level_and_only_once(inputs: int, outputs: int, seed: int) -> None:
    matrix = random_matrix(inputs, outputs, seed)
    matrix[:, 0] = 0
    levels, scales = rounded(matrix)
    again = restored(levels, scales)
    assert levels.shape == matrix.shape and scales.shape == (-(-inputs // 32), outputs)
    wide = np.repeat(scales, 32, axis=0)[:inputs]
    assert (np.abs(again - matrix) <= 0.501 * wide).all()
    np.testing.assert_array_equal(rounded(again)[0], levels)


def test_scales_of_another_shape() -> None:
    with pytest.raises(ValueError, match="scales of shape"):
        restored(np.zeros((64, 3), np.int8), np.zeros((3, 3), np.float32))


def product(weights: np.ndarray, *more: onnx.NodeProto, kind: int = FLOAT, **model: Any) -> Any:
    """x [rows, inputs] times weights gives y; `more` nodes."""
    real = {"x": ["rows", len(weights)], "y": ["rows", weights.shape[1]]}
    x, y = (helper.make_tensor_value_info(name, kind, shape) for name, shape in real.items())
    nodes = [helper.make_node("MatMul", ["x", "w"], ["y"]), *more]
    graph = helper.make_graph(nodes, "g", [x], [y], [numpy_helper.from_array(weights, "w")])
    return helper.make_model(graph, **{"ir_version": 10, **model})


def operators(version: int) -> dict[str, Any]:
    return {"opset_imports": [helper.make_opsetid("", version)], "ir_version": 8}


def written(path: Path, model: Any) -> Path:
    onnx.save(model, str(path))
    return path


def computed(path: Path, x: np.ndarray) -> np.ndarray:
    y: np.ndarray = open_graph(path).run(["y"], {"x": x})[0]
    return y


@pytest.mark.parametrize("inputs", [20, 64, 72])
def test_a_product_is_that_of_the_rounded_weights(inputs: int, tmp_path: Path) -> None:
    weights, x = random_matrix(inputs, 24), random_matrix(5, inputs, 1)
    model = with_rounded_matrices(product(weights, **operators(21)))
    onnx.checker.check_model(model)
    path = written(tmp_path / "n.onnx", model)
    exact = computed(path, x)
    np.testing.assert_allclose(exact, x @ restored(*rounded(weights)), atol=1e-5)
    # ONNX Runtime's own product rounds x too, if it is left to choose.
    (chosen,) = onnxruntime.InferenceSession(str(path)).run(None, {"x": x})
    np.testing.assert_allclose(exact, chosen, atol=0.03)
    np.testing.assert_allclose(exact, x @ weights, atol=0.02)


def test_weights_of_sixteen_bits(tmp_path: Path) -> None:
    weights, x = random_matrix(40, 24), random_matrix(5, 40, 1)
    model = with_rounded_matrices(product(weights.astype(np.float16), kind=HALF, **operators(21)))
    found = computed(written(tmp_path / "n.onnx", model), x.astype(np.float16))
    np.testing.assert_allclose(found, x @ weights, atol=0.03)


def test_older_operator_sets_are_raised(tmp_path: Path) -> None:
    """In the set of 2019 the axes were attributes, and weights might be inputs."""
    weights, x = random_matrix(64, 24), random_matrix(5, 64, 1)
    mean = helper.make_node("ReduceMean", ["y"], ["mean"], axes=[1], keepdims=0)
    model = product(weights, mean, **{**operators(11), "ir_version": 3})
    model.graph.input.append(helper.make_tensor_value_info("w", FLOAT, weights.shape))
    model.graph.output.append(helper.make_tensor_value_info("mean", FLOAT, ["rows"]))
    path = written(tmp_path / "n.onnx", with_rounded_matrices(model))
    session = open_graph(path)
    assert [one.name for one in session.get_inputs()] == ["x"]
    y, means = session.run(None, {"x": x})
    np.testing.assert_allclose(y, x @ weights, atol=0.02)
    np.testing.assert_allclose(means, y.mean(1), atol=1e-6)


@pytest.mark.parametrize(
    "more",
    [
        helper.make_node("Identity", ["w"], ["same"]),
        helper.make_node("MatMul", ["w", "x"], ["other"]),
    ],
)
def test_what_is_needed_elsewhere_stays(more: onnx.NodeProto) -> None:
    model = with_rounded_matrices(product(random_matrix(64, 64), more, **operators(18)))
    assert [one.name for one in model.graph.initializer] == ["w"]


def test_a_session_computes_with_floats(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is dequantised for each chunk, and nothing fused with it."""
    chosen = graphs.session_options

    def writing(threads: int = 1) -> onnxruntime.SessionOptions:
        options = chosen(threads)
        options.optimized_model_filepath = str(tmp_path / "loaded.onnx")
        return options

    monkeypatch.setattr(graphs, "session_options", writing)
    model = with_rounded_matrices(onnx.load_model_from_string(tones.encoder()))
    path = written(tmp_path / "n.onnx", model)
    EncoderSession(path)
    kept, loaded = (
        {node.op_type for node in onnx.load(one).graph.node}
        for one in (path, tmp_path / "loaded.onnx")
    )
    assert "DequantizeLinear" in kept
    assert loaded & {"MatMul", "Gemm", "FusedMatMul"}
    assert not loaded & {"DequantizeLinear", "MatMulNBits"}


@given(st.integers(1, 300), st.integers(1, 5), st.integers(0, 9))
def test_four_bits_err_no_more_than_the_largest_weight_asks(
    inputs: int, outputs: int, seed: int
) -> None:
    matrix = random_matrix(inputs, outputs, seed)
    plain = Rounding(INT4.bits, INT4.block, (1.0,))
    errors = [
        np.square(restored(*rounded(matrix, one), one) - matrix).sum() for one in (INT4, plain)
    ]
    assert rounded(matrix, INT4)[1].shape == (-(-inputs // 128), outputs)
    assert np.abs(rounded(matrix, INT4)[0]).max() <= 7
    assert errors[0] <= errors[1] * 1.0001


def test_a_product_of_four_bits(tmp_path: Path) -> None:
    """An odd number of weights: the last byte holds one."""
    weights, x = random_matrix(201, 3), random_matrix(5, 201, 1)
    model = with_rounded_matrices(product(weights, **operators(21)), INT4)
    onnx.checker.check_model(model)
    path = written(tmp_path / "n.onnx", model)
    kept = restored(*rounded(weights, INT4), INT4)
    np.testing.assert_allclose(computed(path, x), x @ kept, atol=1e-5)
    (levels,) = [v for k, v in read_onnx(path).tensors.items() if k.endswith("_int4")]
    np.testing.assert_array_equal(levels, rounded(weights, INT4)[0])
