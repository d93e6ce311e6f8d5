"""A base for keywords of whistled speech, whose exact encoder hears the phones of `tones`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tones import FEATURES, TONES, whistle_phones

from attune.acoustic import extract
from attune.bundle import Bundle, BundleWriter, Lineage, ModelCard, NewPart
from attune.keyword import KeywordPhrase
from attune.keyword.bank import BankBuilder
from attune.keyword.encoder_stream import KeywordEncoder
from attune.keyword.hidden_bank import HiddenBankBuilder
from attune.keyword.keyword_graph import KeywordGraph, write_graph
from attune.lexicon import PHONE_INDEX, PHONES

DELAY = 2
ANNA = KeywordPhrase("bee dot moan", (("B", "IY", "D", "AA", "T", "M", "OW", "N"),))
KEN = KeywordPhrase("key sock knee", (("K", "IY", "S", "AA", "K", "N", "IY"),))


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * 16000), np.float32)


def said(phrase: KeywordPhrase, *, level: float = 0.2) -> np.ndarray:
    """The first pronunciation of a phrase, whistled."""
    return whistle_phones(" ".join(phrase.pronunciations[0]), level=level)


def keyword_encoder() -> bytes:
    """ONNX: each phone is scored by its band, blank by a constant; what it says is 2 rows late."""
    weights = np.zeros((80, len(PHONES) + 1), np.float32)
    bias = np.full(len(PHONES) + 1, -30.0, np.float32)
    bias[0] = 0.0
    for phone, hertz in TONES.items():
        wave = 0.2 * np.sin(2 * np.pi * hertz * np.arange(8000) / 16000).astype(np.float32)
        weights[int(extract(wave, FEATURES).mean(0).argmax()), PHONE_INDEX[phone]] = 1.0
        bias[PHONE_INDEX[phone]] = -15.0
    late = 4 * DELAY * 80
    nodes = [
        helper.make_node("Reshape", ["state", "frame_rows"], ["before"]),
        helper.make_node("Concat", ["before", "frames"], ["heard"], axis=1),
        helper.make_node("Slice", ["heard", "zero", "behind", "one"], ["used"]),
        helper.make_node("Slice", ["heard", "behind", "most", "one"], ["unused"]),
        helper.make_node("Reshape", ["unused", "flat"], ["next_state"]),
        helper.make_node("Reshape", ["used", "groups"], ["grouped"]),
        helper.make_node("ReduceMean", ["grouped", "two"], ["means"], keepdims=0),
        helper.make_node("MatMul", ["means", "weights"], ["scores"]),
        helper.make_node("Add", ["scores", "bias"], ["logits"]),
        helper.make_node("LogSoftmax", ["logits"], ["log_posteriors"], axis=-1),
        helper.make_node("Slice", ["means", "zero", "eight", "two"], ["hidden"]),
    ]
    constants = {
        "frame_rows": np.array([0, -1, 80]), "zero": np.array([0]), "one": np.array([1]),
        "two": np.array([2]), "eight": np.array([8]), "behind": np.array([-4 * DELAY]),
        "most": np.array([2**31]), "flat": np.array([0, -1]), "groups": np.array([0, -1, 4, 80]),
        "weights": weights, "bias": bias,
    }  # fmt: skip
    real = TensorProto.FLOAT
    graph = helper.make_graph(
        nodes,
        "tones",
        [
            helper.make_tensor_value_info("frames", real, ["batch", "time", 80]),
            helper.make_tensor_value_info("state", real, ["batch", late]),
        ],
        [
            helper.make_tensor_value_info("log_posteriors", real, ["batch", "rows", 40]),
            helper.make_tensor_value_info("hidden", real, ["batch", "rows", 8]),
            helper.make_tensor_value_info("next_state", real, ["batch", late]),
        ],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def write_base(
    out: Path,
    *,
    hours: float = 0.3,
    seed: int = 0,
    network: bytes | None = None,
    closer: bytes | None = None,
) -> Bundle:
    """A base with a bank of random whistling: `hours` of phones in no order, with pauses."""
    network = network or keyword_encoder()
    draft = _writer("draft", network, closer)
    draft.add("negative_bank", NewPart(BankBuilder(0.04).content(), "negative-bank", "bank.xz"))
    encoder = KeywordEncoder(draft.write(out.with_name(f"{out.name}-draft")))
    bank, random = BankBuilder(encoder.row_seconds), np.random.default_rng(seed)
    hidden = HiddenBankBuilder()
    names = sorted(TONES)
    for _ in range(round(hours * 120)):
        phones = [names[i] for i in random.integers(0, len(names), 180)]
        noise = encoder.whole(whistle_phones(" ".join(phones)))
        bank.add(noise, ["noise"])
        hidden.add(noise)
    anna = encoder.whole(np.concatenate([silence(1), said(ANNA), silence(1)]))
    bank.add(anna, ANNA.text.split())
    hidden.add(anna)
    spoken = [(length, -0.05 * k) for length in range(3, 12) for k in range(20)]
    writer = _writer("whistled keywords", network, closer)
    writer.add("negative_bank", NewPart(bank.content(spoken), "negative-bank", "bank.xz"))
    writer.add("hidden_bank", NewPart(hidden.content(), "hidden-bank", "hidden.xz"))
    return writer.write(out)


def _writer(name: str, network: bytes, closer: bytes | None) -> BundleWriter:
    writer = BundleWriter(
        kind="keyword",
        language="en-US",
        name=name,
        version="1",
        lineage=Lineage("tests/keyword/tone_keywords.py", "2026-01-01"),
        model_card=ModelCard("Hears whistled words, for tests.", "Apache-2.0"),
        settings={
            "features": FEATURES.to_json(),
            "chunking": {"subsampling": 4, "delay": DELAY},
        },
    )
    writer.add("encoder", NewPart(network, "onnx", "encoder.onnx"))
    if closer is not None:
        writer.add("closer_encoder", NewPart(closer, "onnx", "closer_encoder.onnx"))
    writer.add("symbols", NewPart("\n".join(["<blank>", *PHONES]).encode(), "text", "symbols.txt"))
    graph = write_graph(KeywordGraph(()))
    writer.add("keyword_graph", NewPart(graph, "json", "keyword_graph.json"))
    return writer
