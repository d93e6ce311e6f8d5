"""The keyword encoder: a stream hears what a whole file does, and a teacher is followed."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import yaml
from tiny_encoder import TINY

torch = pytest.importorskip("torch")

import onnxruntime  # noqa: E402
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from whistlers import record, sentences, tones  # noqa: E402

from attune.errors import InputError  # noqa: E402
from attune.train.acoustic.checkpoint import load_checkpoint, save_checkpoint  # noqa: E402
from attune.train.acoustic.config import (  # noqa: E402
    EncoderConfig,
    KeywordEncoderConfig,
    read_config,
)
from attune.train.acoustic.encoder import Encoder  # noqa: E402
from attune.train.acoustic.initial import read_keyword_start, read_start  # noqa: E402
from attune.train.acoustic.keyword_encoder import KeywordEncoder  # noqa: E402
from attune.train.acoustic.loop import train_acoustic  # noqa: E402
from attune.train.acoustic.losses import divergence  # noqa: E402
from attune.train.keyword import KEYWORD_ENCODER_KEY, export_keyword_encoder  # noqa: E402

SMALL = {"dim": 16, "hidden": 32, "kernel": 3, "dilations": [1, 2, 1], "dropout": 0.0}


@pytest.fixture(scope="module")
def network() -> KeywordEncoder:
    torch.manual_seed(0)
    return KeywordEncoder(KeywordEncoderConfig(dim=16, hidden=32, dilations=(1, 2, 1))).eval()


def test_default_size_is_what_a_device_can_hold() -> None:
    count = sum(p.numel() for p in KeywordEncoder(KeywordEncoderConfig()).parameters())
    assert count <= 600_000


@settings(deadline=None, max_examples=15)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=8), st.integers(0, 3))
def test_a_stream_in_any_pieces_gives_the_rows_of_the_whole(pieces: list[int], odd: int) -> None:
    torch.manual_seed(0)
    network = KeywordEncoder(KeywordEncoderConfig(dim=16, hidden=32, dilations=(1, 2, 1))).eval()
    rows, delay = sum(pieces), network.config.delay
    frames = torch.randn(1, max(1, 4 * rows - odd), 80)
    padded = torch.nn.functional.pad(frames, (0, 0, 0, 4 * (rows + delay) - frames.shape[1]))
    with torch.inference_mode():
        whole, *_, outputs = network(frames, torch.tensor([frames.shape[1]]))
        state, streamed, at = torch.zeros(1, sum(network.state_sizes)), [], 0
        for n in [*pieces, delay]:
            log_probs, _, state = network.stream(padded[:, 4 * at : 4 * (at + n)], state)
            streamed.append(log_probs)
            at += n
    late = torch.cat(streamed, 1)[:, delay:]
    assert int(outputs[0]) == rows
    torch.testing.assert_close(late, whole, atol=1e-5, rtol=0)


def test_rows_do_not_depend_on_what_comes_later_than_the_delay(network: KeywordEncoder) -> None:
    frames = torch.randn(1, 80, 80)
    changed = frames.clone()
    changed[:, 40:] += 1.0
    with torch.inference_mode():
        first, second = (network(x, torch.tensor([80]))[0] for x in (frames, changed))
    unseen = 40 // 4 - network.config.delay
    torch.testing.assert_close(first[:, :unseen], second[:, :unseen])
    assert not torch.allclose(first[:, unseen], second[:, unseen])


def checkpoint(network: KeywordEncoder, path: Path) -> Path:
    features = read_features()
    save_checkpoint(
        path,
        {
            "model": {},
            "average": network.state_dict(),
            "keyword_encoder": asdict(network.config),
            "features": features,
        },
    )
    return path


def read_features() -> dict[str, object]:
    from attune.acoustic import FeatureParameters

    return FeatureParameters(mean=(12.0,) * 80, scale=(0.3,) * 80).to_json()


def test_export_keeps_state_and_sizes(network: KeywordEncoder, tmp_path: Path) -> None:
    report = export_keyword_encoder(
        checkpoint(network, tmp_path / "last.pt"), tmp_path / "spotter.onnx"
    )
    assert report.float_difference < 1e-3
    session = onnxruntime.InferenceSession(str(report.path))
    metadata = session.get_modelmeta().custom_metadata_map
    assert json.loads(metadata[KEYWORD_ENCODER_KEY])["dilations"] == [1, 2, 1]
    state = np.zeros((3, sum(network.state_sizes)), np.float32)
    frames = np.random.default_rng(0).standard_normal((3, 20, 80)).astype(np.float32)
    log_posteriors, hidden, after = session.run(None, {"frames": frames, "state": state})
    assert log_posteriors.shape == (3, 5, 40)
    assert hidden.shape == (3, 5, 16)
    assert after.shape == state.shape
    np.testing.assert_allclose(np.exp(log_posteriors).sum(-1), 1.0, atol=1e-5)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A recogniser that was trained a little, and the configuration of its pupil."""
    record(tmp_path, sentences(12, 0))
    tones.write_lexicon(tmp_path)
    config = {
        "train": ["manifest.tsv"],
        "dev": ["manifest.tsv"],
        "lexicon": "lexicon.tsv",
        "work": "work",
        "threads": 1,
        "precision": "float32",
        "teacher": "teacher.pt",
        "keyword_encoder": SMALL,
        "augment": {"rooms": 0, "room": 0.0, "noise": 0.5},
        "optimizer": {
            "steps": 50,
            "warmup": 5,
            "decay": 5,
            "peak": 0.005,
            "batch_seconds": 16,
            "middle_weight": 0.0,
            "character_weight": 0.0,
            "ctc_weight": 0.0,
            "teacher_weight": 1.0,
        },
    }
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    torch.manual_seed(0)
    encoder = EncoderConfig(**{**TINY, "phones": 40})
    save_checkpoint(
        tmp_path / "teacher.pt",
        {
            "model": {},
            "average": Encoder(encoder).state_dict(),
            "encoder": asdict(encoder),
            "features": read_features(),
        },
    )
    return tmp_path


