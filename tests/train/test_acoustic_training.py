"""Training as its user meets it: problems named, kills survived, the same run after a resume."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml
from tiny_encoder import TINY

torch = pytest.importorskip("torch")

from attune.audio import write_wav  # noqa: E402
from attune.bundle import BundleWriter, Lineage, ModelCard, NewPart  # noqa: E402
from attune.errors import AttuneError, InputError  # noqa: E402
from attune.train.acoustic import checkpoint as checkpoints  # noqa: E402
from attune.train.acoustic.batches import plan_epoch  # noqa: E402
from attune.train.acoustic.checkpoint import load_checkpoint, save_checkpoint  # noqa: E402
from attune.train.acoustic.config import read_config  # noqa: E402
from attune.train.acoustic.export import export_encoder, load_encoder  # noqa: E402
from attune.train.acoustic.initial import read_start  # noqa: E402
from attune.train.acoustic.loop import Progress, train_acoustic  # noqa: E402

SYLLABLES = {"ba": (300, "B AA"), "see": (2500, "S IY"), "new": (700, "N UW")}


def say(words: list[str], random: np.random.Generator) -> np.ndarray:
    """A tone a word: enough to learn from."""
    pieces = [np.zeros(1600)]
    for word in words:
        time_axis = np.arange(4800) / 16000
        tone = np.sin(2 * np.pi * SYLLABLES[word][0] * time_axis) * np.hanning(4800)
        pieces += [tone * 0.3, np.zeros(800)]
    samples = np.concatenate(pieces) + random.standard_normal(sum(map(len, pieces))) * 1e-3
    return samples.astype(np.float32)


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    random = np.random.default_rng(0)
    (tmp_path / "lexicon.tsv").write_text(
        "".join(f"{word}\t1\t{phones}\n" for word, (_, phones) in SYLLABLES.items())
    )
    rows = ["path\tseconds\tspeaker\ttext"]
    for i in range(12):
        words = [str(w) for w in random.choice(list(SYLLABLES), 2 + i % 3)]
        samples = say(words, random)
        write_wav(tmp_path / f"{i}.wav", samples, 16000)
        rows.append(f"{i}.wav\t{len(samples) / 16000:.2f}\t\t{' '.join(words)}")
    (tmp_path / "train.tsv").write_text("\n".join(rows) + "\n")
    config = {
        "train": [{"manifest": "train.tsv"}],
        "dev": ["train.tsv"],
        "lexicon": "lexicon.tsv",
        "work": "work",
        "threads": 1,
        "precision": "float32",
        "checkpoint_steps": 5,
        "evaluate_steps": 1000,
        "encoder": TINY,
        "augment": {"rooms": 2},
        "optimizer": {"steps": 20, "warmup": 5, "decay": 5, "batch_seconds": 6},
    }
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    return tmp_path


def change(folder: Path, **sections: object) -> Path:
    path = folder / "config.yaml"
    values = yaml.safe_load(path.read_text())
    for name, value in sections.items():
        values[name] = {**values[name], **value} if isinstance(value, dict) else value
    path.write_text(yaml.safe_dump(values))
    return path


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_checkpoint(folder / "work" / "last.pt")["model"]


def messages_of(path: Path) -> list[str]:
    said: list[Progress] = []
    train_acoustic(read_config(path), said.append)
    return [p.message for p in said if p.message]


def test_it_learns(run_folder: Path) -> None:
    path = change(run_folder, optimizer={"steps": 60, "peak": 0.003})
    train_acoustic(read_config(path))
    lines = (run_folder / "work" / "log.jsonl").read_text().splitlines()
    log = [json.loads(line) for line in lines]
    losses = [entry["loss"] for entry in log if "learning_rate" in entry]
    assert losses[-1] < 0.8 * losses[0]


def test_known_alignments_are_learnt_first(run_folder: Path) -> None:
    marks = "0.00:SIL 0.10:B 0.25:AA 0.40:SIL"
    path = run_folder / "alignments.tsv"
    path.write_text("path\tphones\n" + "".join(f"{i}.wav\t{marks}\n" for i in range(0, 12, 2)))
    changed = {"steps": 12, "flat_start": 6, "prior_steps": 3}
    said = messages_of(change(run_folder, alignments="alignments.tsv", optimizer=changed))
    assert "alignments: 6 of 12 utterances" in said
    assert load_checkpoint(run_folder / "work" / "last.pt")["step"] == 12


def test_last_steps_train_against_the_denominator(run_folder: Path) -> None:
    changed = {"steps": 60, "peak": 0.003, "sequence_steps": 30}
    train_acoustic(read_config(change(run_folder, optimizer=changed)))
    lines = (run_folder / "work" / "log.jsonl").read_text().splitlines()
    losses = [entry["loss"] for line in lines if "learning_rate" in (entry := json.loads(line))]
    # The share of all sequences that is the transcript grows: the loss falls below that of CTC.
    assert losses[1] < 0.5 * losses[0]


def test_best_checkpoint_of_sequence_training_is_one_of_it(run_folder: Path) -> None:
    # Chosen by CTC loss alone, the best was always the last one before the denominator.
    path = change(run_folder, optimizer={"steps": 20, "sequence_steps": 6}, evaluate_steps=4)
    best = load_checkpoint(train_acoustic(read_config(path)))
    assert best["best_is_sequence"] and best["step"] > 14


def test_resumed_run_equals_uninterrupted_run(run_folder: Path) -> None:
    change(run_folder, encoder={"dropout": 0.0, "layer_drop": 0.0})
    train_acoustic(read_config(change(run_folder, work="whole")))
    whole = load_checkpoint(run_folder / "whole" / "last.pt")["model"]
    # The schedule's end belongs to the run: stop by signal, not by fewer steps.
    script = (
        "import sys, os, signal\n"
        "from attune.train.acoustic.config import read_config\n"
        "from attune.train.acoustic import loop\n"
        "save = loop._Run.save\n"
        "def die(run, name):\n"
        "    save(run, name)\n"
        "    if run.step == 10: os.kill(os.getpid(), signal.SIGKILL)\n"
        "loop._Run.save = die\n"
        "loop.train_acoustic(read_config(sys.argv[1]))\n"
    )
    path = change(run_folder, work="work")
    killed = subprocess.run([sys.executable, "-c", script, path], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert load_checkpoint(run_folder / "work" / "last.pt")["step"] == 10
    train_acoustic(read_config(path))
    resumed = weights(run_folder)
    assert all(torch.allclose(resumed[k], whole[k], atol=1e-5) for k in whole)


@pytest.mark.parametrize(
    "stop",
    [
        lambda process: process.send_signal(signal.SIGINT),
        # As a job scheduler does: the batch loader's processes get it too.
        lambda process: os.killpg(process.pid, signal.SIGTERM),
    ],
    ids=["ctrl-c", "the whole group"],
)
def test_stopping_saves_and_says_how_to_go_on(
    run_folder: Path, stop: Callable[[subprocess.Popen[str]], None]
) -> None:
    path = change(run_folder, optimizer={"steps": 100000})
    script = (
        "import sys\n"
        "from attune.train.acoustic.config import read_config\n"
        "from attune.train.acoustic.loop import train_acoustic\n"
        "from attune.errors import AttuneError\n"
        "try: train_acoustic(read_config(sys.argv[1]))\n"
        "except AttuneError as error: print(error)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, path],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    last = run_folder / "work" / "last.pt"
    deadline = time.monotonic() + 120
    try:
        while not last.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        stop(process)
        said, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert "resumes from" in said
    assert load_checkpoint(last)["step"] > 0


def test_full_disk_keeps_the_last_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "last.pt"
    save_checkpoint(path, {"model": {}, "step": 1})

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoints.os, "fsync", full)
    with pytest.raises(AttuneError, match="the one before is intact"):
        save_checkpoint(path, {"model": {}, "step": 2})
    assert load_checkpoint(path)["step"] == 1
    assert os.listdir(tmp_path) == ["last.pt"]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("0.wav\t1\t\tba unheard", "no pronunciation for unheard"),
        ("gone.wav\t1\t\tba", "gone.wav"),
        ("0.wav\t1\t\t" + "ba see new " * 30, "cannot fit into"),
        ("0.wav\t1\t\t...", "transcript is empty"),
    ],
)
def test_unusable_rows_are_named_and_left_out(run_folder: Path, row: str, said: str) -> None:
    with (run_folder / "train.tsv").open("a") as file:
        file.write(row + "\n")
    path = change(run_folder, dev=[], optimizer={"steps": 1})
    assert any(said in message for message in messages_of(path))


def test_nothing_usable_is_an_input_error(run_folder: Path) -> None:
    (run_folder / "train.tsv").write_text("path\tseconds\tspeaker\ttext\n0.wav\t1\t\tunheard\n")
    with pytest.raises(InputError, match="no utterance"):
        train_acoustic(read_config(change(run_folder, dev=[])))


def test_damaged_checkpoint_is_an_input_error(run_folder: Path) -> None:
    (run_folder / "work").mkdir()
    (run_folder / "work" / "last.pt").write_bytes(b"damaged")
    with pytest.raises(InputError, match=r"last\.pt"):
        train_acoustic(read_config(run_folder / "config.yaml"))


def test_fine_tuning_starts_from_another_run(run_folder: Path) -> None:
    train_acoustic(read_config(change(run_folder, optimizer={"steps": 2})))
    path = change(
        run_folder,
        work="tuned",
        initial="work/last.pt",
        drop_layers=1,
        encoder={"phones": 45},
        optimizer={"steps": 1},
    )
    said = " ".join(messages_of(path))
    assert "phone_head.weight" in said
    assert "after.0." in said
    assert "front.first.weight" not in said


@pytest.mark.slow
def test_fine_tuning_starts_from_a_bundle(run_folder: Path) -> None:
    train_acoustic(read_config(change(run_folder, optimizer={"steps": 3})))
    export_encoder(run_folder / "work" / "last.pt", run_folder / "encoder.onnx")
    writer = BundleWriter(
        kind="recognizer",
        language="en-US",
        name="tones",
        version="1",
        lineage=Lineage("test", "2026-01-01"),
        model_card=ModelCard("A few steps of training.", "Apache-2.0"),
        settings={"features": load_encoder(run_folder / "work" / "last.pt")[1].to_json()},
    )
    writer.add("encoder", NewPart(run_folder / "encoder.onnx", "onnx"))
    for role in ("symbols", "lexicon", "language_model"):
        writer.add(role, NewPart(b"-", "text", f"{role}.txt"))
    writer.write(run_folder / "bundle")
    start = read_start(run_folder / "bundle")
    trained = load_checkpoint(run_folder / "work" / "last.pt")["average"]
    # A weight may be off by half a step of its block, 1/254 of the block's largest.
    assert all((start.weights[k] - trained[k]).abs().max() < 0.01 for k in start.weights)
    only_for_training = {k for k in trained if k not in start.weights}
    heads = {"character_head", "middle_norm", "middle_phone_head"}
    assert {k.split(".")[0] for k in only_for_training} == heads
    path = change(run_folder, work="tuned", initial="bundle", optimizer={"steps": 1})
    said = " ".join(messages_of(path))
    assert "character_head.weight" in said
    assert "phone_head.weight" not in said.replace("middle_phone_head", "")


@pytest.mark.parametrize(
    ("change_to", "said"),
    [
        ({"optimizer": {"speed": 1}}, "unknown speed"),
        ({"optimizer": {"steps": "many"}}, "steps must be a number"),
        ({"colour": 1}, "unknown colour"),
    ],
)
def test_config_errors_name_the_field(
    run_folder: Path, change_to: dict[str, object], said: str
) -> None:
    values = yaml.safe_load((run_folder / "config.yaml").read_text())
    for name, value in change_to.items():
        values[name] = value
    (run_folder / "config.yaml").write_text(yaml.safe_dump(values))
    with pytest.raises(InputError, match=said):
        read_config(run_folder / "config.yaml")


def test_epoch_plans_repeat_and_cover() -> None:
    seconds = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 2.5, 1.5]
    weights = [1.0] * 7 + [2.0]

    def plan(epoch: int) -> list[tuple[int, ...]]:
        return plan_epoch(seconds, weights, batch_seconds=6, seed=3, epoch=epoch)

    assert plan(1) == plan(1)
    assert plan(1) != plan(2)
    assert sorted(i for batch in plan(1) for i in batch) == [0, 1, 2, 3, 4, 5, 6, 7, 7]
    assert all(len(b) == 1 or max(seconds[i] for i in b) * len(b) <= 6 for b in plan(1))
