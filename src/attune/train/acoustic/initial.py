"""Where a run starts from: another run's checkpoint, or the encoder of a bundle.

A bundle holds its matrices as rounded blocks; they are turned back into floats, which is near
enough to go on from. Heads that only training has (characters, the middle layer's phones) start
fresh.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from attune.acoustic import FeatureParameters
from attune.acoustic.rounded_weights import INT4, INT8, Rounding, restored
from attune.bundle import Bundle
from attune.errors import InputError
from attune.train.acoustic.checkpoint import load_checkpoint
from attune.train.acoustic.config import AcousticConfig, EncoderConfig, KeywordEncoderConfig

__all__ = [
    "ENCODER_KEY",
    "KEYWORD_ENCODER_KEY",
    "KeywordStart",
    "PackedMatrix",
    "Start",
    "fitted",
    "packed_matrices",
    "read_keyword_start",
    "read_start",
]

ENCODER_KEY = "attune.encoder"
"""Metadata entry of an exported graph that holds its EncoderConfig as JSON."""

KEYWORD_ENCODER_KEY = "attune.keyword_encoder"
"""The same of a keyword encoder's graph, with its KeywordEncoderConfig."""


@dataclass(frozen=True)
class Start:
    """Weights by name, the sizes of the encoder they belong to, and the features it hears."""

    weights: dict[str, torch.Tensor]
    encoder: EncoderConfig
    features: FeatureParameters


@dataclass(frozen=True)
class KeywordStart:
    """Weights of a keyword encoder by name, its sizes, and the features it hears."""

    weights: dict[str, torch.Tensor]
    encoder: KeywordEncoderConfig
    features: FeatureParameters


def read_keyword_start(path: Path) -> KeywordStart:
    """Read the checkpoint of a keyword encoder (a `.pt` file), or the encoder that listens in a
    keyword bundle; InputError if it is something else."""
    if path.suffix != ".pt":
        bundle = Bundle.open(path)
        weights, sizes = _read_graph(bundle.part_path("encoder"), KEYWORD_ENCODER_KEY)
        features = FeatureParameters.from_json(dict(bundle.setting_group("features")))
        return KeywordStart(weights, _keyword_sizes(sizes), features)
    state = load_checkpoint(path)
    if "keyword_encoder" not in state:
        raise InputError(f"{path}: not the checkpoint of a keyword encoder")
    return KeywordStart(
        {k: v.float() for k, v in state["average"].items()},
        _keyword_sizes(state["keyword_encoder"]),
        FeatureParameters.from_json(state["features"]),
    )


def _keyword_sizes(values: dict[str, Any]) -> KeywordEncoderConfig:
    return KeywordEncoderConfig(**{**values, "dilations": tuple(values["dilations"])})


def read_start(path: Path) -> Start:
    """Read a checkpoint (a `.pt` file) or a bundle (folder or zip); of a keyword bundle the encoder
    that looks closer.

    InputError if it is neither, or the bundle's encoder was not exported by this trainer.
    """
    if path.suffix == ".pt":
        state = load_checkpoint(path)
        if "encoder" not in state:
            raise InputError(f"{path}: this is a keyword encoder: a recogniser's is needed")
        return Start(
            {k: v.float() for k, v in state["average"].items()},
            EncoderConfig(**state["encoder"]),
            FeatureParameters.from_json(state["features"]),
        )
    bundle = Bundle.open(path)
    part = "closer_encoder" if bundle.description.kind == "keyword" else "encoder"
    weights, sizes = _read_graph(bundle.part_path(part), ENCODER_KEY)
    features = FeatureParameters.from_json(dict(bundle.setting_group("features")))
    return Start(weights, EncoderConfig(**sizes), features)


def fitted(config: AcousticConfig, start: Start) -> AcousticConfig:
    """The configuration with the start's sizes, but its own symbols and regularisation."""
    own = config.encoder
    return replace(
        config,
        encoder=replace(
            start.encoder,
            phones=own.phones,
            characters=own.characters,
            dropout=own.dropout,
            layer_drop=own.layer_drop,
        ),
    )


def _read_graph(path: Path, key: str) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Float weights of an exported graph under the names that PyTorch knows them by, and the sizes
    in its metadata."""
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(str(path))
    metadata = {entry.key: entry.value for entry in graph.metadata_props}
    matrices = list(packed_matrices(graph))
    if key not in metadata or not matrices:
        raise InputError(
            f"{path}: this encoder was not exported by `attune train`, so training cannot go on "
            "from it: start from a checkpoint or another bundle"
        )
    stored = {i.name: numpy_helper.to_array(i) for i in graph.graph.initializer}
    weights = {
        name.removeprefix("encoder."): torch.from_numpy(value.astype(np.float32))
        for name, value in stored.items()
        if name.startswith("encoder.") and value.dtype == np.float32
    }
    for matrix in matrices:
        floats = restored(
            stored[matrix.levels].astype(np.int8), stored[matrix.scales], matrix.rounding
        )
        weights[matrix.name] = torch.from_numpy(floats.T.copy())
    return weights, json.loads(metadata[key])


@dataclass(frozen=True)
class PackedMatrix:
    """A weight that a graph holds as levels: its name in PyTorch, and the names of the initializers
    with its levels and scales, which are those of its transpose."""

    name: str
    levels: str
    scales: str
    rounding: Rounding


def packed_matrices(graph: Any) -> Iterator[PackedMatrix]:
    """The matrices of linear layers in an exported graph (an `onnx.ModelProto`)."""
    from onnx import TensorProto

    kinds = {tensor.name: tensor.data_type for tensor in graph.graph.initializer}
    # A linear layer is a product and then the sum with its bias, which has kept its name.
    bias_of, stored = {}, {}
    for node in graph.graph.node:
        if node.op_type == "Add":
            for product, bias in (node.input, node.input[::-1]):
                if bias.endswith(".bias"):
                    bias_of[product] = bias
        elif node.op_type == "DequantizeLinear":
            stored[node.output[0]] = node.input
    for node in graph.graph.node:
        if node.op_type == "MatMul" and node.output[0] in bias_of and node.input[1] in stored:
            layer = bias_of[node.output[0]].removeprefix("encoder.").removesuffix("bias")
            levels, scales = stored[node.input[1]]
            rounding = INT4 if kinds[levels] == TensorProto.INT4 else INT8
            yield PackedMatrix(f"{layer}weight", levels, scales, rounding)