def losses(folder: Path) -> list[float]:
    lines = (folder / "work" / "log.jsonl").read_text().splitlines()
    return [entry["loss"] for line in lines if "learning_rate" in (entry := json.loads(line))]


def test_a_pupil_comes_nearer_to_its_teacher(folder: Path) -> None:
    train_acoustic(read_config(folder / "config.yaml"))
    found = losses(folder)
    assert found[-1] < 0.5 * found[0]
    start = read_keyword_start(folder / "work" / "last.pt")
    assert start.encoder.dilations == (1, 2, 1)
    assert start.features.to_json() == read_features()


def test_noise_without_speech_is_learnt_from(folder: Path) -> None:
    noise = record(folder / "noise", sentences(3, 1))
    path = folder / "config.yaml"
    values = yaml.safe_load(path.read_text())
    short = {**values["optimizer"], "steps": 2, "decay": 1, "warmup": 1}
    sources = [{"manifest": str(noise), "silent": True}]
    train_acoustic(read_config(path, {"train": sources, "optimizer": short}))
    assert (folder / "work" / "left-out.txt").read_text() == ""
    without = {"train": sources, "teacher": None, "optimizer": short}
    with pytest.raises(InputError, match="silent needs a teacher"):
        read_config(path, without)


def test_silence_is_taught_where_nothing_is_said() -> None:
    log_probs = torch.log_softmax(torch.randn(2, 5, 4), -1)
    teacher = torch.log_softmax(torch.randn(2, 6, 4), -1)
    outputs, silent = torch.tensor([5, 3]), torch.tensor([False, True])
    found = divergence(log_probs, teacher, outputs, silent)
    taught = (teacher[0, :5].exp() * (teacher[0, :5] - log_probs[0])).sum()
    torch.testing.assert_close(found, taught - log_probs[1, :3, 0].sum())


def test_a_stopped_pupil_goes_on(folder: Path) -> None:
    path = folder / "config.yaml"
    values = yaml.safe_load(path.read_text())
    whole = {**values, "optimizer": {**values["optimizer"], "steps": 12, "decay": 12}}
    train_acoustic(read_config(path, {**whole, "work": "once"}))
    half = {**whole, "optimizer": {**whole["optimizer"], "steps": 6}}
    train_acoustic(read_config(path, {**half, "work": "twice"}))
    train_acoustic(read_config(path, {**whole, "work": "twice"}))
    once, twice = (load_checkpoint(folder / name / "last.pt") for name in ("once", "twice"))
    assert once["step"] == twice["step"] == 12
    assert once["batch"] == twice["batch"]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("teacher", "manifest.tsv", "not a checkpoint"),
        ("teacher", "nowhere.pt", "no such checkpoint"),
        ("keyword_encoder", {"width": 3}, "keyword_encoder: unknown width"),
        ("train", [{"manifest": "manifest.tsv", "silent": 1}], "silent must be true or false"),
        ("initial", "teacher.pt", "not the checkpoint of a keyword encoder"),
    ],
)
def test_wrong_configurations(folder: Path, name: str, value: object, message: str) -> None:
    if value == "manifest.tsv":
        (folder / "damaged.pt").write_text("path")
        value = "damaged.pt"
    with pytest.raises(InputError, match=message):
        train_acoustic(read_config(folder / "config.yaml", {name: value}))


def test_a_keyword_encoder_cannot_teach(folder: Path, network: KeywordEncoder) -> None:
    checkpoint(network, folder / "small.pt")
    with pytest.raises(InputError, match="keyword encoder"):
        read_start(folder / "small.pt")
