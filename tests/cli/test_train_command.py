"""`attune train`: what reaches the trainers, and what is told of their work."""

from __future__ import annotations

import builtins
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from attune.language import NgramModel

Run = Callable[..., Result]

TEXT = "turn on the light\nturn off the light\nturn on the radio please\nopen the door\n" * 5

CONFIG = """
train: [train.tsv]
dev: [dev.tsv]
lexicon: lexicon.tsv
work: work
optimizer: {steps: 100, peak: 0.001}
"""


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text(TEXT)
    return path


def test_language_model(attune_here: Run, text: Path, tmp_path: Path) -> None:
    held_out = tmp_path / "held_out.txt"
    held_out.write_text("Turn on the light, please!\nopen the window\n")
    out, kenlm = tmp_path / "x.ngram", tmp_path / "x.kenlm"
    arguments = ["train", "language", text, "--out", out, "--order", "3", "--kenlm", kenlm]
    result = attune_here(*arguments, "--held-out", held_out, "--json")
    document = json.loads(result.stdout)
    assert result.exit_code == 0
    assert (document["words"], document["sentences"], document["vocabulary"]) == (80, 20, 12)
    assert (document["bytes"], document["unknown_rate"]) == (out.stat().st_size, 0.0)
    (score,) = document["held_out"]
    assert (score["words"], score["unknown_rate"]) == (8, 0.125)
    model = NgramModel.open(out)
    assert model.order == 3
    lines = ["turn on the light please", "open the window"]
    assert score["perplexity"] == pytest.approx(model.perplexity(lines).perplexity)
    assert kenlm.read_bytes().startswith(b"mmap lm http://kheafield.com/code format version 5")
    assert result.stderr.startswith(f"attune: reading {text}\n")


def test_language_model_for_people(attune_here: Run, text: Path, tmp_path: Path) -> None:
    out = tmp_path / "x.ngram"
    arguments = ["--order", "2", "--words", "4", "--held-out", text]
    lines = attune_here("train", "language", text, "--out", out, *arguments).stdout.splitlines()
    assert lines[0] == f"{out}: 0.00 MB"
    assert lines[1].startswith("80 words in 20 sentences, in 0:0")
    assert lines[2] == "vocabulary 7 words; 31.25 % of the text is outside of it"
    assert lines[-1].startswith(f"{text}: perplexity ")


def test_pruned_language_model(attune_here: Run, text: Path, tmp_path: Path) -> None:
    arguments = ["train", "language", text, "--out", tmp_path / "x.ngram", "--json"]
    whole = json.loads(attune_here(*arguments).stdout)
    pruned = json.loads(attune_here(*arguments, "--threshold", "0.01").stdout)
    counted = json.loads(attune_here(*arguments, "--prune", "0,0,5").stdout)
    assert whole["kept"] == whole["counts"] == pruned["counts"]
    assert sum(pruned["kept"]) < sum(whole["kept"])
    assert counted["counts"][2] < whole["counts"][2]


def test_interpolated_language_model(attune_here: Run, text: Path, tmp_path: Path) -> None:
    other, held_out = tmp_path / "other.txt", tmp_path / "held_out.txt"
    other.write_text("the weather is fine today\n" * 10)
    held_out.write_text("turn on the radio\nturn off the light\n")
    arguments = ["--interpolate", "--held-out", held_out, "--json"]
    document = json.loads(
        attune_here("train", "language", text, other, "--out", tmp_path / "x", *arguments).stdout
    )
    assert document["weights"][0] > 0.8
    assert sum(document["weights"]) == pytest.approx(1.0)
    assert document["vocabulary"] == 16


# arguments -> what the message says
REFUSED_LANGUAGE = [
    (["gone.txt"], "gone.txt: cannot be read (No such file or directory)"),
    (["empty.txt"], "empty.txt: no words in it: give text to train on"),
    (["text.txt", "--order", "9"], "Order 9: give an order from 1 to 6"),
    (["text.txt", "--prune", "few"], "--prune 'few': give counts, such as 0,0,1"),
    (["text.txt", "--interpolate"], "interpolation needs two or more texts, and held-out text"),
    (["text.txt", "--words", "0"], "words must be 1 or more, not 0"),
    (["text.txt", "--vocabulary", "v.txt", "--words", "5"], "exclude each other: give one"),
    (["text.txt", "--max-mb", "0.0001"], "choose a smaller vocabulary"),
    (["text.txt", "--language", "fr-FR"], "no text normalisation for language 'fr-FR'"),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED_LANGUAGE)
