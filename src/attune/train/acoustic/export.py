"""Export of a trained encoder to ONNX: state tensors, rounded weights, and the check of both."""

from __future__ import annotations

import json
import os
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from attune.acoustic import FeatureParameters, open_graph
from attune.acoustic.rounded_weights import INT8, Rounding, with_rounded_matrices
from attune.errors import AttuneError
from attune.train.acoustic.checkpoint import load_checkpoint
from attune.train.acoustic.config import EncoderConfig
from attune.train.acoustic.encoder import Encoder, StreamState, input_frames
from attune.train.acoustic.initial import ENCODER_KEY

__all__ = [
    "MOST_ROUNDING",
    "STATE_NAMES",
    "ExportReport",
    "export_checked",
    "export_encoder",
    "load_encoder",
    "rounding_difference",
]

STATE_NAMES = (
    "outer_attention",
    "outer_convolution",
    "inner_attention",
    "inner_convolution",
    "valid",
)
"""Names of the state inputs; each output is called `next_` and the name."""

MOST_ROUNDING = {8: 0.05, 4: 0.15}
"""Mean distance of the posteriors that rounding to so many bits may cost, of random frames: those
of speech move by a fifth of that."""

_CHUNKS = (8, 8, 4, 16)


@dataclass(frozen=True)
class ExportReport:
    """How far the graphs are from PyTorch over a random stream.

    `float_difference`: largest difference of a posterior before rounding; `rounding_difference`:
    mean over the frames of the total variation distance (0..1) of the posteriors after it.
    """

    path: Path
    bytes: int
    float_difference: float
    rounding_difference: float


class _Streaming(nn.Module):
    """`Encoder.stream` with flat inputs and outputs, as ONNX wants them."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, frames: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        log_probs, following = self.encoder.stream(frames, StreamState(*state))
        return log_probs, *(getattr(following, name) for name in STATE_NAMES)


def load_encoder(checkpoint: Path) -> tuple[Encoder, FeatureParameters]:
    """The averaged weights of a checkpoint, in evaluation mode, and its features."""
    state = load_checkpoint(checkpoint)
    model = Encoder(EncoderConfig(**state["encoder"]))
    model.load_state_dict({k: v.float() for k, v in state["average"].items()})
    return model.eval(), FeatureParameters.from_json(state["features"])


def export_encoder(checkpoint: Path, path: Path, rounding: Rounding = INT8) -> ExportReport:
    """Write `path` (ONNX, rounded matrix weights, dynamic batch and chunk).

    AttuneError if the float graph's posteriors differ from PyTorch's by more than 1e-3, or those
    of the rounded graph by more than MOST_ROUNDING in the mean.
    """
    model, _ = load_encoder(checkpoint)
    return export_checked(
        path,
        lambda target: _export(model, target),
        (ENCODER_KEY, asdict(model.config)),
        _run_torch(model),
        lambda graph: _run_onnx(graph, model),
        rounding,
    )


def export_checked(
    path: Path,
    write: Callable[[Path], None],
    entry: tuple[str, dict[str, Any]],
    reference: np.ndarray,
    run: Callable[[Path], np.ndarray],
    rounding: Rounding,
) -> ExportReport:
    """Let `write` write a float graph, round it and take it to `path`.

    `entry` is its metadata: a name and the sizes of the network. `reference` are PyTorch's log
    posteriors, float32 [batch, n, symbols], of what `run` computes with a graph. AttuneError as
    `export_encoder`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        float_path, rounded_path = Path(folder) / "float.onnx", Path(folder) / "rounded.onnx"
        write(float_path)
        _round(float_path, rounded_path, *entry, rounding)
        report = ExportReport(
            path,
            rounded_path.stat().st_size,
            float(np.abs(np.exp(run(float_path)) - np.exp(reference)).max()),
            _distance(run(rounded_path), reference),
        )
        if (
            report.float_difference > 1e-3
            or report.rounding_difference > MOST_ROUNDING[rounding.bits]
        ):
            raise AttuneError(f"the exported encoder disagrees with PyTorch: {report}")
        os.replace(rounded_path, path)
    return report


def _export(model: Encoder, path: Path) -> None:
    config = model.config
    state = model.initial_state(2)
    arguments = (
        torch.zeros(2, input_frames(8, config), config.features),
        *(getattr(state, name) for name in STATE_NAMES),
    )
    batch = torch.export.Dim("batch", min=1, max=1024)
    half = torch.export.Dim("half", min=1, max=4096)
    # 2 * half outputs need 8 * half + a constant number of frames.
    constant = input_frames(0, config)
    frames_axes = {0: batch, 1: 8 * half + constant}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _Streaming(model).eval(),
            arguments,
            str(path),
            input_names=["frames", *STATE_NAMES],
            output_names=["log_probs", *(f"next_{name}" for name in STATE_NAMES)],
            dynamic_shapes=(frames_axes, tuple({0: batch} for _ in STATE_NAMES)),
            dynamo=True,
            external_data=False,
            verbose=False,
        )


def _round(source: Path, target: Path, key: str, sizes: dict[str, Any], rounding: Rounding) -> None:
    """Rounded weights of the matrix products; `sizes` of the network become the metadata's `key`.

    What the exporter tells of each node's origin is left out: it would be most of a small file.
    """
    import onnx

    model = with_rounded_matrices(onnx.load(str(source)), rounding)
    del model.graph.value_info[:]
    for node in model.graph.node:
        del node.metadata_props[:]
    entry = model.metadata_props.add()
    entry.key, entry.value = key, json.dumps(sizes)
    onnx.save(model, str(target))


def rounding_difference(model: Encoder, path: Path) -> float:
    """Mean total variation distance (0..1) between the posteriors of `model` and of a graph."""
    return _distance(_run_onnx(path, model), _run_torch(model))


def _distance(rounded: np.ndarray, reference: np.ndarray) -> float:
    """Mean total variation distance (0..1) of log posteriors."""
    return float(np.abs(np.exp(rounded) - np.exp(reference)).sum(-1).mean() / 2)


def _stream_input(model: Encoder) -> np.ndarray:
    random = np.random.default_rng(0)
    total = input_frames(sum(_CHUNKS), model.config)
    return random.standard_normal((1, total, model.config.features)).astype(np.float32)


def _windows(model: Encoder) -> list[np.ndarray]:
    frames, windows, start = _stream_input(model), [], 0
    for n in _CHUNKS:
        windows.append(frames[:, 4 * start : 4 * start + input_frames(n, model.config)])
        start += n
    return windows


def _run_torch(model: Encoder) -> np.ndarray:
    state, rows = model.initial_state(1), []
    with torch.inference_mode():
        for window in _windows(model):
            log_probs, state = model.stream(torch.from_numpy(window), state)
            rows.append(log_probs.numpy())
    return np.concatenate(rows, axis=1)


def _run_onnx(path: Path, model: Encoder) -> np.ndarray:
    session = open_graph(path)
    start = model.initial_state(1)
    state = {name: getattr(start, name).numpy() for name in STATE_NAMES}
    rows = []
    for window in _windows(model):
        log_probs, *following = session.run(None, {"frames": window, **state})
        state = dict(zip(STATE_NAMES, following, strict=True))
        rows.append(log_probs)
    return np.concatenate(rows, axis=1)
