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


@pytest.mark.usefixtures("scripted")
def test_display_text_noise_and_kinds_of_words(attune_here: Run, manifest: Path) -> None:
    document = json.loads(attune_here("evaluate", manifest, "--json").stdout)
    # "Turn on the lights." against itself, "turn off the light" and "open the door": the capital
    # of "Turn" is one edit, the full stops are two, "off", "light", "open" and "door" are words,
    # and so is what is inserted.
    edits = {name: item["number_of_edits"] for name, item in document["token_errors"].items()}
    assert sum(edits.values()) == round(document["token_error_rate"] * document["token_count"])
    assert (edits["capitalization"], edits["others"], document["formatted_utterances"]) == (1, 0, 1)
    # A tone is as loud in its pauses.
    assert [item["band"] for item in document["noise_levels"]] == ["under 10 dB"]
    kinds = {item["class"]: item["words"] for item in document["word_classes"]}
    assert kinds == {"out_of_vocabulary": 1, "function_word": 5, "other": 5}
    plain = attune_here("evaluate", manifest, "--set", "formatting=false", "--json").stdout
    assert json.loads(plain)["token_errors_absent"] == "the recogniser gave no display text"


@pytest.mark.usefixtures("scripted")
def test_terms(attune_here: Run, manifest: Path, tmp_path: Path) -> None:
    file = tmp_path / "terms.txt"
    file.write_text("the light\nOpen\t2.5\n")
    arguments = ["--term", "the lights", "--terms", file, "--json"]
    terms = json.loads(attune_here("evaluate", manifest, *arguments).stdout)["terms"]
    assert [
        (item["term"], item["occurrences"], item["recalled"], item["false_insertions"])
        for item in terms["by_term"]
    ] == [("the lights", 1, 1, 2), ("the light", 1, 0, 0), ("Open", 1, 0, 0)]
    assert (terms["recall"], terms["precision"]) == (round(1 / 3, 6), round(1 / 3, 6))
    assert terms["listed_words"]["words"] + terms["other_words"]["words"] == 11
    shown = attune_here("evaluate", manifest, "--term", "the lights").stdout
    assert "all terms" in shown


@pytest.mark.usefixtures("scripted")
def test_phrases_belong_to_the_vocabulary(attune_here: Run, manifest: Path) -> None:
    document = json.loads(attune_here("evaluate", manifest, "--phrase", "Open!", "--json").stdout)
    assert "out_of_vocabulary" not in {item["class"] for item in document["word_classes"]}


BAD_TERMS = [
    (b"", "terms.txt: no term in it: write one a line"),
    (b"light\n...\n", "terms.txt:2: '...' has no word that can be said: correct or remove it"),
    (b"caf\xe9\n", "terms.txt:1: not UTF-8 text: save the file as UTF-8"),
    (None, "terms.txt: cannot read: No such file or directory"),
]


@pytest.mark.parametrize(("content", "message"), BAD_TERMS)
def test_terms_that_cannot_be_used(
    content: bytes | None,
    message: str,
    attune_here: Run,
    manifest: Path,
    tmp_path: Path,
    scripted: ScriptedModel,
) -> None:
    file = tmp_path / "terms.txt"
    if content is not None:
        file.write_bytes(content)
    result = attune_here("evaluate", manifest, "--terms", file)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"attune: error: {tmp_path}/{message}\n"
    assert not scripted.calls


def test_one_model_in_two_modes(attune_here: Run, manifest: Path, scripted: ScriptedModel) -> None:
    arguments = ["--versus-mode", "streaming", "--json"]
    document = json.loads(attune_here("evaluate", manifest, *arguments).stdout)
    names = [model["model"] for model in document["models"]]
    assert names == ["small 1.0 (whole-file)", "small 1.0 (streaming)"]
    assert document["modes"] == ["whole-file", "streaming"]
    assert document["significance"]["p_value"] == 1.0
    assert [call["streaming"] for call in scripted.calls] == [False] * 3 + [True] * 3


@pytest.fixture
def untranscribed(manifest: Path) -> Path:
    """The same recordings, and nobody has written down what is said."""
    text = manifest.read_text()
    for row in ROWS:
        text = text.replace(row, "")
    manifest.write_text(text)
    return manifest


@pytest.mark.usefixtures("scripted")
def test_without_transcripts_one_model_is_inspected(
    attune_here: Run, untranscribed: Path, tmp_path: Path
) -> None:
    html = tmp_path / "report.html"
    result = attune_here("evaluate", untranscribed, "--html", html, "--worst", "2", "--json")
    assert result.exit_code == 0
    assert result.stderr == (
        f"attune: {untranscribed} has no transcripts: showing what is recognised\n"
    )
    document = json.loads(result.stdout)
    assert (document["testing_kind"], document["words"]) == ("inspection", 12)
    assert document["confidence"] == 0.9
    assert [item["display"] for item in document["least_confident"]] == ["Turn on the lights."] * 2
    assert document["bundle"]["name"] == "small"
    assert "Inspection" in html.read_text("utf-8")
    asked = attune_here("evaluate", untranscribed, "--inspect")
    assert (asked.exit_code, asked.stderr) == (0, "")
    assert "Least confident first" in asked.stdout


def test_without_transcripts_two_models_are_compared(
    attune_here: Run, untranscribed: Path, scripted: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = ScriptedModel(scripted.bundle, Options(), [])
    other.SENTENCE = "Turn off the lights now."
    models: dict[Any, ScriptedModel] = {None: scripted, Path("other.attune"): other}
    monkeypatch.setattr(attune, "load", models.__getitem__, raising=False)
    arguments = ["--inspect", "--versus", "other.attune"]
    document = json.loads(
        attune_here("evaluate", untranscribed, *arguments, "--reference", "B", "--json").stdout
    )
    assert (document["agreement"], document["utterance_agreement"]) == (0.6, 0.0)
    assert document["reference"] == "B"
    # "now" is missing in A, and "on" stands for "off".
    differences = document["differences"]
    assert (differences["substitutions"], differences["deletions"]) == (3, 3)
    assert len(document["bundles"]) == 2
    shown = " ".join(attune_here("evaluate", untranscribed, *arguments).stdout.split())
    assert "Taking A for right, B has 3 substitutions, 0 deletions and 3 insertions." in shown


@pytest.mark.parametrize(
    ("transcribed", "arguments", "message"),
    [
        (True, ["--inspect"], "{path}:2: there is a transcript: leave out --inspect to measure"),
        (True, ["--reference", "B"], "--reference is for inspecting two models without"),
        (False, ["--reference", "B"], "--reference is for inspecting two models without"),
        (False, ["--term", "light"], "{path}: no row has a transcript to look for terms in: fill"),
        (True, ["--term", "?"], "--term: '?' has no word that can be said: correct or remove it"),
        (True, ["--versus-mode", "whole-file"], "both models are the same in the same mode: give"),
        (True, ["--model", "a", "--versus", "a"], "both models are the same in the same mode"),
    ],
)
def test_what_cannot_be_asked(
    transcribed: bool,
    arguments: list[str],
    message: str,
    attune_here: Run,
    manifest: Path,
    scripted: ScriptedModel,
) -> None:
    if not transcribed:
        text = manifest.read_text()
        for row in ROWS:
            text = text.replace(row, "")
        manifest.write_text(text)
    result = attune_here("evaluate", manifest, *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"attune: error: {message.format(path=manifest)}" in result.stderr
    assert not scripted.calls
