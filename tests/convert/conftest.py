"""A base whose words and language an imported network gets."""

from __future__ import annotations

import pytest
import torch
from tones import write_tone_bundle
from toolkits import PlainExport, SmallCtc, WenetExport, export, letters
from whistled_tokens import write_tokens

from attune.bundle import Bundle


@pytest.fixture(scope="session")
def small_base(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The whistled recogniser: 13 words in phones, a bigram model."""
    return Bundle.open(write_tone_bundle(tmp_path_factory.mktemp("base") / "bundle"))


@pytest.fixture(scope="session")
def plain_export(tmp_path_factory: pytest.TempPathFactory) -> PlainExport:
    """An export with features and their length as inputs, without metadata."""
    folder = tmp_path_factory.mktemp("export")
    tokens = letters()
    network = SmallCtc(80, len(tokens))
    graph = export(
        WenetExport(network),
        folder / "net.onnx",
        torch.zeros(1, 200, 80),
        ["x", "x_lens"],
        ["log_probs", "log_probs_lens"],
        1,
    )
    return PlainExport(graph, write_tokens(folder / "tokens.txt", tokens), network)
