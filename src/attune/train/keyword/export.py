"""Export of a trained keyword encoder to ONNX: one state vector, rounded weights, and the check."""

from __future__ import annotations

import warnings
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from attune.acoustic import SUBSAMPLING, FeatureParameters, open_graph
from attune.acoustic.rounded_weights import INT8, Rounding
from attune.train.acoustic.export import ExportReport, export_checked
from attune.train.acoustic.initial import KEYWORD_ENCODER_KEY, read_keyword_start
from attune.train.acoustic.keyword_encoder import KeywordEncoder

__all__ = ["KEYWORD_ENCODER_KEY", "export_keyword_encoder", "load_keyword_encoder"]

_CHUNKS = (1, 2, 8, 1, 30)


class _Streaming(torch.nn.Module):
    """`KeywordEncoder.stream` as the graph's forward."""

    def __init__(self, encoder: KeywordEncoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(
        self, frames: torch.Tensor, state: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        return self.encoder.stream(frames, state)


def load_keyword_encoder(checkpoint: Path) -> tuple[KeywordEncoder, FeatureParameters]:
    """The averaged weights of a checkpoint or bundle, in evaluation mode, and its features."""
    start = read_keyword_start(checkpoint)
    model = KeywordEncoder(start.encoder)
    model.load_state_dict(start.weights)
    return model.eval(), start.features


def export_keyword_encoder(checkpoint: Path, path: Path, rounding: Rounding = INT8) -> ExportReport:
    """Write `path`: inputs `frames` [batch, 4 n, features] and `state` [batch, S], outputs
    `log_posteriors` [batch, n, phones], `hidden` [batch, n, dim] and `next_state`.

    AttuneError if the float graph's posteriors differ from PyTorch's by more than 1e-3, or those
    of the rounded graph by more than MOST_ROUNDING in the mean.
    """
    model, _ = load_keyword_encoder(checkpoint)
    return export_checked(
        path,
        lambda target: _export(model, target),
        (KEYWORD_ENCODER_KEY, asdict(model.config)),
        _run_torch(model),
        lambda graph: _run_onnx(graph, model),
        rounding,
    )


def _export(model: KeywordEncoder, path: Path) -> None:
    config = model.config
    batch = torch.export.Dim("batch", min=1, max=1024)
    rows = torch.export.Dim("rows", min=1, max=1 << 16)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _Streaming(model).eval(),
            (
                torch.zeros(2, SUBSAMPLING * 3, config.features),
                torch.zeros(2, sum(model.state_sizes)),
            ),
            str(path),
            input_names=["frames", "state"],
            output_names=["log_posteriors", "hidden", "next_state"],
            dynamic_shapes=({0: batch, 1: SUBSAMPLING * rows}, {0: batch}),
            dynamo=True,
            external_data=False,
            verbose=False,
        )


def _chunks(model: KeywordEncoder) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [
        random.standard_normal((1, SUBSAMPLING * n, model.config.features)).astype(np.float32)
        for n in _CHUNKS
    ]


def _run_torch(model: KeywordEncoder) -> np.ndarray:
    state, rows = torch.zeros(1, sum(model.state_sizes)), []
    with torch.inference_mode():
        for frames in _chunks(model):
            log_probs, _, state = model.stream(torch.from_numpy(frames), state)
            rows.append(log_probs.numpy())
    return np.concatenate(rows, axis=1)


def _run_onnx(path: Path, model: KeywordEncoder) -> np.ndarray:
    session = open_graph(path)
    state, rows = np.zeros((1, sum(model.state_sizes)), np.float32), []
    for frames in _chunks(model):
        log_probs, _, state = session.run(None, {"frames": frames, "state": state})
        rows.append(log_probs)
    return np.concatenate(rows, axis=1)
