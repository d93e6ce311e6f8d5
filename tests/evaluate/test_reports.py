from __future__ import annotations

import base64
import hashlib
import io
import json
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Literal

import pytest
from rich.console import Console, RenderableType

from attune.data import Utterance
from attune.errors import InputError
from attune.evaluate import (
    AlignmentText,
    Comparison,
    Evaluation,
    Hypothesis,
    HypothesisWord,
    align_words,
    compare_evaluations,
    comparison_to_json,
    evaluation_to_json,
    render_comparison,
    render_evaluation,
    score_utterance,
    write_html,
)

MakeEvaluation = Callable[..., Evaluation]

EVIL = "<script>alert(1)</script>"
VOID = {"meta", "input", "br", "img", "link"}


@pytest.fixture
def single(make_evaluation: MakeEvaluation) -> Evaluation:
    return make_evaluation(
        ("the cat sat on it", "a cad sat it now", "anne"),
        ("all is well", "all is well", "bob"),
        ("go", "no", "bob"),
        model="base",
    )


@pytest.fixture
def pair(single: Evaluation, make_evaluation: MakeEvaluation) -> Comparison:
    better = make_evaluation(
        ("the cat sat on it", "the cat sat on it", "anne"),
        ("all is well", "all well", "bob"),
        ("go", "no", "bob"),
        model="adapted",
    )
    return compare_evaluations(single, better)


def test_json_of_one_model(single: Evaluation) -> None:
    found = json.loads(json.dumps(evaluation_to_json(single, worst=1, utterances=True)))
    rates = {"wer": 0.555556, "ser": 0.666667, "rtf": 0.25}
    assert {name: found[name] for name in rates} == rates
    counts = {
        "words": 9,
        "correct": 5,
        "substitutions": 3,
        "deletions": 1,
        "insertions": 1,
        "utterances": 3,
        "seconds": 6.0,
        "processing_seconds": 1.5,
        "characters": 30,
    }
    assert {name: found[name] for name in counts} == counts
    assert found["cer"] == round(found["character_errors"] / 30, 6)
    assert (found["model"], found["manifest"]) == ("base", "set.tsv")
    assert found["wer_interval"]["unit"] == "speaker"
    assert found["wer_interval"]["blocks"] == 2
    assert found["wer_interval"]["low"] <= found["wer"] <= found["wer_interval"]["high"]
    assert found["calibration"] is None
    assert found["speakers"][0] == {
        "speaker": "anne",
        "utterances": 1,
        "seconds": 2.0,
        "wer": 0.8,
        "words": 5,
        "substitutions": 2,
        "deletions": 1,
        "insertions": 1,
        "reliable": False,
    }
    assert found["confusions"]["deletions"] == [{"word": "on", "count": 1}]
    assert [item["line"] for item in found["worst"]] == [2]
    assert found["results"][2]["alignment"] == [
        {"reference": "go", "hypothesis": "no", "edit": "substitution"}
    ]
    assert "results" not in evaluation_to_json(single)


def test_json_of_two_models(pair: Comparison) -> None:
    found = json.loads(json.dumps(comparison_to_json(pair)))
    assert [model["model"] for model in found["models"]] == ["base", "adapted"]
    assert found["models"][0] == json.loads(json.dumps(evaluation_to_json(pair.first)))
    assert found["significance"]["wer_difference"] == pytest.approx(-3 / 9, abs=1e-6)
    assert found["significance"]["significant"] is False
    assert (found["significance"]["first_better"], found["significance"]["second_better"]) == (1, 1)


def printed(content: RenderableType, width: int = 80, colour: bool = False) -> str:
    system: Literal["standard"] | None = "standard" if colour else None
    console = Console(file=io.StringIO(), width=width, force_terminal=colour, color_system=system)
    console.print(content)
    output = console.file
    assert isinstance(output, io.StringIO)
    return output.getvalue()


def test_text_of_one_model(single: Evaluation) -> None:
    text = printed(render_evaluation(single, worst=1))
    lines = [line.rstrip() for line in text.splitlines()]
    assert " word error rate" in lines[2] and lines[2].endswith("55.56 %")
    assert "Substituted: cat → cad (1), go → no (1), the → a (1)" in lines
    assert "Deleted: on (1)" in lines
    start = lines.index("2: /audio/2.wav, speaker anne: 4 errors in 5 words")
    assert lines[start + 1 : start + 4] == [
        "REF the cat sat on  it ***",
        "HYP a   cad sat *** it now",
        "    S   S       D      I",
    ]
    assert "4: /audio/4.wav" not in text
    assert "3: /audio/3.wav" in printed(render_evaluation(single, every=True))


def test_text_of_two_models(pair: Comparison) -> None:
    text = printed(render_comparison(pair), width=100)
    assert "A: base" in text and "B: adapted" in text
    assert "B - A: -33.33 points of word error" in text
    assert "no significant difference" in text
    assert "HYP B the cat sat on it" in text
    assert "4: /audio/4.wav" not in text  # both are wrong alike


def test_alignments_wrap_to_the_console() -> None:
    said = [f"word{number}" for number in range(30)]
    text = printed(AlignmentText([("", align_words(said, said[::-1]))]), width=40)
    assert all(len(line) <= 40 for line in text.splitlines())
    assert " ".join(text.split()).count("REF") > 1


