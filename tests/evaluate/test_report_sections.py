"""The parts of reports that say where errors are and what to do: as text, JSON and HTML."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from rich.console import Console, RenderableType

from attune.data import Utterance
from attune.evaluate import (
    AudioQuality,
    Evaluation,
    Hypothesis,
    compare_evaluations,
    comparison_to_json,
    evaluation_to_json,
    parse_term,
    render_comparison,
    render_evaluation,
    score_utterance,
    write_html,
)
from attune.text import normalize

EVIL = "<script>alert(1)</script>"

SAID = ["We flew to Skopje, Ann.", "Wait 25 minutes.", "Open the door.", "Go to New York."]
BASE = ["we flew to scope ann", "wait twenty five minutes", "open door", "Go to New York."]
BETTER = ["We flew to Skopje, Ann.", "Wait 25 minutes.", "Open the door.", "Go to New Work."]
TERMS = ["Skopje", "New York", "never"]


def evaluate(heard: list[str], model: str, times: int = 8) -> Evaluation:
    scores = [
        score_utterance(
            Utterance(Path(f"{line}.wav"), 1.0 + 4 * (line % 2), f"{line % 3}", said, line),
            Hypothesis(normalize(text), display=text),
            normalize,
            quality=AudioQuality(-20.0, -35.0, 15.0 if line % 4 else 35.0),
        )
        for line, (said, text) in enumerate(zip(SAID * times, heard * times, strict=True), start=2)
    ]
    vocabulary = set(normalize(" ".join(SAID)).split()) - {"skopje"}
    terms = tuple(parse_term(term, normalize, "--term") for term in TERMS)
    return Evaluation(model, "set.tsv", tuple(scores), vocabulary, terms)


def printed(content: RenderableType, width: int = 150) -> str:
    output = io.StringIO()
    Console(file=output, width=width).print(content)
    return output.getvalue()


def rows_of(text: str) -> set[str]:
    """Lines without their spacing."""
    return {" ".join(line.split()) for line in text.splitlines()}


def test_text_of_one_model() -> None:
    rows = rows_of(printed(render_evaluation(evaluate(BASE, "base"))))
    assert {
        "Display text edits of all edits",
        "punctuation 32 33.3 %",
        "capitals 32 33.3 %",
        "numbers and the like 16 16.7 %",
        "words 16 16.7 %",
        "token error rate (display text) 60.00 %",
        "all terms 16 8 (50.00 %) 100.00 % 0",
        "Skopje 8 0 (0.00 %) - 0 scope (8)",
        "New York 8 8 (100.00 %) 100.00 % 0",
        "never 0 - - 0",
        "listed terms 24 33.33 %",
        "all other words 104 7.69 %",
        "Speaker words word error",
        "under 2 s 64 25.00 % ~",
        "10 to 20 dB 104 7.69 % ~",
        "out of vocabulary 8 100.00 % ~",
        "~ fewer than 200 words: unreliable.",
        "What to do next",
        "12.50 % word error is acceptable: adapting would help.",
    } <= rows


def test_text_of_two_models() -> None:
    comparison = compare_evaluations(evaluate(BASE, "base"), evaluate(BETTER, "adapted"))
    rows = rows_of(printed(render_comparison(comparison)))
    assert {
        "Display text edits A of all edits A edits B of all edits B",
        "Skopje 8 0 (0.00 %) - 0 8 (100.00 %) 100.00 % 0 scope (8)",
        "New York 8 8 (100.00 %) 100.00 % 0 0 (0.00 %) - 0 new work (8)",
        "listed terms 24 33.33 % 33.33 %",
        "Kind of word words word error A word error B",
        "A: 12.50 % word error is acceptable: adapting would help.",
        "B: 6.25 % word error is good: ready for use.",
    } <= rows


def test_what_is_left_out_is_said() -> None:
    row = Utterance(Path("a.wav"), 1.0, "", "go home")
    plain = Evaluation("m", "s", (score_utterance(row, Hypothesis("go"), normalize),))
    text = printed(render_evaluation(plain))
    assert "No token error rate: the recogniser gave no display text." in text
    assert "Term" not in text and "Signal-to-noise" not in text
    document = evaluation_to_json(plain)
    assert document["token_error_rate"] is document["token_errors"] is document["terms"] is None
    assert document["token_errors_absent"] == "the recogniser gave no display text"
    assert document["noise_levels"] == []


def test_transcripts_that_are_seldom_formatted_are_warned_of() -> None:
    texts = ["Go.", "go", "go"]
    scores = [
        score_utterance(Utterance(Path("a"), 1.0, "", text), Hypothesis("go", display="Go."), str)
        for text in texts
    ]
    text = printed(render_evaluation(Evaluation("m", "s", tuple(scores))))
    assert "Only 1 of 3 transcripts have capitals, punctuation or digits" in text


def test_json_of_one_model() -> None:
    found = json.loads(json.dumps(evaluation_to_json(evaluate(BASE, "base"), utterances=True)))
    assert (found["testing_kind"], found["wer_band"]) == ("evaluation", "acceptable")
    edits = found["token_errors"]
    assert list(edits) == [
        *("punctuation", "capitalization", "inverse_text_normalization", "lexical", "others")
    ]
    total = sum(item["number_of_edits"] for item in edits.values())
    counts = ("substitution", "deletion", "insertion")
    assert total == sum(found[f"token_{kind}_count"] for kind in counts)
    assert found["token_error_rate"] == round(total / found["token_count"], 6)
    shares = [item["percentage_of_all_edits"] for item in edits.values()]
    assert sum(shares) == pytest.approx(100, abs=0.05)
    assert (edits["lexical"]["number_of_edits"], found["formatted_utterances"]) == (16, 32)
    terms = found["terms"]
    assert (terms["occurrences"], terms["recalled"], terms["missed"]) == (16, 8, 8)
    assert (terms["recall"], terms["precision"], terms["false_insertions"]) == (0.5, 1.0, 0)
    assert (terms["listed_words"]["words"], terms["other_words"]["words"]) == (24, 104)
    assert terms["by_term"][0]["heard"] == [{"text": "scope", "count": 8}]
    assert {item["class"] for item in found["word_classes"]} >= {"out_of_vocabulary", "number"}
    assert [item["band"] for item in found["durations"]] == ["under 2 s", "5 to 10 s"]
    assert [item["band"] for item in found["noise_levels"]] == ["10 to 20 dB", "30 dB or more"]
    for name in ("speakers", "durations", "noise_levels"):
        assert sum(item["words"] for item in found[name]) == found["words"]
        assert {item["reliable"] for item in found[name]} == {False}
    first = found["results"][0]
    assert (first["display"], first["snr"], first["speech_level"]) == (BASE[0], 15.0, -20.0)
    assert found["suggestions"] == [
        {
            "code": "few_errors",
            "finding": "16 errors are too few to tell where they come from",
            "advice": "Measure on more recordings: half an hour or more, of several speakers.",
            "commands": [],
            "words": [],
        }
    ]


def test_json_of_suggestions() -> None:
    found = evaluation_to_json(evaluate(BASE, "base", times=16))
    (missed,) = [item for item in found["suggestions"] if item["code"] == "out_of_vocabulary"]
    assert missed["words"] == [
        {"word": "skopje", "missed": 16, "occurrences": 16, "in_vocabulary": False}
    ]
    assert missed["commands"][0].startswith("attune adapt language")


def test_json_of_two_models() -> None:
    comparison = compare_evaluations(evaluate(BASE, "base"), evaluate(BETTER, "adapted"))
    found = comparison_to_json(comparison)
    assert found["testing_kind"] == "evaluation"
    assert [model["terms"]["recall"] for model in found["models"]] == [0.5, 0.5]


def test_html_of_two_models(tmp_path: Path) -> None:
    comparison = compare_evaluations(evaluate(BASE, EVIL), evaluate(BETTER, "adapted"))
    write_html(comparison, tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text("utf-8")
    assert EVIL not in text
    anchors = re.findall(r'href="#([\w-]+)"', text)
    assert {"next", "where", "confusions", "speakers", "utterances"} <= set(anchors)
    for anchor in anchors:
        assert text.count(f'id="{anchor}"') == 1
    assert "<code>attune adapt" not in text  # too few errors to tell
    assert "Token error rate of the display text" in text
    assert "SNR 15 dB" in text
    assert '<th scope="col" class="number">word error B</th>' in text
    # Every control that the script asks for by name, or passes over.
    for name in ("show-s", "show-d", "show-i", "wrong", "differ", "search", "count", "download"):
        assert text.count(f'id="{name}"') == 1


def test_html_gives_advice_and_recordings_to_download(tmp_path: Path) -> None:
    (tmp_path / "2.wav").write_bytes(b"RIFF" + bytes(96))
    row = Utterance(tmp_path / "2.wav", 1.0, "", "open the door " * 20)
    score = score_utterance(row, Hypothesis("door " * 20), normalize)
    write_html(Evaluation("m", "s", (score,)), tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text("utf-8")
    assert "<code>attune adapt acoustic --data MANIFEST --out NEW</code>" in text
    assert 'data-file="2.wav"' in text
    assert "No token error rate: the recogniser gave no display text." in text
    assert 'id="where"' in text
