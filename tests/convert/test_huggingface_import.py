"""Posteriors of imported Hugging Face models are those of transformers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from toolkits import speechlike

from attune.bundle import Bundle, show_bundle
from attune.convert import ImportRequest, import_model
from attune.errors import InputError
from attune.recognize import load

transformers = pytest.importorskip("transformers")

CLOSE = 1e-3  # of a probability

LETTERS = ["<pad>", "<s>", "</s>", "<unk>", "|", *"ETAONIHSRDLUMWCFGYPBVK'XJQZ"]
PIECES = ["<unk>", "▁", *"abcdefghijklmnopqrstuvwxyz'", "ee", "▁s", "▁see", "oa", "ne", "▁o"]

WAVEFORM = {
    "hidden_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    # A row every 320 samples, as of the real ones, in fewer steps.
    "conv_dim": (16, 16, 16),
    "conv_kernel": (10, 8, 8),
    "conv_stride": (5, 8, 8),
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 2,
    "vocab_size": len(LETTERS),
    "pad_token_id": 0,
}
LAYER_NORM = {"feat_extract_norm": "layer", "do_stable_layer_norm": True, "conv_bias": True}


def write_model(folder: Path, family: str) -> Any:
    """A small random model in the layout of the hub; returns it."""
    torch.manual_seed(5)
    if family == "parakeet":
        config = transformers.ParakeetCTCConfig(
            vocab_size=len(PIECES) + 1,
            pad_token_id=len(PIECES),
            encoder_config={
                "hidden_size": 32,
                "num_hidden_layers": 2,
                "num_attention_heads": 2,
                "intermediate_size": 64,
                "subsampling_conv_channels": 16,
            },
        )
        model = transformers.ParakeetForCTC(config)
        model.ctc_head.weight.data *= 60
        transformers.ParakeetFeatureExtractor().save_pretrained(folder)
        write_tokenizer(folder / "tokenizer.json")
    else:
        kind = transformers.Wav2Vec2ForCTC if family == "wav2vec2" else transformers.HubertForCTC
        more = {} if family == "wav2vec2" else LAYER_NORM
        model = kind(kind.config_class(**WAVEFORM, **more))
        model.lm_head.weight.data *= 60
        extractor = transformers.Wav2Vec2FeatureExtractor(
            do_normalize=True, return_attention_mask=family != "wav2vec2"
        )
        extractor.save_pretrained(folder)
        (folder / "vocab.json").write_text(json.dumps({t: i for i, t in enumerate(LETTERS)}))
    model.save_pretrained(folder)
    return model.eval()


def write_tokenizer(path: Path) -> None:
    merges = [["e", "e"], ["▁", "s"], ["▁s", "ee"], ["o", "a"], ["n", "e"], ["▁", "o"]]
    model = {"type": "BPE", "vocab": {t: i for i, t in enumerate(PIECES)}, "merges": merges}
    path.write_text(json.dumps({"model": model, "added_tokens": []}), "utf-8")


def source_posteriors(folder: Path, model: Any, samples: NDArray[np.float32]) -> NDArray[Any]:
    """transformers' own features and model, log-probabilities [rows, columns]."""
    extractor = transformers.AutoFeatureExtractor.from_pretrained(folder)
    inputs = extractor(samples, sampling_rate=16000, return_tensors="pt")
    with torch.inference_mode():
        return np.asarray(torch.log_softmax(model(**inputs).logits[0], -1))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("family", "row", "units"),
    [
        ("wav2vec2", 0.02, "characters"),
        ("hubert", 0.02, "characters"),
        ("parakeet", 0.08, "pieces"),
    ],
)
def test_posteriors_are_those_of_transformers(
    small_base: Bundle, tmp_path: Path, family: str, row: float, units: str
) -> None:
    folder = tmp_path / family
    network = write_model(folder, family)
    report = import_model(ImportRequest(folder), small_base, tmp_path / "new")
    assert (report.row_seconds, report.units) == (row, units)
    assert report.difference is not None and report.difference < CLOSE
    (figure,) = show_bundle(tmp_path / "new").description.model_card.measured
    assert (figure.metric, figure.value) == ("posterior_difference", report.difference)
    model = load(tmp_path / "new")
    blank = network.config.pad_token_id
    for seconds in (0.5, 2.345, 7.1):
        samples = speechlike(seconds)
        got = model.posteriors(samples)
        expected = source_posteriors(folder, network, samples)[: len(got)]
        assert expected.max() > np.log(0.5), "the network should be sure of something"
        order = [blank, *(i for i in range(expected.shape[1]) if i != blank)]
        assert np.abs(np.exp(got) - np.exp(expected[:, order])).max() < CLOSE
    spelled = [reading for word in ("see", "boat") for reading in model.pronunciations(word)]
    if family == "parakeet":
        assert spelled == [("▁see",), ("▁", "b", "oa", "t")]
    else:
        assert spelled[0] == ("S", "E", "E", "|")
    assert model.transcribe(speechlike(1.0)).lexical == model.transcribe(speechlike(1.0)).lexical


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hub") / "model"
    write_model(folder, "wav2vec2")
    return folder


