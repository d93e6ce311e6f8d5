"""The compiled library hears as the features' own library and ONNX Runtime do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from network_keywords import SIZES, network_encoder, whistle_weights, zeros
from tone_keywords import ANNA, keyword_encoder, said

from attune.acoustic import FeatureExtractor, FeatureParameters
from attune.acoustic.graphs import session_options
from attune.bundle import Bundle
from attune.errors import InputError
from attune.keyword import base_bundle
from attune.keyword.encoder_stream import KeywordEncoder
from attune.keyword.log_mel import LogMelStream
from attune.keyword.network import KeywordNetwork, read_network
from attune.keyword.onnx_reading import read_onnx

NORMALIZED = FeatureParameters(
    mean=tuple(np.linspace(9, 13, 80).tolist()), scale=(0.25,) * 80, window=150, prior=40
)


def shipped_base() -> Bundle | None:
    try:
        return base_bundle()
    except InputError:
        return None


def speechlike(seconds: float, seed: int = 0) -> np.ndarray:
    """Noise whose level and colour change all the time, with silences."""
    random = np.random.default_rng(seed)
    noise = random.normal(0, 1, round(seconds * 16000))
    level = np.repeat(random.uniform(-3, 0, len(noise) // 1600 + 1), 1600)[: len(noise)]
    smooth = np.convolve(noise, np.ones(3) / 3, "same")
    heard = 10**level * np.where(level > -1, smooth, noise)
    heard[len(heard) // 3 : len(heard) // 2] = 0
    return heard.astype(np.float32)


@pytest.mark.parametrize(
    "parameters",
    [
        NORMALIZED,
        FeatureParameters(),
        FeatureParameters(bins=40, frame_length_ms=32.0, frame_shift_ms=16.0, low_hz=60.0),
        FeatureParameters(sample_rate=8000, bins=23, high_hz=3700.0, floor=-20.0),
    ],
    ids=["normalized", "bare", "longer frames", "8 kHz"],
)
def test_features_are_those_of_the_recogniser(parameters: FeatureParameters) -> None:
    heard = speechlike(5)
    expected = FeatureExtractor(parameters).accept(heard)
    frames = LogMelStream(parameters).accept(heard)
    assert frames.shape == expected.shape
    np.testing.assert_allclose(frames, expected, atol=2e-3)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 3000), min_size=1, max_size=20))
def test_features_do_not_depend_on_the_pieces(pieces: list[int]) -> None:
    heard = speechlike(sum(pieces) / 16000 + 0.001)[: sum(pieces)]
    stream, at, frames = LogMelStream(NORMALIZED), 0, []
    for piece in pieces:
        frames.append(stream.accept(heard[at : at + piece]))
        at += piece
    np.testing.assert_array_equal(
        np.concatenate(frames), LogMelStream(NORMALIZED).accept(heard), strict=True
    )


@pytest.mark.parametrize(
    "changes", [{"bins": 0}, {"window": 0}, {"frame_shift_ms": 0.0}, {"frame_length_ms": 5.0}]
)
def test_features_that_cannot_be(changes: dict[str, float]) -> None:
    with pytest.raises(InputError, match="make no frames"):
        LogMelStream(FeatureParameters(**changes))  # type: ignore[arg-type]


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.fixture
def network(tmp_path: Path) -> KeywordNetwork:
    random = np.random.default_rng(0)
    values = {name: random.normal(0, 0.3, v.shape).astype("f4") for name, v in zeros().items()}
    found = read_network(written(tmp_path / "n.onnx", network_encoder(values)))
    assert found is not None
    return found


def test_rows_do_not_depend_on_the_pieces(network: KeywordNetwork) -> None:
    frames = np.random.default_rng(1).normal(0, 1, (4 * 40, 80)).astype(np.float32)
    zero = np.zeros((1, network.state_size), np.float32)
    whole, hidden, after = network.step(frames, zero)
    state, at, rows, inner = zero, 0, [], []
    for count in (1, 2, 0, 7, 3, 27):
        row, wide, state = network.step(frames[4 * at : 4 * (at + count)], state)
        rows.append(row)
        inner.append(wide)
        at += count
    np.testing.assert_array_equal(np.concatenate(rows), whole)
    np.testing.assert_array_equal(np.concatenate(inner), hidden)
    np.testing.assert_array_equal(state, after)
    np.testing.assert_allclose(np.exp(whole).sum(1), 1.0, atol=1e-5)
    assert not zero.any()


@pytest.mark.parametrize(
    ("frames", "state"), [((8, 40), None), ((6, 80), None), ((8, 80), (1, 3)), ((8,), None)]
)
def test_frames_of_another_shape(
    network: KeywordNetwork, frames: tuple[int, ...], state: tuple[int, ...] | None
) -> None:
    with pytest.raises(InputError, match="use the features of its bundle"):
        network.step(
            np.zeros(frames, np.float32), np.zeros(state or (1, network.state_size), np.float32)
        )


def without(name: str) -> bytes:
    values = whistle_weights()
    del values[name]
    return network_encoder(values)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nonsense",
        network_encoder()[:-2000],
        keyword_encoder(),  # another network: ONNX Runtime computes it
        without("norm.bias"),
        without("phone_head.weight"),
        network_encoder(dim=32),
        network_encoder(dilations=[]),
        network_encoder(delay=9),
        network_encoder(kernel="three"),
    ],
)
def test_another_network_is_left_to_onnx_runtime(tmp_path: Path, content: bytes) -> None:
    assert read_network(written(tmp_path / "n.onnx", content)) is None


def test_what_is_read_is_what_onnx_reads(tmp_path: Path) -> None:
    path = written(tmp_path / "n.onnx", network_encoder())
    found, expected = read_onnx(path), onnx.load(path)
    assert [node.kind for node in found.nodes] == [node.op_type for node in expected.graph.node]
    assert found.metadata.keys() == {"attune.keyword_encoder"}
    assert len(found.tensors) == len(expected.graph.initializer)
    for tensor in expected.graph.initializer:
        values = onnx.numpy_helper.to_array(tensor)
        np.testing.assert_array_equal(found.tensors[tensor.name], values, strict=True)


def test_it_hears(tmp_path: Path) -> None:
    found = read_network(written(tmp_path / "n.onnx", network_encoder()))
    assert found is not None and found.shape.dilations == tuple(SIZES["dilations"])
    frames = LogMelStream(FeatureParameters()).accept(said(ANNA))
    rows, *_ = found.step(
        frames[: len(frames) // 4 * 4], np.zeros((1, found.state_size), np.float32)
    )
    spoken = [int(k) for k in rows.argmax(1) if k]
    assert len(set(spoken)) == len(set(ANNA.pronunciations[0]))


def test_the_shipped_network_gives_what_its_graph_gives() -> None:
    bundle = shipped_base()
    if bundle is None:
        pytest.skip("no keyword base is shipped")
    encoder = KeywordEncoder(bundle)
    assert isinstance(encoder.network, KeywordNetwork)
    path = bundle.part_path("encoder")
    session = onnxruntime.InferenceSession(str(path), session_options())
    frames = LogMelStream(encoder.parameters).accept(speechlike(10))[: 4 * 245]
    state = np.zeros((1, encoder.network.state_size), np.float32)
    for part in np.split(frames, [4, 12, 44, 400]):
        rows, hidden, following = encoder.network.step(part, state)
        expected = session.run(None, {"frames": part[None], "state": state})
        np.testing.assert_allclose(np.exp(rows), np.exp(expected[0][0]), atol=1e-3)
        np.testing.assert_allclose(hidden, expected[1][0], atol=1e-3)
        np.testing.assert_allclose(following, expected[2], atol=1e-3)
        state = following
