"""`attune model import` and what can be done with the bundle that it makes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tones import write_tone_bundle
from typer.testing import Result
from whistled_tokens import LETTERS, spoken, write_network, write_tokens

from attune.audio import write_wav

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base, a network of whistled letters, recordings with a manifest, and a text."""
    folder = tmp_path_factory.mktemp("import")
    write_tone_bundle(folder / "base")
    write_network(folder / "net.onnx", LETTERS)
    write_tokens(folder / "tokens.txt", list(LETTERS))
    rows = ["path\tseconds\tspeaker\ttext"]
    for number, words in enumerate(("see team", "one boat", "see zork")):
        samples = spoken(words, LETTERS)
        write_wav(folder / f"{number}.wav", samples, 16_000)
        rows.append(f"{number}.wav\t{len(samples) / 16_000:.3f}\ts\t{words}")
    (folder / "manifest.tsv").write_text("\n".join(rows) + "\n")
    (folder / "domain.txt").write_text("see zork\nzork team\n" * 20)
    return folder


@pytest.fixture(scope="module")
def bundle(folder: Path) -> Path:
    from typer.testing import CliRunner

    from attune.cli import app

    out = folder / "mine.attune"
    arguments = ["model", "import", folder / "net.onnx", "--tokens", folder / "tokens.txt"]
    arguments += ["--base", folder / "base", "--out", out, "--name", "mine", "--json"]
    done = CliRunner().invoke(app, list(map(str, arguments)))
    assert done.exit_code == 0, done.stderr
    document = json.loads(done.stdout)
    assert (document["path"], document["units"]) == (str(out), "characters")
    assert (document["words"], document["left_out"]) == (13, 0)
    assert (document["row_seconds"], document["latency_seconds"]) == (0.04, 3.0)
    assert document["posterior_difference"] is None and document["int8_distance"] is None
    return out


def test_what_is_told(attune_here: Run, folder: Path, tmp_path: Path) -> None:
    tokens = write_tokens(tmp_path / "tokens.txt", [t if t != "k" else "q" for t in LETTERS])
    arguments = ("--tokens", tokens, "--base", folder / "base", "--int8")
    out = tmp_path / "new"
    done = attune_here("model", "import", folder / "net.onnx", *arguments, "--out", out)
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"{out}: ONNX, kaldi, 17 tokens (characters), a row every 40 ms")
    assert lines[1] == "words spelled 10"
    assert lines[2] == "left out 3: key, knee, sock"
    assert lines[3].startswith("int8 weights move posteriors by 0")
    assert lines[4] == "a live stream's words come up to 3 s late"


def test_commands_take_the_bundle(attune_here: Run, bundle: Path, folder: Path) -> None:
    assert attune_here("model", "verify", bundle).exit_code == 0
    shown = attune_here("model", "show", bundle).stdout
    assert "  units = characters" in shown and "made by  attune model import" in shown
    for mode in ((), ("--stream",)):
        done = attune_here("transcribe", folder / "0.wav", "--model", bundle, "--lexical", *mode)
        assert done.stdout.strip() == "see team"
    done = attune_here("lexicon", "show", "see", "zork", "quux", "--model", bundle)
    assert done.stdout.splitlines() == [
        "see: in the lexicon",
        "  1.00  s e e |",
        "  0.10  s e e",
        "zork: not in the lexicon; spelled in the model's tokens",
        "  1.00  z o r k |",
        "  0.10  z o r k",
        "quux: not in the lexicon, and cannot be pronounced by rule",
    ]


def errors(attune_here: Run, folder: Path, *more: str | Path) -> int:
    done = attune_here("evaluate", folder / "manifest.tsv", *more, "--json")
    document = json.loads(done.stdout)
    assert document["words"] == 6
    return round(document["wer"] * 6)


@pytest.mark.parametrize("mode", [(), ("--streaming",)])
def test_adaptation_and_phrases_mend_errors(
    attune_here: Run, bundle: Path, folder: Path, tmp_path: Path, mode: tuple[str, ...]
) -> None:
    assert errors(attune_here, folder, "--model", bundle, *mode) >= 1
    assert errors(attune_here, folder, "--model", bundle, "--phrase", "zork", *mode) == 0
    out = tmp_path / "adapted"
    adapt = ("adapt", "language", "--text", folder / "domain.txt", "--base", bundle, "--out", out)
    assert "new words 1 " in attune_here(*adapt).stdout
    assert errors(attune_here, folder, "--model", out, *mode) == 0


def test_pronunciations_are_spellings(attune_here: Run, bundle: Path, tmp_path: Path) -> None:
    adapt = ("adapt", "pronunciation", "--base", bundle, "--word", "wyk")
    done = attune_here(*adapt, "--say", "o key", "--out", tmp_path / "wyk")
    assert "  new wyk  1.00  o | k e y |" in done.stdout.splitlines()
    done = attune_here(*adapt, "--phones", "OW K EY", "--out", tmp_path / "other")
    assert done.exit_code == 2
    assert "this base spells words and knows no phones" in done.stderr
    assert not (tmp_path / "other").exists()


def test_errors_are_one_line_and_exit_code_2(
    attune_here: Run, folder: Path, bundle: Path, tmp_path: Path
) -> None:
    (tmp_path / "noise.onnx").write_bytes(np.random.default_rng(0).bytes(5000))
    tokens = ("--tokens", folder / "tokens.txt")
    cases = [
        ((tmp_path / "gone.onnx", *tokens), "gone.onnx: no such file or folder"),
        ((tmp_path / "noise.onnx", *tokens), "noise.onnx"),
        ((tmp_path, "--int8"), "has no config.json"),
        ((folder / "net.onnx",), "give its token list with --tokens"),
        ((folder / "net.onnx", *tokens, "--base", tmp_path), "is not an Attune bundle"),
    ]
    for arguments, message in cases:
        done = attune_here("model", "import", *arguments, "--out", tmp_path / "new")
        assert done.exit_code == 2, done.stderr
        errors = [line for line in done.stderr.splitlines() if "error:" in line]
        assert len(errors) == 1 and message in errors[0], done.stderr
    done = attune_here("model", "import", folder / "net.onnx", *tokens, "--out", bundle)
    assert done.exit_code == 2 and "already exists" in done.stderr
