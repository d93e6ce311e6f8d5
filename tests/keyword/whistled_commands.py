"""A keyword and a recogniser of whistled speech, together: "see team", then words of `tones`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
from numpy.typing import NDArray
from tone_keywords import DELAY, keyword_encoder, silence
from tones import FEATURES, whistle, write_tone_bundle

from attune.bundle import BundleWriter, Lineage, ModelCard, NewPart
from attune.keyword import DEFAULT_SENSITIVITY, KeywordModel, KeywordPhrase, OperatingCurve
from attune.keyword.calibration import KeywordCalibration
from attune.keyword.keyword_graph import KeywordGraph, write_graph
from attune.lexicon import PHONES
from attune.recognize import Model, load

KEYWORD = KeywordPhrase("see team", (("S", "IY", "T", "IY", "M"),))


@cache
def keywords() -> KeywordModel:
    """A keyword bundle with a threshold that whistling reaches."""
    writer = BundleWriter(
        kind="keyword",
        language="en-US",
        name="see team",
        version="1",
        lineage=Lineage("tests/keyword/whistled_commands.py", "2026-01-01"),
        model_card=ModelCard("Hears a whistled keyword, for tests.", "Apache-2.0"),
        settings={
            "features": FEATURES.to_json(),
            "chunking": {"subsampling": 4, "delay": DELAY},
        },
    )
    curve = OperatingCurve(hours=1.0, scores=(-0.5, -2.5), rates=(0.5, 50.0), slope=1.0)
    writer.add("encoder", NewPart(keyword_encoder(), "onnx", "encoder.onnx"))
    writer.add("symbols", NewPart("\n".join(["<blank>", *PHONES]).encode(), "text", "symbols.txt"))
    graph = write_graph(KeywordGraph((KEYWORD,)))
    writer.add("keyword_graph", NewPart(graph, "json", "keyword_graph.json"))
    calibration = KeywordCalibration((curve,), DEFAULT_SENSITIVITY).content()
    writer.add("calibration", NewPart(calibration, "json", "calibration.json"))
    return KeywordModel(writer.write(Path(mkdtemp()) / "see-team"))


@cache
def recogniser() -> Model:
    return load(write_tone_bundle(Path(mkdtemp()) / "bundle"))


def spoken(command: str = "", *, pause: float = 0.12, after: float = 1.6) -> NDArray[np.float32]:
    """Half a second of silence, the keyword, a pause, a command, silence."""
    parts = [silence(0.5), whistle(KEYWORD.text, before=0.0, after=0.0)]
    if command:
        parts += [silence(pause), whistle(command, before=0.0, after=0.0)]
    return np.concatenate([*parts, silence(after)])
