"""A keyword encoder of the shape that Attune trains, whose weights hear the phones of `tones`.

The graph holds what the compiled library reads (parameters, products, metadata), nothing else.
"""

from __future__ import annotations

import numpy as np
from onnx import numpy_helper
from stored_graphs import graph_content, rounded_layer
from tones import FEATURES, TONES

from attune.acoustic import extract
from attune.lexicon import PHONE_INDEX

DIM, HIDDEN, KERNEL, DILATIONS = 16, 32, 3, (1, 2, 1)
SIZES = {
    "features": 80, "phones": 40, "dim": DIM, "hidden": HIDDEN, "kernel": KERNEL,
    "dilations": DILATIONS, "delay": 2, "dropout": 0.0,
}  # fmt: skip


def zeros() -> dict[str, np.ndarray]:
    """Name -> weights [inputs, outputs] or [dim, 1, kernel] or [dim], and biases."""
    shapes: dict[str, tuple[int, ...]] = {"front": (640, DIM), "front_norm": (DIM,)}
    for i in range(len(DILATIONS)):
        shapes[f"blocks.{i}.depthwise"] = (DIM, 1, KERNEL)
        shapes[f"blocks.{i}.norm"] = (DIM,)
        shapes[f"blocks.{i}.up"] = (DIM, HIDDEN)
        shapes[f"blocks.{i}.down"] = (HIDDEN, DIM)
    shapes |= {"norm": (DIM,), "phone_head": (DIM, 40)}
    values = {f"{name}.weight": np.zeros(shape, np.float32) for name, shape in shapes.items()}
    for name, shape in shapes.items():
        outputs = shape[0] if len(shape) == 3 else shape[-1]
        values[f"{name}.bias"] = np.zeros(outputs, np.float32)
    return values


def whistle_weights() -> dict[str, np.ndarray]:
    """A channel a tone: its band in the new frames. Silence is the same in all of them, so that
    the norm leaves nothing of it. Blocks add nothing."""
    values = zeros()
    values["front.bias"][len(TONES) :] = FEATURES.floor
    values["phone_head.bias"][1:] = -30.0
    for channel, (phone, hertz) in enumerate(TONES.items()):
        wave = 0.2 * np.sin(2 * np.pi * hertz * np.arange(8000) / 16000).astype(np.float32)
        band = int(extract(wave, FEATURES).mean(0).argmax())
        values["front.weight"][[80 * frame + band for frame in range(4, 8)], channel] = 0.25
        values["phone_head.weight"][channel, PHONE_INDEX[phone]] = 8.0
        values["phone_head.bias"][PHONE_INDEX[phone]] = -16.0
    for name in ("front_norm", "norm", *(f"blocks.{i}.norm" for i in range(len(DILATIONS)))):
        values[f"{name}.weight"][:] = 1.0
    return values


def network_encoder(values: dict[str, np.ndarray] | None = None, **sizes: object) -> bytes:
    """ONNX with these parameters, matrices in int8 with a scale for 32 of them."""
    values = values or whistle_weights()
    tensors, nodes = [], []
    for name, value in values.items():
        if value.ndim != 2:
            tensors.append(numpy_helper.from_array(value, f"encoder.{name}"))
            continue
        layer = name.removesuffix(".weight")
        more, multiplying = rounded_layer(layer, value)
        tensors += more
        nodes += multiplying
    told = {**SIZES, **sizes}
    return graph_content("keyword", nodes, tensors, "attune.keyword_encoder", told)
