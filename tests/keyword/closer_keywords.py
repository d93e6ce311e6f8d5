"""An encoder of the closer look, of the shape that Attune trains, that hears the phones of `tones`.

All weights are random but for the last layer's, which are fitted to whistles: every part of the
network has its share in what it hears. The graph holds what the compiled library reads (parameters,
products, metadata), nothing else.
"""

from __future__ import annotations

from dataclasses import asdict
from functools import cache

import numpy as np
from onnx import numpy_helper
from stored_graphs import graph_content, rounded_layer
from tones import FEATURES, GAP_SECONDS, TONE_SECONDS, TONES, tone

from attune.acoustic import extract
from attune.acoustic.rounded_weights import INT4, INT8, Rounding, restored, rounded
from attune.keyword.closer_network import CloserNetwork, CloserShape
from attune.lexicon import PHONE_INDEX

SHAPE = CloserShape(
    features=80,
    front_channels=8,
    outer_dim=64,
    outer_layers=1,
    inner_dim=32,
    inner_layers=2,
    heads=2,
    feedforward=2,
    kernel=3,
    lookahead=1,
    lookbehind=1,
    phones=40,
)
_RIDGE = 1e-3


def closer_weights(rounding: Rounding = INT8) -> dict[str, np.ndarray]:
    """Name -> weights [inputs, outputs] and biases, as they are after rounding."""
    random = np.random.default_rng(1)
    values: dict[str, np.ndarray] = {}
    for name, shape in SHAPE.tensors():
        fan = int(np.prod(shape[1:] if len(shape) == 3 else shape[:-1]))
        weights = random.normal(0, max(1, fan) ** -0.5, shape).astype(np.float32)
        outputs = shape[0] if len(shape) == 3 else shape[-1]
        if len(shape) == 1:
            weights = np.ones(shape, np.float32)
        if name.endswith((".down", ".out")):
            weights *= 0.2
        values[f"{name}.weight"] = _kept(name, weights, rounding)
        values[f"{name}.bias"] = random.normal(0, 0.05, outputs).astype(np.float32)
    return {**values, **_fitted(values, rounding)}


def network(values: dict[str, np.ndarray]) -> CloserNetwork:
    """The network with these weights, as the library wants them."""
    parts = [
        values[f"{name}.{kind}"].ravel()
        for name, _ in SHAPE.tensors()
        for kind in ("weight", "bias")
    ]
    return CloserNetwork(SHAPE, np.concatenate(parts))


@cache
def closer_encoder(*, rounding: Rounding = INT4, **sizes: int) -> bytes:
    """ONNX with the weights; `sizes` are told of it."""
    values = closer_weights(rounding)
    tensors, nodes = [], []
    for name, shape in SHAPE.tensors():
        weights = values[f"{name}.weight"]
        tensors.append(numpy_helper.from_array(values[f"{name}.bias"], f"encoder.{name}.bias"))
        if not _is_matrix(name, shape):
            if name == "front.pointwise":
                weights = weights.T[:, :, None, None]
            elif len(shape) == 3:
                weights = weights[:, None]
            elif len(shape) == 2:
                weights = weights.T[:, None]
            tensors.append(numpy_helper.from_array(weights.copy(), f"encoder.{name}.weight"))
            continue
        more, multiplying = rounded_layer(name, weights, rounding)
        tensors += more
        nodes += multiplying
    told = {**asdict(SHAPE), **sizes}
    return graph_content("closer", nodes, tensors, "attune.encoder", told)


def _is_matrix(name: str, shape: tuple[int, ...]) -> bool:
    convolved = ("front.pointwise", "front.context", ".depthwise")
    return len(shape) == 2 and not name.endswith(convolved)


def _kept(name: str, weights: np.ndarray, rounding: Rounding) -> np.ndarray:
    if not _is_matrix(name, weights.shape):
        return weights
    return restored(*rounded(weights, rounding), rounding)


def _fitted(values: dict[str, np.ndarray], rounding: Rounding) -> dict[str, np.ndarray]:
    """The last layer, by ridge regression on whistles between silences."""
    random = np.random.default_rng(2)
    audio, heard = [], []
    for _ in range(60):
        phones = random.choice(list(TONES), random.integers(3, 10))
        silent = int(random.integers(3, 12))
        rows = round((TONE_SECONDS + GAP_SECONDS) * 25)
        audio.append(np.zeros(640 * silent))
        heard += [0] * silent
        for phone in phones:
            audio.append(tone(phone, 10 ** random.uniform(-1.5, -0.3)))
            heard += [PHONE_INDEX[phone]] * (rows - 1) + [0]
    frames = extract(np.concatenate(audio).astype(np.float32), FEATURES)
    wanted = np.full((len(heard), 40), -4.0)
    wanted[np.arange(len(heard)), heard] = 4.0
    through = np.zeros((SHAPE.outer_dim, 40), np.float32)
    hidden = []
    # The layer's inputs, a part of them at a time: a column without weights is the constant.
    for first in range(0, SHAPE.outer_dim, 39):
        part = through.copy()
        count = min(39, SHAPE.outer_dim - first)
        part[first : first + count, 1 : 1 + count] = np.eye(count)
        probe = {**values, "phone_head.weight": part, "phone_head.bias": np.zeros(40, np.float32)}
        rows = [
            network(probe).rows(block)
            for block in np.split(frames[: len(frames) // 400 * 400], len(frames) // 400)
        ]
        together = np.concatenate(rows)
        hidden.append((together - together[:, :1])[:, 1 : 1 + count])
    inputs = np.concatenate([*hidden, np.ones((len(hidden[0]), 1))], axis=1)
    wanted = wanted[: len(inputs)]
    square = inputs.T @ inputs + _RIDGE * len(inputs) * np.eye(inputs.shape[1])
    found = np.linalg.solve(square, inputs.T @ wanted).astype(np.float32)
    return {
        "phone_head.weight": _kept("phone_head", found[:-1], rounding),
        "phone_head.bias": found[-1],
    }
