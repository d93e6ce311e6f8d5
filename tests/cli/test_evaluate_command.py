"""`attune evaluate`, with a recogniser that always hears the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from scripted_model import ScriptedModel
from typer.testing import Result

import attune
from attune.recognize import Options

Run = Callable[..., Result]
Tone = Callable[..., Path]

ROWS = ["Turn on the lights.", "turn off the light", "open the door"]


@pytest.fixture
def manifest(tone: Tone, tmp_path: Path) -> Path:
    """Three recordings, of which the scripted recogniser gets the first right."""
    lines = ["path\tseconds\tspeaker\ttext"]
    for number, text in enumerate(ROWS):
        tone(f"{number}.wav")
        lines.append(f"{number}.wav\t1.0\tspeaker{number}\t{text}")
    path = tmp_path / "test.tsv"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.usefixtures("scripted")
def test_figures_as_json(attune_here: Run, manifest: Path, scripted: ScriptedModel) -> None:
    result = attune_here("evaluate", manifest, "--json")
    document = json.loads(result.stdout)
    assert (result.exit_code, result.stderr) == (0, "")
    figures = ("words", "substitutions", "deletions", "insertions", "utterances", "seconds", "wer")
    # "off" and "light" are substituted; of "open the door" only "the" is right, and one word is
    # too many.
    assert [document[name] for name in figures] == [11, 4, 0, 1, 3, 3.0, round(5 / 11, 6)]
    assert (document["mode"], document["model"]) == ("whole-file", "small 1.0")
    assert document["bundle"]["hash"] == scripted.bundle.hash
    assert {"cer", "rtf", "wer_interval"} <= document.keys()
    assert "results" not in document
    assert all(call["streaming"] is False for call in scripted.calls)


def test_streaming(attune_here: Run, manifest: Path, scripted: ScriptedModel) -> None:
    document = json.loads(attune_here("evaluate", manifest, "--streaming", "--json").stdout)
    assert document["mode"] == "streaming"
    assert [call["streaming"] for call in scripted.calls] == [True] * 3


@pytest.mark.usefixtures("scripted")
def test_report_for_people(attune_here: Run, manifest: Path) -> None:
    shown = attune_here("evaluate", manifest, "--worst", "1").stdout
    assert "45.45 %" in shown
    assert "2.wav" in shown
    assert "0.wav" not in shown
    every = attune_here("evaluate", manifest, "--verbose").stdout
    assert all(f"{number}.wav" in every for number in range(3))


@pytest.mark.usefixtures("scripted")
def test_verbose_json_has_every_utterance(attune_here: Run, manifest: Path) -> None:
    document = json.loads(attune_here("evaluate", manifest, "--verbose", "--json").stdout)
    assert [item["reference"] for item in document["results"]] == ROWS


@pytest.mark.usefixtures("scripted")
def test_limit_and_jobs(attune_here: Run, manifest: Path) -> None:
    arguments = ["--limit", "2", "--jobs", "2", "--json"]
    document = json.loads(attune_here("evaluate", manifest, *arguments).stdout)
    assert (document["utterances"], document["wer"]) == (2, 0.25)


def test_two_models_side_by_side(
    attune_here: Run, manifest: Path, scripted: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = ScriptedModel(scripted.bundle, Options(), [])
    other.SENTENCE = "open the door"
    models: dict[Any, ScriptedModel] = {None: scripted, Path("other.attune"): other}
    monkeypatch.setattr(attune, "load", models.__getitem__, raising=False)
    document = json.loads(
        attune_here("evaluate", manifest, "--versus", "other.attune", "--json").stdout
    )
    assert [model["model"] for model in document["models"]] == ["small 1.0", "other.attune"]
    assert [model["wer"] for model in document["models"]] == [round(5 / 11, 6), round(6 / 11, 6)]
    assert 0 < document["significance"]["p_value"] <= 1
    assert "no significant difference" in " ".join(
        attune_here("evaluate", manifest, "--versus", "other.attune").stdout.split()
    )


@pytest.mark.usefixtures("scripted")
def test_html_report(attune_here: Run, manifest: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    result = attune_here("evaluate", manifest, "--html", report, "--json")
    assert json.loads(result.stdout)["words"] == 11
    page = report.read_text("utf-8")
    assert page.lstrip().lower().startswith("<!doctype html>")
    assert "small 1.0" in page


def test_settings_and_phrases_reach_the_recogniser(
    attune_here: Run, manifest: Path, scripted: ScriptedModel
) -> None:
    attune_here("evaluate", manifest, "--set", "lm_weight=1.5", "--phrase", "kettle")
    assert {call["options"].lm_weight for call in scripted.calls} == {1.5}
    assert {tuple(call["phrases"]) for call in scripted.calls} == {("kettle",)}


@pytest.mark.usefixtures("scripted")
def test_a_row_whose_file_is_gone_is_named_before_anything_is_measured(
    attune_here: Run, manifest: Path, tmp_path: Path, scripted: ScriptedModel
) -> None:
    (tmp_path / "1.wav").unlink()
    result = attune_here("evaluate", manifest)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        f"attune: error: {manifest}:3: there is no file {tmp_path}/1.wav: restore the files or "
        "remove the rows\n"
    )
    assert not scripted.calls
