"""Whole-utterance networks: layouts of their inputs and outputs, and windows over a stream."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from attune.acoustic import (
    GraphLayout,
    KaldiFrontEnd,
    PosteriorStream,
    UtteranceEncoder,
    WaveformFrontEnd,
)
from attune.errors import AttuneError, InputError

ROW = 320
COLUMNS = (3, 0, 1, 2)
KINDS = {"float": TensorProto.FLOAT, "float16": TensorProto.FLOAT16}


def write_graph(path: Path, *, ending: str = "Identity", kind: str = "float") -> Path:
    """x [N, samples] -> y [N, rows, 4]: a strided convolution that looks 100 ms ahead."""
    weights = np.random.default_rng(0).normal(0, 2, (4, 1, 1600)).astype(np.float32)
    nodes = [
        helper.make_node("Cast", ["x"], ["sound"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["sound", "axis"], ["channel"]),
        helper.make_node("Conv", ["channel", "weights"], ["scores"], strides=[ROW]),
        helper.make_node("Transpose", ["scores"], ["rows"], perm=[0, 2, 1]),
        helper.make_node(ending, ["rows"], ["y"]),
    ]
    constants = {"weights": weights, "axis": np.array([1])}
    graph = helper.make_graph(
        nodes,
        "convolution",
        [helper.make_tensor_value_info("x", KINDS[kind], ["N", "T"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", "R", 4])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(model, str(path))
    return path


LAYOUT = GraphLayout("x", "samples", "y", COLUMNS, ROW)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> UtteranceEncoder:
    graph = write_graph(tmp_path_factory.mktemp("graph") / "net.onnx")
    return UtteranceEncoder(graph, LAYOUT, WaveformFrontEnd())


def noise(count: int) -> np.ndarray:
    return np.random.default_rng(count).normal(0, 0.1, count).astype(np.float32)


def test_rows_are_log_posteriors_with_the_blank_first(encoder: UtteranceEncoder) -> None:
    samples = noise(8000)
    scores = encoder.scores(samples)
    rows = encoder.whole(samples)
    assert rows.dtype == np.float32 and rows.shape == (1 + (8000 - 1600) // ROW, 4)
    assert np.exp(rows).sum(1) == pytest.approx(np.ones(len(rows)), abs=1e-5)
    assert (rows.argmax(1) == np.array([COLUMNS.index(i) for i in scores.argmax(1)])).all()


def test_probabilities_become_logarithms(tmp_path: Path, encoder: UtteranceEncoder) -> None:
    graph = write_graph(tmp_path / "net.onnx", ending="Softmax")
    layout = GraphLayout("x", "samples", "y", COLUMNS, ROW, scores="probabilities")
    samples = noise(8000)
    rows = UtteranceEncoder(graph, layout, WaveformFrontEnd()).whole(samples)
    assert np.abs(np.exp(rows) - np.exp(encoder.whole(samples))).max() < 1e-5


def test_half_precision_input(tmp_path: Path, encoder: UtteranceEncoder) -> None:
    graph = write_graph(tmp_path / "net.onnx", kind="float16")
    samples = noise(8000)
    rows = UtteranceEncoder(graph, LAYOUT, WaveformFrontEnd()).whole(samples)
    assert np.abs(np.exp(rows) - np.exp(encoder.whole(samples))).max() < 0.02


def test_short_sound_is_padded(encoder: UtteranceEncoder) -> None:
    assert encoder.whole(np.zeros(0, np.float32)).shape == (0, 4)
    assert len(encoder.whole(noise(10))) == 8


def heard(stream: PosteriorStream, samples: np.ndarray) -> list[np.ndarray]:
    """What the stream can compute once it has heard `samples` too."""
    stream.push(samples)
    rows = []
    while len(taken := stream.take()):
        rows.append(taken)
    return rows


@given(
    count=st.integers(0, 60_000),
    cuts=st.lists(st.integers(1, 20_000), max_size=6),
    chunk=st.sampled_from([0.1, 0.5, 2.0]),
)
def test_a_stream_has_the_rows_of_the_whole(
    encoder: UtteranceEncoder, count: int, cuts: list[int], chunk: float
) -> None:
    samples = noise(count)
    stream, rows, at = encoder.stream(chunk), [], 0
    for cut in [*cuts, count]:
        rows += heard(stream, samples[at : at + cut])
        at += cut
    rows.append(stream.finish())
    got, whole = np.concatenate(rows), encoder.whole(samples)
    # The network looks 100 ms ahead, a window's right side holds a second.
    assert stream.rows == len(got) and abs(len(got) - len(whole)) <= (8 if count < 4000 else 0)
    shared = min(len(got), len(whole))
    assert np.abs(got[:shared] - whole[:shared]).max(initial=0) < 1e-4


def test_a_row_comes_when_its_right_side_was_heard(encoder: UtteranceEncoder) -> None:
    stream = encoder.stream(0.64)
    assert stream.chunk_rows == 16
    waited = [sum(map(len, heard(stream, noise(ROW)))) for _ in range(150)]
    first, second = [number for number, rows in enumerate(waited, start=1) if rows][:2]
    assert (first, second) == (32 + 50, 64 + 50)  # chunk, and a second to the right
    assert set(waited) == {0, 32}


def test_settings_come_back() -> None:
    for layout in (LAYOUT, GraphLayout("a", "bins,time", "b", (2, 0), 1280, lengths="n", mask="m")):
        assert GraphLayout.from_json({"units": "pieces", **layout.to_json()}) == layout
    assert LAYOUT.to_json()["columns"] == {"blank": 3, "count": 4}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"axes": "time"}, "axes 'time'"),
        ({"scores": "odds"}, "scores 'odds'"),
        ({"row_samples": 0}, "row_samples 0"),
        ({"columns": [0]}, "at least one symbol"),
        ({"columns": "x"}, "encoder settings cannot be read"),
    ],
)
def test_settings_that_cannot_be_used(change: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        GraphLayout.from_json({**LAYOUT.to_json(), **change})


def test_a_network_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    graph = write_graph(tmp_path / "net.onnx")
    other = GraphLayout("sound", "samples", "y", COLUMNS, ROW)
    with pytest.raises(InputError, match=r"inputs x and outputs y, not those of the bundle"):
        UtteranceEncoder(graph, other, WaveformFrontEnd())
    features = UtteranceEncoder(graph, LAYOUT, KaldiFrontEnd())
    with pytest.raises(AttuneError, match=r"net\.onnx: the network fails"):
        features.whole(noise(8000))
