"""What is trained is what devices compute: the compiled library reads the exported graphs."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from closer_keywords import closer_encoder
from network_keywords import network_encoder
from onnxruntime import InferenceSession
from tiny_encoder import TINY
from tone_keywords import write_base

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from attune.acoustic import FeatureParameters, open_graph  # noqa: E402
from attune.errors import InputError  # noqa: E402
from attune.keyword.closer_network import read_closer_network  # noqa: E402
from attune.keyword.network import read_network  # noqa: E402
from attune.train.acoustic.checkpoint import save_checkpoint  # noqa: E402
from attune.train.acoustic.config import EncoderConfig, KeywordEncoderConfig  # noqa: E402
from attune.train.acoustic.encoder import Encoder, pad_edges  # noqa: E402
from attune.train.acoustic.export import STATE_NAMES, export_encoder  # noqa: E402
from attune.train.acoustic.initial import read_keyword_start, read_start  # noqa: E402
from attune.train.acoustic.keyword_encoder import KeywordEncoder  # noqa: E402
from attune.train.keyword import export_keyword_encoder  # noqa: E402


def test_the_library_gives_the_posteriors_of_the_trained_network(tmp_path: Path) -> None:
    torch.manual_seed(0)
    config = KeywordEncoderConfig(dim=48, hidden=64, kernel=5, dilations=(1, 2, 1))
    trained = KeywordEncoder(config).eval()
    with torch.no_grad():
        for parameter in trained.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    checkpoint = {
        "model": {},
        "average": trained.state_dict(),
        "keyword_encoder": asdict(config),
        "features": FeatureParameters().to_json(),
    }
    save_checkpoint(tmp_path / "last.pt", checkpoint)
    exported = export_keyword_encoder(tmp_path / "last.pt", tmp_path / "spotter.onnx").path
    network = read_network(exported)
    assert network is not None
    assert network.state_size == sum(trained.state_sizes)
    session = open_graph(exported)
    state, random = np.zeros((1, network.state_size), np.float32), np.random.default_rng(0)
    for count in (1, 2, 8, 3, 40):
        frames = random.standard_normal((4 * count, 80)).astype(np.float32)
        rows, hidden, following = network.step(frames, state)
        expected = session.run(None, {"frames": frames[None], "state": state})
        for found, wanted in zip((rows, hidden, following), expected, strict=True):
            np.testing.assert_allclose(found, wanted.reshape(found.shape), atol=1e-3)
        with torch.inference_mode():
            exact, *_ = trained.stream(torch.from_numpy(frames[None]), torch.from_numpy(state))
        assert np.abs(np.exp(rows) - np.exp(exact[0].numpy())).sum(1).mean() < 0.05
        state = following


def test_the_library_gives_the_posteriors_of_the_encoder_that_looks_closer(tmp_path: Path) -> None:
    """A small recogniser's encoder, exported as every one is, heard over one window."""
    torch.manual_seed(0)
    config = replace(EncoderConfig(**TINY), inner_layers=2, feedforward=2, outer_layers=2)
    trained = Encoder(config).eval()
    with torch.no_grad():
        for parameter in trained.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    checkpoint = {
        "model": {},
        "average": trained.state_dict(),
        "encoder": asdict(config),
        "features": FeatureParameters().to_json(),
    }
    save_checkpoint(tmp_path / "last.pt", checkpoint)
    exported = export_encoder(tmp_path / "last.pt", tmp_path / "closer.onnx").path
    network = read_closer_network(exported)
    assert network is not None
    for count in (2, 6, 70):
        frames = np.random.default_rng(0).standard_normal((4 * count, 80)).astype(np.float32)
        with torch.inference_mode():
            wanted = trained(torch.from_numpy(frames[None]), torch.tensor([4 * count]))[0][0]
        found = network.rows(frames)
        assert np.abs(np.exp(found) - np.exp(wanted.numpy())).sum(1).mean() < 0.05
        session = open_graph(exported)
        np.testing.assert_allclose(found, one_window(session, config, frames), atol=1e-3)
    with pytest.raises(InputError, match="pairs of rows"):
        network.rows(frames[:-4])


def one_window(session: InferenceSession, config: EncoderConfig, frames: np.ndarray) -> np.ndarray:
    """What ONNX Runtime computes of a window between zeros, as the first chunk of a stream."""
    model, count = Encoder(config), len(frames) // 4
    padded = pad_edges(torch.from_numpy(frames[None]), count, config).numpy()
    state = model.initial_state(1)
    given = {name: getattr(state, name).numpy() for name in STATE_NAMES}
    rows: np.ndarray = session.run(None, {"frames": padded, **given})[0][0]
    return rows


def test_a_keyword_bundle_is_a_place_to_go_on_from(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", hours=0.05, network=network_encoder())
    start = read_keyword_start(base.path)
    trained = KeywordEncoder(start.encoder).eval()
    trained.load_state_dict(start.weights)
    network = read_network(base.part_path("encoder"))
    assert network is not None
    frames = np.random.default_rng(0).standard_normal((40, 80)).astype(np.float32)
    state = np.zeros((1, network.state_size), np.float32)
    with torch.inference_mode():
        wanted = trained.stream(torch.from_numpy(frames[None]), torch.from_numpy(state))[0][0]
    np.testing.assert_allclose(network.step(frames, state)[0], wanted.numpy(), atol=1e-3)


def test_what_looks_closer_in_a_keyword_bundle_is_one_too(tmp_path: Path) -> None:
    closer = closer_encoder()
    base = write_base(tmp_path / "base", hours=0.05, network=network_encoder(), closer=closer)
    start = read_start(base.path)
    trained = Encoder(start.encoder).eval()
    trained.load_state_dict(start.weights, strict=False)
    network = read_closer_network(base.part_path("closer_encoder"))
    assert network is not None
    frames = np.random.default_rng(0).standard_normal((80, 80)).astype(np.float32)
    with torch.inference_mode():
        wanted = trained(torch.from_numpy(frames[None]), torch.tensor([80]))[0][0]
    np.testing.assert_allclose(network.rows(frames), wanted.numpy(), atol=1e-3)