def change_json(path: Path, **fields: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


def damage(name: str, keep: int) -> Any:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:keep])


def drop_head(folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    tensors = load_file(folder / "model.safetensors")
    save_file(
        {k: v for k, v in tensors.items() if not k.startswith("lm_head")},
        folder / "model.safetensors",
        {"format": "pt"},
    )


WRONG = {
    "no config": (lambda f: (f / "config.json").unlink(), "has no config.json"),
    "no weights": (lambda f: (f / "model.safetensors").unlink(), "has no model.safetensors"),
    "no features": (lambda f: (f / "preprocessor_config.json").unlink(), "has no preprocessor"),
    "no tokens": (lambda f: (f / "vocab.json").unlink(), "has no vocab.json"),
    "no JSON": (damage("config.json", 20), r"config\.json: not readable as JSON"),
    "weights cut off": (damage("model.safetensors", 5000), "the weights cannot be loaded"),
    "weights without head": (drop_head, "the weights lack lm_head"),
    "architecture": (
        lambda f: change_json(f / "config.json", architectures=["WhisperForCausalLM"]),
        "architectures: WhisperForCausalLM: supported are Wav2Vec2ForCTC",
    ),
    "rate": (
        lambda f: change_json(f / "preprocessor_config.json", sampling_rate=8000),
        "sampling_rate 8000: Attune hears 16000 Hz",
    ),
    "features of another": (
        lambda f: change_json(
            f / "preprocessor_config.json", feature_extractor_type="WhisperFeatureExtractor"
        ),
        "feature_extractor_type 'WhisperFeatureExtractor'",
    ),
    "no blank": (lambda f: change_json(f / "config.json", pad_token_id=None), "pad_token_id None"),
    "tokens": (
        lambda f: change_json(f / "vocab.json", extra=len(LETTERS)),
        "33 tokens, but config.json says vocab_size 32",
    ),
    "languages": (
        lambda f: (f / "vocab.json").write_text(json.dumps({"eng": {"a": 0}})),
        "each of several languages",
    ),
}


@pytest.mark.parametrize("fault", WRONG)
def test_what_is_wrong_with_a_folder(
    small_base: Bundle, folder: Path, tmp_path: Path, fault: str
) -> None:
    import shutil

    change, message = WRONG[fault]
    shutil.copytree(folder, tmp_path / "model")
    change(tmp_path / "model")
    with pytest.raises(InputError, match=message) as caught:
        import_model(ImportRequest(tmp_path / "model"), small_base, tmp_path / "new")
    assert "\n" not in str(caught.value) and str(tmp_path / "model") in str(caught.value)
    assert not (tmp_path / "new").exists()


def test_a_folder_needs_no_tokens(small_base: Bundle, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"--features: .* says that itself"):
        import_model(ImportRequest(folder, features="nemo"), small_base, tmp_path / "new")
