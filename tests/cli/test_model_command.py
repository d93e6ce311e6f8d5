"""`attune model`: show, verify, export."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from attune.bundle import Bundle, verify_bundle

Run = Callable[..., Result]


def flip_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_show(attune_here: Run, small_bundle: Bundle) -> None:
    lines = attune_here("model", "show", small_bundle.path).stdout.splitlines()
    assert lines[0] == "small 1.0: recognizer, en-US"
    assert f"hash     {small_bundle.hash}" in lines
    assert "  symbols               14 B  text         symbols.txt" in lines
    assert "  lm_weight = 0.8" in lines
    assert "  base     none: trained from scratch" in lines
    assert "  A model for tests." in lines


def test_show_as_json(attune_here: Run, small_bundle: Bundle) -> None:
    document = json.loads(attune_here("model", "show", small_bundle.path, "--json").stdout)
    assert (document["name"], document["hash"]) == ("small", small_bundle.hash)
    assert document["parts"]["symbols"]["file"] == "symbols.txt"
    assert document["model_card"]["licence"] == "CC0-1.0"


def test_verify_an_intact_bundle(attune_here: Run, small_bundle: Bundle) -> None:
    result = attune_here("model", "verify", small_bundle.path)
    assert (result.exit_code, result.stderr) == (0, "")
    assert len(result.stdout.splitlines()) == 4
    assert all(line.endswith("  intact") for line in result.stdout.splitlines())


def test_verify_names_the_part_with_a_flipped_byte(attune_here: Run, small_bundle: Bundle) -> None:
    flip_a_byte(small_bundle.part_path("encoder"))
    result = attune_here("model", "verify", small_bundle.path, "--json")
    document = json.loads(result.stdout)
    assert result.exit_code == 2
    assert document["ok"] is False
    problems = {part["role"]: part["problem"] for part in document["parts"]}
    assert problems["encoder"] == "damaged: its SHA-256 differs"
    assert problems["lexicon"] is None
    assert result.stderr == (
        f"attune: error: {small_bundle.path}: damaged or incomplete (encoder): copy or download "
        "the bundle again\n"
    )


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ([], "small-1.0.attune"),
        (["--form", "folder"], "small-1.0"),
        (["--out", "deep/x.zip"], "deep/x.zip"),
    ],
)
def test_export(
    attune_here: Run,
    small_bundle: Bundle,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    name: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    result = attune_here("model", "export", small_bundle.path, *arguments, "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["path"] == name
    checked = verify_bundle(name)
    assert (checked.ok, checked.hash) == (True, small_bundle.hash)


def test_export_writes_over_nothing_unless_told(
    attune_here: Run, small_bundle: Bundle, tmp_path: Path
) -> None:
    arguments = ["model", "export", small_bundle.path, "--out", tmp_path / "x.attune"]
    assert attune_here(*arguments).exit_code == 0
    again = attune_here(*arguments)
    assert again.exit_code == 2
    assert "already exists: choose another name or remove it first" in again.stderr
    assert attune_here(*arguments, "--replace").exit_code == 0


def test_transcribing_with_a_damaged_bundle_names_the_part(
    attune_here: Run, small_bundle: Bundle, tmp_path: Path
) -> None:
    flip_a_byte(small_bundle.part_path("language_model"))
    result = attune_here("transcribe", "a.wav", "--model", small_bundle.path)
    assert result.exit_code == 2
    assert result.stderr == (
        f"attune: error: {small_bundle.path}: part 'language_model' (words.ngram) is damaged (its "
        "SHA-256 differs): copy or download the bundle again\n"
    )


def test_what_is_no_bundle_is_refused(attune_here: Run, tmp_path: Path) -> None:
    for command in ("show", "verify"):
        result = attune_here("model", command, tmp_path)
        assert result.exit_code == 2
        assert "is not an Attune bundle" in result.stderr