def test_colours_and_nothing_a_transcript_could_smuggle_in(make_evaluation: MakeEvaluation) -> None:
    found = make_evaluation(
        ("one [red]two[/red] x\x1b[2J", "one \x1b]0;title\x07 y"), model="\x1b[5m"
    )
    text = printed(render_evaluation(found), colour=True)
    assert "\x1b[1;33m" in text
    for smuggled in ("\x1b[2J", "\x1b]0", "\x1b[5m", "\x07"):
        assert smuggled not in text
    assert "[red]two[/red]" in printed(render_evaluation(found))


class Outline(HTMLParser):
    """Checks that tags nest, and collects scripts, buttons and visible text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.sources: list[str | None] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if "play" in (dict(attrs).get("class") or "").split():
            self.sources.append(dict(attrs)["data-source"])
        assert not any(name.startswith("on") for name, _ in attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("script", "style"):
            self.texts.append(data)


def outline(path: Path) -> Outline:
    found = Outline()
    found.feed(path.read_text("utf-8"))
    found.close()
    assert found.open == []
    return found


def evaluate_evil(folder: Path, model: str) -> Evaluation:
    scores = []
    for line in (2, 3, 4):
        name = f"{line} \"'&{EVIL.replace('/', '')}.wav"
        (folder / name).write_bytes(b"RIFF" + bytes(96))
        row = Utterance(folder / name, 1.0, f'anne{line}"{EVIL}', f"{EVIL} {{{{body}}}} one", line)
        words = (HypothesisWord(f"{EVIL}{line}", 0.7),)
        heard = Hypothesis(f"{EVIL}{line}", words)
        scores.append(score_utterance(row, heard, str))
    return Evaluation(model, f"{EVIL}.tsv", tuple(scores))


@pytest.mark.parametrize("models", [1, 2])
def test_html_is_well_formed_and_escaped(models: int, tmp_path: Path) -> None:
    first = evaluate_evil(tmp_path, f"A {EVIL} {{{{title}}}}")
    result: Evaluation | Comparison = first
    if models == 2:
        result = compare_evaluations(first, evaluate_evil(tmp_path, "second"))
    path = tmp_path / "reports" / "report.html"
    write_html(result, path)
    found = outline(path)
    assert found.tags.count("script") == 1
    assert found.tags.count("tr") > 3
    assert "svg" in found.tags
    text = path.read_text()
    assert EVIL not in text
    assert "{{title}}" in " ".join(found.texts)  # as text, not filled in again
    assert 'anne2"' not in text
    assert "http:" not in text and "https:" not in text


def test_audio_is_embedded_up_to_the_bound_then_linked(tmp_path: Path) -> None:
    evaluation = evaluate_evil(tmp_path, "model")
    path = tmp_path / "reports" / "report.html"
    write_html(evaluation, path, audio_bytes=150)
    sources = outline(path).sources
    assert sources[0] is not None and sources[1] is not None
    assert sources[0].startswith("data:audio/wav;base64,UklGRgAA")
    assert sources[1] == "./../3%20%22%27%26%3Cscript%3Ealert%281%29%3Cscript%3E.wav"
    assert "2 recordings are linked by path" in path.read_text()
    write_html(evaluation, path)
    assert all(source and source.startswith("data:") for source in outline(path).sources)
    for score in evaluation.utterances:
        score.path.unlink()
    write_html(evaluation, path)
    assert outline(path).sources == []


def test_html_highlights_and_bounds_the_rows(single: Evaluation, tmp_path: Path) -> None:
    write_html(single, tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text()
    assert (
        '<span class="sub"><ins>a</ins><del>the</del></span> '
        '<span class="sub"><ins>cad</ins><del>cat</del></span> sat <del>on</del> it <ins>now</ins>'
    ) in text
    write_html(single, tmp_path / "r.html", rows=1)
    text = (tmp_path / "r.html").read_text()
    assert "The 1 with most errors of 3." in text
    assert text.count('data-line="') == 1


def test_html_tells_the_player_when_words_are_said(tmp_path: Path) -> None:
    words = [
        HypothesisWord(text, 0.9, (i / 2, i / 2 + 0.4)) for i, text in enumerate(("a", "c", "d"))
    ]
    row = Utterance(Path("/audio/2.wav"), 2.0, "", "a b x", 2)
    score = score_utterance(row, Hypothesis("a c d", tuple(words)), str)
    write_html(Evaluation("m", "s", (score,)), tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text()
    assert '<span data-from="0.00" data-to="0.40">a</span>' in text
    assert '<ins><span data-from="0.50" data-to="0.90">c</span></ins><del>b</del>' in text
    assert '<ins><span data-from="1.00" data-to="1.40">d</span></ins><del>x</del>' in text


def test_the_policy_lets_the_page_run_its_own_script(single: Evaluation, tmp_path: Path) -> None:
    write_html(single, tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text()
    script = text.partition("<script>")[2].partition("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src &#x27;sha256-{digest}&#x27;" in text


def test_html_that_cannot_be_written(single: Evaluation, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="cannot be written"):
        write_html(single, tmp_path / "file" / "report.html")