@pytest.mark.usefixtures("text")
def test_refused_language_models(
    attune_here: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty.txt").write_text("\n...\n")
    result = attune_here("train", "language", *arguments, "--out", "x.ngram")
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert not Path("x.ngram").exists()


def test_g2p_of_too_small_a_dictionary(attune_here: Run, tmp_path: Path) -> None:
    dictionary = tmp_path / "small.dict"
    dictionary.write_text("hello HH AH0 L OW1\n")
    result = attune_here("train", "g2p", dictionary, "--out", tmp_path / "g2p.bin")
    assert result.exit_code == 2
    assert "too few words to train on: use a whole dictionary" in result.stderr


def test_g2p_is_measured_on_words_kept_apart(attune_here: Run, tmp_path: Path) -> None:
    letters = {"b": "B", "d": "D", "k": "K", "l": "L", "m": "M", "n": "N"}
    vowels = {"a": "AE1", "i": "IH1", "o": "AA1"}
    words = {
        f"{first}{vowel}{last}": f"{letters[first]} {vowels[vowel]} {letters[last]}"
        for first in letters
        for vowel in vowels
        for last in letters
    }
    dictionary = tmp_path / "regular.dict"
    dictionary.write_text("".join(f"{word} {phones}\n" for word, phones in words.items()))
    out = tmp_path / "g2p.bin"
    arguments = ["--order", "3", "--iterations", "3"]
    result = attune_here("train", "g2p", dictionary, "--out", out, *arguments, "--json")
    document = json.loads(result.stdout)
    assert (document["path"], document["words"]) == (str(out), 108)
    assert document["bytes"] == out.stat().st_size
    assert document["score"]["words"] == 5  # A tenth, chosen by checksum.
    quick = attune_here("train", "g2p", dictionary, "--out", out, *arguments, "--no-measure")
    assert "from 108 pronunciations of 108 words" in quick.stdout


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(CONFIG)
    return path


def test_acoustic_settings_and_progress(
    attune_here: Run, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = pytest.importorskip("attune.train.acoustic.loop", reason="training needs PyTorch")
    chosen: list[Any] = []

    def train(config: Any, report: Callable[[Any], None]) -> Path:
        chosen.append(config)
        report(loop.Progress(0, 100, 0, 0, 0, 0, 0, "left out: b.wav: no words"))
        report(loop.Progress(25, 100, 1, 3.25, 1e-3, 120.0, 90.0))
        report(loop.Progress(50, 100, 2, 2.5, 1e-3, 120.0, 60.0))
        return Path(config.work / "best.pt")

    monkeypatch.setattr(loop, "train_acoustic", train)
    settings = ["--set", "optimizer.steps=50", "--set", "optimizer.warmup=5", "--set", "seed=3"]
    result = attune_here("train", "acoustic", config, *settings, "--json")
    (read,) = chosen
    assert (read.optimizer.steps, read.optimizer.warmup, read.optimizer.peak) == (50, 5, 0.001)
    assert (read.seed, read.work) == (3, tmp_path / "work")
    assert json.loads(result.stdout) == {
        "checkpoint": str(tmp_path / "work" / "best.pt"),
        "work": str(tmp_path / "work"),
        "step": 50,
    }
    # Without a terminal a line of progress comes once a minute.
    assert result.stderr.splitlines() == [
        "attune: left out: b.wav: no words",
        "attune: step 25 of 100, epoch 1, loss 3.250, 120 x real time, 1:30 left",
    ]
    monkeypatch.setenv("RANK", "1")
    other = attune_here("train", "acoustic", config)
    assert (other.exit_code, other.stdout, other.stderr) == (0, "", "")


def test_interrupted_training_says_how_to_go_on(
    attune_here: Run, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = pytest.importorskip("attune.train.acoustic.loop", reason="training needs PyTorch")
    from attune.errors import AttuneError

    def train(*_: Any) -> Path:
        message = "stopped at step 7; the same command resumes from work/last.pt"
        raise AttuneError(message) from KeyboardInterrupt()

    monkeypatch.setattr(loop, "train_acoustic", train)
    result = attune_here("train", "acoustic", config)
    assert (result.exit_code, result.stdout) == (130, "")
    assert result.stderr == (
        "attune: stopped at step 7; the same command resumes from work/last.pt\n"
    )


# arguments -> what the message says
REFUSED_ACOUSTIC = [
    (["gone.yaml"], "gone.yaml: cannot be read (No such file or directory)"),
    (["small.yaml", "--set", "seeds=2"], "unknown seeds"),
    (["small.yaml", "--set", "optimizer.step=2"], "optimizer: unknown step"),
    (["small.yaml", "--set", "lexicon.order=2"], "--set lexicon.order: lexicon has no fields"),
    (["small.yaml", "--set", "seed"], "--set 'seed': give a name and a value"),
    (["small.yaml", "--set", "seed=[1"], "--set 'seed=[1': the value is not YAML"),
    (["small.yaml", "--set", "optimizer.peak=high"], "optimizer: peak must be a number"),
    (
        ["small.yaml", "--set", "precision=fp16"],
        "small.yaml: precision must be one of auto, bf16, float32, not 'fp16'",
    ),
    (["small.yaml", "--set", "precision=16"], "precision must be one of auto, bf16, float32"),
    (
        ["small.yaml", "--set", "language=en"],
        "small.yaml: language: no text normalisation for language 'en': use one of de-DE, en-US",
    ),
    (["small.yaml", "--set", "language=1"], "small.yaml: language must be a word, not 1"),
    (["small.yaml", "--set", "chunks.sizes=8"], "chunks: sizes must be a list such as [8], not 8"),
    (["small.yaml", "--set", "train=a.tsv"], "train must be a list such as [a.tsv], not 'a.tsv'"),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED_ACOUSTIC)
def test_refused_configurations(
    attune_here: Run,
    config: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    message: str,
) -> None:
    pytest.importorskip("torch", reason="training needs PyTorch")
    monkeypatch.chdir(config.parent)
    result = attune_here("train", "acoustic", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


def test_export_of_what_is_no_checkpoint(attune_here: Run, config: Path) -> None:
    pytest.importorskip("torch", reason="training needs PyTorch")
    result = attune_here("train", "export", config, "--out", config.with_suffix(".onnx"))
    assert result.exit_code == 2
    assert "small.yaml: not a checkpoint, or damaged" in result.stderr


@pytest.mark.parametrize(
    "arguments", [["acoustic", "small.yaml"], ["export", "best.pt", "--out", "encoder.onnx"]]
)
def test_training_without_pytorch(
    attune_here: Run, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.partition(".")[0] == "torch":
            raise ModuleNotFoundError("No module named 'torch'", name="torch")
        return real(name, *rest)

    for module in [name for name in sys.modules if name.startswith("attune.train.acoustic")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setattr(builtins, "__import__", without)
    result = attune_here("train", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "attune: error: training needs torch, which is not installed: pip install 'attune[train]'\n"
    )
