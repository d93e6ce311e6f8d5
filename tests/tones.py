"""A recogniser of whistled speech: a hand-made bundle whose phones are tones.

Its encoder is exact (each phone is the energy in one mel band), so that tests of everything around
it can say what must come out, to the frame.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from attune.acoustic import FeatureParameters, extract
from attune.bundle import BundleWriter, Lineage, ModelCard, NewPart
from attune.language import count_ngrams, encode_text, estimate, write_trie_file
from attune.lexicon import PHONE_INDEX, PHONES, Lexicon

TONES = {
    "AA": 500, "B": 700, "D": 950, "IY": 1250, "K": 1650,
    "M": 2150, "N": 2800, "OW": 3600, "S": 4700, "T": 6200,
}  # fmt: skip
"""Phone -> Hz."""

LEXICON = {
    "bee": "B IY", "boat": "B OW T", "dot": "D AA T", "key": "K IY", "knee": "N IY",
    "moan": "M OW N", "see": "S IY", "sock": "S AA K", "tea": "T IY", "team": "T IY M",
    "two": "T OW", "one": "M AA N", "o": "OW",
}  # fmt: skip

TEXT = [
    "see team", "see one boat", "see two", "one key", "two tea", "key dot", "moan knee",
    "sock bee", "one two", "see team one", "dot", "boat", "tea", "o see", "bee sock",
] * 3  # fmt: skip

TONE_SECONDS, GAP_SECONDS, PAUSE_SECONDS = 0.12, 0.04, 0.12
FEATURES = FeatureParameters(floor=4.0)


def whistle(
    words: str, *, before: float = 0.2, after: float = 0.3, level: float = 0.2, pitch: float = 1.0
) -> np.ndarray:
    """Words of LEXICON as tones: float32 [samples] at 16 kHz; `pitch` times as high as usual."""
    pieces = [np.zeros(int(before * 16000))]
    for i, word in enumerate(words.split()):
        if i:
            pieces.append(np.zeros(int(PAUSE_SECONDS * 16000)))
        pieces += [tone(phone, level, pitch) for phone in LEXICON[word].split()]
    pieces.append(np.zeros(int(after * 16000)))
    return np.concatenate(pieces).astype(np.float32)


def whistle_phones(phones: str, *, level: float = 0.2) -> np.ndarray:
    """Phones as tones, without silence around them."""
    return np.concatenate([tone(p, level) for p in phones.split()]).astype(np.float32)


def tone(phone: str, level: float, pitch: float = 1.0) -> np.ndarray:
    count = int(TONE_SECONDS * 16000)
    wave = np.sin(2 * np.pi * pitch * TONES[phone] * np.arange(count) / 16000)
    ramp = np.minimum(1.0, np.minimum(np.arange(count), np.arange(count)[::-1]) / 80)
    return np.concatenate([level * wave * ramp, np.zeros(int(GAP_SECONDS * 16000))])


def encoder() -> bytes:
    """ONNX: rows of four frames, each phone scored by its band, blank by a constant."""
    weights = np.full((80, len(PHONES) + 1), 0.0, np.float32)
    bias = np.full(len(PHONES) + 1, -30.0, np.float32)
    bias[0] = 0.0
    for phone, hertz in TONES.items():
        wave = 0.2 * np.sin(2 * np.pi * hertz * np.arange(8000) / 16000).astype(np.float32)
        band = int(extract(wave, FEATURES).mean(0).argmax())
        weights[band, PHONE_INDEX[phone]] = 1.0
        bias[PHONE_INDEX[phone]] = -15.0
    nodes = [
        helper.make_node("Slice", ["frames", "begin", "end", "axis"], ["inside"]),
        helper.make_node("Reshape", ["inside", "rows"], ["grouped"]),
        helper.make_node("ReduceMean", ["grouped", "group"], ["means"], keepdims=0),
        helper.make_node("MatMul", ["means", "weights"], ["scores"]),
        helper.make_node("Add", ["scores", "bias"], ["logits"]),
        helper.make_node("LogSoftmax", ["logits"], ["log_probs"], axis=-1),
        helper.make_node("Add", ["valid", "one"], ["next_valid"]),
    ]
    constants = {
        "begin": np.array([17]), "end": np.array([-18]), "axis": np.array([1]),
        "rows": np.array([0, -1, 4, 80]), "group": np.array([2]), "one": np.array([1]),
        "weights": weights, "bias": bias,
    }  # fmt: skip
    graph = helper.make_graph(
        nodes,
        "tones",
        [
            helper.make_tensor_value_info("frames", TensorProto.FLOAT, ["batch", "time", 80]),
            helper.make_tensor_value_info("valid", TensorProto.INT64, ["batch"]),
        ],
        [
            helper.make_tensor_value_info("log_probs", TensorProto.FLOAT, ["batch", "rows", 40]),
            helper.make_tensor_value_info("next_valid", TensorProto.INT64, ["batch"]),
        ],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def write_lexicon(folder: Path) -> Path:
    """LEXICON as `lexicon.tsv` and compiled, which is returned."""
    lexicon = Lexicon()
    for word, phones in LEXICON.items():
        lexicon.add(word, phones.split())
    lexicon.write(folder / "lexicon.tsv")
    lexicon.compile(folder / "lexicon.bin")
    return folder / "lexicon.bin"


def tone_writer(
    folder: Path,
    encoder: NewPart,
    features: FeatureParameters,
    text: Sequence[str],
    *,
    name: str,
    lm_weight: float,
) -> BundleWriter:
    """A writer of a bundle with this encoder, the words of LEXICON and a bigram model of `text`.

    What the bundle is made of is written into `folder`.
    """
    model = estimate(count_ngrams(encode_text(text), 2)).model
    write_trie_file(model, folder / "language.ngram")
    writer = BundleWriter(
        kind="recognizer",
        language="en-US",
        name=name,
        version="1",
        lineage=Lineage("tests/tones.py", "2026-01-01"),
        model_card=ModelCard("Hears whistled words, for tests.", "Apache-2.0"),
        settings={
            "features": features.to_json(),
            "chunking": {"lookbehind": 4, "lookahead": 4},
            "decoding": {"lm_weight": lm_weight},
        },
    )
    writer.add("encoder", encoder)
    writer.add("symbols", NewPart("\n".join(["<blank>", *PHONES]).encode(), "text", "symbols.txt"))
    writer.add("lexicon", NewPart(write_lexicon(folder), "lexicon"))
    writer.add("language_model", NewPart(folder / "language.ngram", "ngram-trie"))
    return writer


def write_tone_bundle(path: Path, text: Sequence[str] = TEXT, g2p: Path | None = None) -> Path:
    """Write the bundle as a folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    network = NewPart(encoder(), "onnx", "encoder.onnx")
    writer = tone_writer(path.parent, network, FEATURES, text, name="tones", lm_weight=0.5)
    # The search says when a phone is entered; here phones go on for another 100 ms.
    calibration = json.dumps({"end_shift": 0.1}).encode()
    writer.add("calibration", NewPart(calibration, "json", "calibration.json"))
    if g2p is not None:
        writer.add("g2p", NewPart(g2p, "graphone", "g2p.bin"))
    writer.write(path)
    return path
