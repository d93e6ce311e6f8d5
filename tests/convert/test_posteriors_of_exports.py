"""Posteriors of ONNX exports are those of the toolkit that they come from."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from toolkits import (
    NemoExport,
    PlainExport,
    SmallCtc,
    WenetExport,
    export,
    kaldi_features,
    letters,
    nemo_features,
    speechlike,
)
from whistled_tokens import write_tokens

from attune.bundle import Bundle, show_bundle, verify_bundle
from attune.convert import ImportRequest, import_model
from attune.recognize import Model, load

CLOSE = 1e-3  # of a probability


class Imported(NamedTuple):
    """An imported bundle, and the network that it comes from."""

    model: Model
    network: SmallCtc

    def expected(self, features: torch.Tensor) -> NDArray[np.float32]:
        """Its log-posteriors of features [time, bins]."""
        with torch.inference_mode():
            return self.network(features[None])[0].numpy()


def difference(got: NDArray[np.float32], expected: NDArray[np.float32]) -> float:
    """Largest difference of a probability; the rows must be as many."""
    assert got.shape == expected.shape
    assert expected.max() > np.log(0.5), "the network should be sure of something"
    return float(np.abs(np.exp(got) - np.exp(expected)).max())


@pytest.mark.parametrize("normalize", [True, False])
def test_nemo(small_base: Bundle, tmp_path: Path, normalize: bool) -> None:
    tokens = letters(blank_first=False)
    network = SmallCtc(80, len(tokens), gain=60.0)
    graph = export(
        NemoExport(network),
        tmp_path / "model.onnx",
        torch.zeros(1, 80, 200),
        ["audio_signal", "length"],
        ["logprobs"],
        2,
        {
            "model_type": "EncDecCTCModelBPE",
            "normalize_type": "per_feature" if normalize else "",
            "subsampling_factor": "4",
            "vocab_size": str(len(tokens) - 1),
        },
    )
    request = ImportRequest(graph, tokens=write_tokens(tmp_path / "tokens.txt", tokens))
    import_model(request, small_base, tmp_path / "new")
    imported = Imported(load(tmp_path / "new"), network)
    samples = speechlike(2.345)
    got = imported.model.posteriors(samples)
    features = nemo_features(torch.from_numpy(samples), normalize=normalize).T
    expected = np.roll(imported.expected(features), 1, axis=1)  # the blank comes first
    assert difference(got, expected) < CLOSE


@pytest.mark.parametrize("family", ["wenet", "kaldi"])
def test_wenet_and_icefall(small_base: Bundle, tmp_path: Path, family: str) -> None:
    tokens = letters()
    wenet = family == "wenet"
    cmvn = (torch.full((80,), 9.0), torch.full((80,), 0.3)) if wenet else None
    network = SmallCtc(80, len(tokens), cmvn)
    graph = export(
        WenetExport(network),
        tmp_path / "model.onnx",
        torch.zeros(1, 200, 80),
        ["x", "x_lens"],
        ["log_probs", "log_probs_lens"],
        1,
        {"model_type": "wenet_ctc" if wenet else "zipformer2_ctc", "subsampling_factor": "4"},
    )
    request = ImportRequest(graph, tokens=write_tokens(tmp_path / "tokens.txt", tokens))
    import_model(request, small_base, tmp_path / "new")
    imported = Imported(load(tmp_path / "new"), network)
    samples = speechlike(2.345)
    features = kaldi_features(
        torch.from_numpy(samples),
        scale=32768.0 if wenet else 1.0,
        high_hz=8000.0 if wenet else 7600.0,
        snip_edges=wenet,
    )
    assert difference(imported.model.posteriors(samples), imported.expected(features)) < CLOSE


def test_wenet_with_cmvn_in_a_file(
    small_base: Bundle, plain_export: PlainExport, tmp_path: Path
) -> None:
    count, mean, deviation = 1000.0, 9.0, 3.0
    stats = f'"mean_stat": {[mean * count] * 80}, "frame_num": {count}, '
    stats += f'"var_stat": {[(mean**2 + deviation**2) * count] * 80}'
    (tmp_path / "global_cmvn").write_text("{" + stats + "}")
    request = ImportRequest(
        plain_export.graph,
        tokens=plain_export.tokens,
        features="wenet",
        cmvn=tmp_path / "global_cmvn",
    )
    import_model(request, small_base, tmp_path / "new")
    samples = speechlike(1.5)
    features = kaldi_features(
        torch.from_numpy(samples), scale=32768.0, high_hz=8000.0, snip_edges=True
    )
    imported = Imported(load(tmp_path / "new"), plain_export.network)
    got = imported.model.posteriors(samples)
    assert difference(got, imported.expected((features - mean) / deviation)) < CLOSE


def test_int8_weights_say_what_they_cost(
    small_base: Bundle, plain_export: PlainExport, tmp_path: Path
) -> None:
    request = ImportRequest(plain_export.graph, plain_export.tokens, features="kaldi", int8=True)
    report = import_model(request, small_base, tmp_path / "new")
    assert report.int8_distance is not None and 0 < report.int8_distance < 0.05
    card = show_bundle(tmp_path / "new").description.model_card
    (figure,) = card.measured
    assert (figure.metric, figure.value) == ("int8_distance", report.int8_distance)
    assert verify_bundle(tmp_path / "new").ok


def test_a_bundle_says_where_its_network_comes_from(
    small_base: Bundle, plain_export: PlainExport, tmp_path: Path
) -> None:
    request = ImportRequest(
        plain_export.graph, plain_export.tokens, features="kaldi", name="mine", licence="MIT"
    )
    import_model(request, small_base, tmp_path / "new")
    said = show_bundle(tmp_path / "new").description
    assert (said.kind, said.name, said.language) == ("recognizer", "mine", "en-US")
    assert said.lineage.base == small_base.hash
    assert [data.name for data in said.lineage.data] == ["net.onnx", "tokens.txt"]
    assert said.lineage.command == "attune model import"
    assert said.model_card.licence == "MIT"
    assert "net.onnx" in said.model_card.description
    assert set(said.parts) == {"encoder", "symbols", "lexicon", "language_model"}
