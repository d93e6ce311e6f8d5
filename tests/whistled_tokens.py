"""A network that was "trained elsewhere": every token is a tone, so that what is said is known.

An ONNX graph over Kaldi features at a row every 40 ms, with a token list: what an icefall export
looks like from outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from attune.acoustic import KaldiFrontEnd

RATE = 16000
TONE_SECONDS, GAP_SECONDS = 0.12, 0.08

LETTERS = ("<blk>", "|", *"abcdekmnorstwyz")
PIECES = ("<blk>", *"▁abcdekmnorstwyz", "▁see", "ee", "▁t")

Samples = np.ndarray[tuple[int], np.dtype[np.float32]]


def frequencies(tokens: Sequence[str]) -> dict[str, float]:
    """Token -> Hz, evenly over the mel scale; the blank is silence."""
    mels = np.linspace(520, 2750, len(tokens) - 1)
    return dict(zip(tokens[1:], 700 * (np.exp(mels / 1127) - 1), strict=True))


def tone(hertz: float, level: float = 0.2) -> Samples:
    count = int(TONE_SECONDS * RATE)
    ramp = np.minimum(1.0, np.minimum(np.arange(count), np.arange(count)[::-1]) / 80)
    wave = level * ramp * np.sin(2 * np.pi * hertz * np.arange(count) / RATE)
    return np.concatenate([wave, np.zeros(int(GAP_SECONDS * RATE))]).astype(np.float32)


def whistle(
    said: Sequence[str], tokens: Sequence[str], *, before: float = 0.2, after: float = 0.3
) -> Samples:
    """The tokens of `said` one after the other, between silences."""
    hertz = frequencies(tokens)
    silences = [np.zeros(int(seconds * RATE), np.float32) for seconds in (before, after)]
    return np.concatenate([silences[0], *(tone(hertz[t]) for t in said), silences[1]])


def spoken(words: str, tokens: Sequence[str], **silence: float) -> Samples:
    """Words letter by letter, or in the longest pieces."""
    if "|" in tokens:
        return whistle(list(words.replace(" ", "|")), tokens, **silence)
    said: list[str] = []
    rest = "".join("▁" + word for word in words.split())
    while rest:
        said.append(max((t for t in tokens if rest.startswith(t)), key=len))
        rest = rest.removeprefix(said[-1])
    return whistle(said, tokens, **silence)


def write_tokens(path: Path, tokens: Sequence[str]) -> Path:
    """A token list of `token id` lines."""
    path.write_text("".join(f"{token} {i}\n" for i, token in enumerate(tokens)), "utf-8")
    return path


def write_network(path: Path, tokens: Sequence[str]) -> Path:
    """The ONNX file; each token's logit rises with the energy in its band."""
    front_end = KaldiFrontEnd()
    weights = np.zeros((len(tokens), 80, 4), np.float32)
    bias = np.zeros(len(tokens), np.float32)
    for column, hertz in enumerate(frequencies(tokens).values(), start=1):
        frames = front_end.compute(np.tile(tone(hertz)[: int(0.1 * RATE)], 4))
        band = int(frames.mean(0).argmax())
        loud, quiet = float(np.median(frames[:, band])), -15.9
        weights[column, band] = 4.0 / 4
        # Blank wins until a row is three quarters full of sound.
        bias[column] = -4.0 * (quiet + 0.75 * (loud - quiet))
    nodes = [
        helper.make_node("Transpose", ["x"], ["channels"], perm=[0, 2, 1]),
        helper.make_node("Conv", ["channels", "weights", "bias"], ["scores"], strides=[4]),
        helper.make_node("Transpose", ["scores"], ["logits"], perm=[0, 2, 1]),
        helper.make_node("LogSoftmax", ["logits"], ["log_probs"], axis=-1),
        helper.make_node("Div", ["x_lens", "four"], ["log_probs_len"]),
    ]
    graph = helper.make_graph(
        nodes,
        "whistled",
        [
            helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", "T", 80]),
            helper.make_tensor_value_info("x_lens", TensorProto.INT64, ["N"]),
        ],
        [
            helper.make_tensor_value_info("log_probs", TensorProto.FLOAT, ["N", "R", len(tokens)]),
            helper.make_tensor_value_info("log_probs_len", TensorProto.INT64, ["N"]),
        ],
        [
            numpy_helper.from_array(value, name)
            for name, value in {"weights": weights, "bias": bias, "four": np.array([4])}.items()
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    helper.set_model_props(model, {"model_type": "zipformer2_ctc", "subsampling_factor": "4"})
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    return path
