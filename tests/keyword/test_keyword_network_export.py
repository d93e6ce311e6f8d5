"""What is trained is what devices compute: the compiled library reads the exported graph."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from attune.acoustic import FeatureParameters, open_graph  # noqa: E402
from attune.keyword.network import read_network  # noqa: E402
from attune.train.acoustic.checkpoint import save_checkpoint  # noqa: E402
from attune.train.acoustic.config import KeywordEncoderConfig  # noqa: E402
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
