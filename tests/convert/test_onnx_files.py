"""ONNX files: the layouts that are understood, and a message for everything that is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hand_made import FLOAT, INT64, write_features_graph, write_waveform_graph
from toolkits import speechlike
from whistled_tokens import write_tokens

from attune.acoustic import KaldiFrontEnd, WaveformFrontEnd
from attune.bundle import Bundle, Lineage, NewPart, derive, show_bundle
from attune.convert import ImportRequest, import_model
from attune.errors import InputError
from attune.lexicon import PHONES
from attune.recognize import load

TOKENS = ["<blk>", *"▁senb"]
"""A token list that spells "see", "bee" and little more."""


def ask(tmp_path: Path, graph: Path, tokens: list[str] | None = None, **more: Any) -> ImportRequest:
    listed = write_tokens(tmp_path / "tokens.txt", tokens or TOKENS)
    return ImportRequest(graph, listed, **{"features": "kaldi", **more})


def expected(samples: np.ndarray, weights: np.ndarray) -> np.ndarray:
    scores = KaldiFrontEnd().compute(samples) @ weights
    return scores - np.log(np.exp(scores).sum(1, keepdims=True))


WEIGHTS = np.random.default_rng(1).normal(0, 0.3, (80, 6)).astype(np.float32)

LAYOUTS: dict[str, dict[str, Any]] = {
    "time, channels": {},
    "channels, time": {"axes": ("N", 80, "T")},
    "length": {"extra": {"n": (INT64, ("N",))}},
    "mask": {"extra": {"attention_mask": (INT64, ("N", "T"))}},
    "length and mask": {"extra": {"n": (INT64, ("N",)), "mask": (INT64, ("N", "T"))}},
    "logits": {"last": "Identity", "output": "anything"},
    "probabilities": {"last": "Softmax", "output": "probs"},
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(layout: str, small_base: Bundle, tmp_path: Path) -> None:
    graph = write_features_graph(tmp_path / "net.onnx", 6, weights=WEIGHTS, **LAYOUTS[layout])
    report = import_model(ask(tmp_path, graph), small_base, tmp_path / "new")
    assert report.row_seconds == 0.01
    samples = speechlike(1.0)
    rows = load(tmp_path / "new").posteriors(samples)
    assert np.abs(np.exp(rows) - np.exp(expected(samples, WEIGHTS))).max() < 1e-4


@pytest.mark.parametrize("normalize", [False, True])
def test_samples(small_base: Bundle, tmp_path: Path, normalize: bool) -> None:
    graph = write_waveform_graph(tmp_path / "net.onnx", 6)
    family = "waveform-normalized" if normalize else "waveform"
    report = import_model(ask(tmp_path, graph, features=family), small_base, tmp_path / "new")
    assert report.row_seconds == 0.02
    samples = speechlike(1.0)
    weights = onnx.numpy_helper.to_array(onnx.load(str(graph)).graph.initializer[0])[:, 0]
    heard = WaveformFrontEnd(normalize).compute(samples)
    scores = heard.reshape(-1, 320) @ weights.T
    rows = load(tmp_path / "new").posteriors(samples)
    wanted = np.exp(scores - scores.max(1, keepdims=True))
    assert np.abs(np.exp(rows) - wanted / wanted.sum(1, keepdims=True)).max() < 1e-4


def test_the_blank_may_be_anywhere_and_have_any_name(small_base: Bundle, tmp_path: Path) -> None:
    graph = write_features_graph(tmp_path / "net.onnx", 6, weights=WEIGHTS)
    tokens = ["▁", "s", "e", "nothing", "n", "b"]
    request = ask(tmp_path, graph, tokens, blank="nothing")
    import_model(request, small_base, tmp_path / "new")
    samples = speechlike(1.0)
    rows = load(tmp_path / "new").posteriors(samples)
    order = [3, 0, 1, 2, 4, 5]
    assert np.abs(np.exp(rows) - np.exp(expected(samples, WEIGHTS)[:, order])).max() < 1e-4


def test_a_list_without_the_last_blank_is_nemos(small_base: Bundle, tmp_path: Path) -> None:
    graph = write_features_graph(tmp_path / "net.onnx", 6)
    report = import_model(ask(tmp_path, graph, [*"▁senb"]), small_base, tmp_path / "new")
    assert report.tokens == 6
    symbols = Bundle.open(tmp_path / "new").part_path("symbols").read_text("utf-8").split()
    assert symbols == ["<blk>", *"▁senb"]


def test_a_network_of_phones_uses_the_base_s_pronunciations(
    small_base: Bundle, tmp_path: Path
) -> None:
    tokens = ["SIL", *reversed(PHONES), "<blk>"]
    graph = write_features_graph(tmp_path / "net.onnx", len(tokens))
    report = import_model(ask(tmp_path, graph, tokens), small_base, tmp_path / "new")
    assert (report.units, report.words.words) == ("phones", 13)
    model = load(tmp_path / "new")
    assert model.pronunciations("see") == (("S", "IY"),)
    rows = np.full((4, len(tokens)), -20.0, np.float32)
    columns = [0, 1 + PHONES.index("S"), 1 + PHONES.index("IY"), len(PHONES) + 1]
    rows[range(4), columns] = 0.0
    # The last row is SIL, which counts as the blank.
    assert model.decode(rows).best(final=True).text == "see"


def test_weights_in_another_file_are_taken_in(small_base: Bundle, tmp_path: Path) -> None:
    graph = write_features_graph(tmp_path / "net.onnx", 6, weights=WEIGHTS)
    onnx.save(
        onnx.load(str(graph)),
        str(graph),
        save_as_external_data=True,
        location="net.weights",
        size_threshold=0,
    )
    request = ask(tmp_path, graph)
    import_model(request, small_base, tmp_path / "new")
    samples = speechlike(1.0)
    rows = load(tmp_path / "new").posteriors(samples)
    assert np.abs(np.exp(rows) - np.exp(expected(samples, WEIGHTS))).max() < 1e-4
    (tmp_path / "net.weights").unlink()
    with pytest.raises(InputError, match=r"net\.onnx: the network cannot be loaded"):
        import_model(request, small_base, tmp_path / "other")


def test_metadata_of_nemo_without_normalisation(small_base: Bundle, tmp_path: Path) -> None:
    metadata = {"model_type": "EncDecCTCModel", "normalize_type": ""}
    graph = write_features_graph(tmp_path / "net.onnx", 6, metadata=metadata)
    request = replace(ask(tmp_path, graph), features=None)
    import_model(request, small_base, tmp_path / "new")
    features = show_bundle(tmp_path / "new").description.settings["features"]
    assert (features["front_end"], features["normalize"]) == ("nemo", False)


Make = Callable[[Path], ImportRequest]


def graph_with(**more: Any) -> Make:
    return lambda folder: ask(folder, write_features_graph(folder / "net.onnx", 6, **more))


def metadata_with(**metadata: str) -> Make:
    return lambda folder: replace(graph_with(metadata=metadata)(folder), features=None)


def not_onnx(folder: Path) -> ImportRequest:
    (folder / "net.onnx").write_bytes(b"this is not a graph" * 10)
    return ask(folder, folder / "net.onnx")


def changed(make: Make, **more: Any) -> Make:
    return lambda folder: replace(make(folder), **more)


WRONG: dict[str, tuple[Make, str]] = {
    "no file": (lambda f: ask(f, f / "gone.onnx"), r"gone\.onnx: no such file or folder"),
    "no ONNX": (not_onnx, r"net\.onnx is not an ONNX file"),
    "no features": (metadata_with(), "does not say which features it hears: give --features"),
    "unknown features": (changed(graph_with(), features="mfcc"), "--features 'mfcc' is not one of"),
    "model type": (metadata_with(model_type="telespeech_ctc"), "model_type 'telespeech_ctc'"),
    "GigaAM": (metadata_with(model_type="EncDecCTCModel", is_giga_am="1"), "GigaAM"),
    "normalisation": (
        metadata_with(model_type="EncDecCTCModel", normalize_type="all_features"),
        "normalize_type 'all_features'",
    ),
    "rate": (metadata_with(model_type="wenet_ctc", sample_rate="8000"), "sample_rate 8000"),
    "no tokens": (changed(graph_with(), tokens=None), "give its token list with --tokens"),
    "tokens": (
        lambda f: ask(f, write_features_graph(f / "net.onnx", 9)),
        r"tokens\.txt has 6 tokens, but the output log_probs of .* has 9 columns",
    ),
    "no blank": (
        lambda f: ask(f, write_features_graph(f / "net.onnx", 5), [*"▁senb"]),
        r"tokens\.txt has no blank \(<blk>, .*name its token with --blank",
    ),
    "wrong blank": (changed(graph_with(), blank="<b>"), "--blank '<b>' is no token"),
    "cache": (
        graph_with(extra={"cache_k": (FLOAT, (1, 4))}),
        r"inputs x \(float\)\[\?, \?, 80\]; cache_k .* A streaming export",
    ),
    "integer state": (graph_with(extra={"state": (INT64, ("N",))}), "A streaming export"),
    "unknown inputs": (
        graph_with(extra={"language": (INT64, ("N",)), "n": (INT64, ("N",))}),
        "only its length .* and a mask",
    ),
    "fixed length": (graph_with(axes=("N", 300, 80)), "its length is fixed"),
    "samples wanted": (
        changed(graph_with(), features="waveform"),
        "not samples .*: choose other --features",
    ),
    "features wanted": (
        lambda f: ask(f, write_waveform_graph(f / "net.onnx", 6)),
        r"not features .* \(waveform for samples\)",
    ),
    "too few channels": (
        graph_with(axes=("N", "T", 2), weights=np.ones((2, 6), np.float32)),
        "3 mel bins",
    ),
    "not finite": (graph_with(weights=np.full((80, 6), np.nan, np.float32)), "not finite numbers"),
    "cmvn of nemo": (
        changed(graph_with(), features="nemo", cmvn=Path("cmvn")),
        "--cmvn goes with --features wenet or kaldi",
    ),
    "another language": (
        lambda f: ask(f, write_features_graph(f / "net.onnx", 6), ["<blk>", *"天地人和文"]),
        "no word of .* can be spelled .*is the base of another language",
    ),
}


@pytest.mark.parametrize("fault", WRONG)
def test_what_is_wrong_with_a_file(fault: str, small_base: Bundle, tmp_path: Path) -> None:
    make, message = WRONG[fault]
    with pytest.raises(InputError, match=message) as caught:
        import_model(make(tmp_path), small_base, tmp_path / "new")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not a global_cmvn"),
        ('{"mean_stat": [1.0]}', "not a global_cmvn"),
        ('{"mean_stat": [1.0], "var_stat": [1.0], "frame_num": 0}', "expected frame_num above 0"),
        ('{"mean_stat": [1.0], "var_stat": [2.0], "frame_num": 1}', "80 numbers each in mean_stat"),
    ],
)
def test_wrong_cmvn(content: str, message: str, small_base: Bundle, tmp_path: Path) -> None:
    (tmp_path / "global_cmvn").write_text(content)
    request = replace(graph_with()(tmp_path), cmvn=tmp_path / "global_cmvn")
    with pytest.raises(InputError, match=message):
        import_model(request, small_base, tmp_path / "new")


def test_a_bundle_is_not_written_over(small_base: Bundle, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="new already exists"):
        import_model(graph_with()(tmp_path), small_base, tmp_path / "new")
    assert (tmp_path / "new" / "mine.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("group", "change", "message"),
    [
        ("encoder", {"units": "syllables"}, "encoder setting units: 'syllables'"),
        ("encoder", {"spelling": "magic"}, "encoder setting spelling: 'magic'"),
        ("encoder", {"input": "y"}, "not those of the bundle's settings"),
        ("features", {"front_end": "mfcc"}, "front_end 'mfcc'"),
        ("chunking", {"left_seconds": "long"}, "left_seconds 'long'"),
    ],
)
def test_settings_of_a_bundle_are_checked(
    group: str, change: dict[str, Any], message: str, small_base: Bundle, tmp_path: Path
) -> None:
    import_model(graph_with()(tmp_path), small_base, tmp_path / "new")
    derive(
        Bundle.open(tmp_path / "new"),
        tmp_path / "odd",
        name="odd",
        lineage=Lineage("test", "2026-01-01"),
        settings={group: change},
    )
    with pytest.raises(InputError, match=message):
        load(tmp_path / "odd")


def test_symbols_of_another_network_are_refused(small_base: Bundle, tmp_path: Path) -> None:
    import_model(graph_with()(tmp_path), small_base, tmp_path / "new")
    derive(
        Bundle.open(tmp_path / "new"),
        tmp_path / "odd",
        name="odd",
        lineage=Lineage("test", "2026-01-01"),
        parts={"symbols": NewPart(b"<blk>\n\xe2\x96\x81\ns\n", "tokens", "symbols.txt")},
    )
    with pytest.raises(InputError, match="symbols of the lexicon are not those"):
        load(tmp_path / "odd")
