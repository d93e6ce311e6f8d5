from __future__ import annotations

import io
import json
import wave
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console, RenderableType

from attune.errors import InputError
from attune.evaluate import (
    EvaluationProgress,
    Hypothesis,
    HypothesisWord,
    InspectedUtterance,
    Inspection,
    compare_inspections,
    inspect_manifest,
    inspection_comparison_to_json,
    inspection_to_json,
    render_inspection,
    render_inspection_comparison,
    write_html,
)


def inspected(*texts: str, model: str = "model", confidence: float | None = 0.5) -> Inspection:
    """Utterances of two seconds, all words with the same confidence."""
    found = []
    for line, text in enumerate(texts, start=2):
        words = tuple(text.split())
        known = () if confidence is None else (confidence,) * len(words)
        path = Path(f"/audio/{line}.wav")
        spans = tuple((i / 2, i / 2 + 0.4) for i in range(len(words)))
        found.append(InspectedUtterance(line, path, "", 2.0, text, None, words, known, 0.5, spans))
    return Inspection(model, "set.tsv", tuple(found))


def printed(content: RenderableType) -> str:
    output = io.StringIO()
    Console(file=output, width=100).print(content)
    return output.getvalue()


# Each: what the first and the second recognise, agreement of words, and of utterances.
AGREEMENT = [
    (["go home"], ["go home"], 1.0, 1.0),
    (["go home"], ["no home"], 0.5, 0.0),
    (["go home", "a"], ["go", "a"], 2 / 3, 0.5),
    (["go"], [""], 0.0, 0.0),
    ([""], [""], None, 1.0),
]


@pytest.mark.parametrize(("one", "other", "words", "utterances"), AGREEMENT)
def test_agreement(
    one: list[str], other: list[str], words: float | None, utterances: float
) -> None:
    found = compare_inspections(inspected(*one), inspected(*other))
    assert (found.agreement, found.utterance_agreement) == (words, utterances)


TEXTS = st.lists(st.sampled_from("abc"), max_size=6).map(" ".join)


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=4))
def test_agreement_does_not_depend_on_the_reference(pairs: list[tuple[str, str]]) -> None:
    one, other = (inspected(*texts) for texts in zip(*pairs, strict=True))
    first = compare_inspections(one, other)
    second = compare_inspections(one, other, reference=1)
    turned = compare_inspections(other, one)
    assert first.utterance_agreement == second.utterance_agreement
    assert second.counts == turned.counts
    assert first.counts.errors == second.counts.errors
    assert first.agreement is None or 0 <= first.agreement <= 1
    same = compare_inspections(one, one)
    assert same.agreement in (1.0, None)
    assert same.most_different == ()


def test_the_reference_says_what_is_missing() -> None:
    one, other = inspected("go home now"), inspected("go home")
    assert compare_inspections(one, other).counts.deletions == 1
    assert compare_inspections(one, other, reference=1).counts.insertions == 1


def test_comparing_needs_the_same_set() -> None:
    with pytest.raises(InputError, match="hold different recordings"):
        compare_inspections(inspected("a"), inspected("a", "b"))


def test_least_confident_first() -> None:
    rows = [("sure", 0.9), ("unsure", 0.2), ("", None), ("who knows", None)]
    found = Inspection(
        "m",
        "s",
        tuple(
            InspectedUtterance(
                line,
                Path("a"),
                "",
                0.0,
                text,
                None,
                tuple(text.split()),
                () if confidence is None else (confidence,),
                0.1,
            )
            for line, (text, confidence) in enumerate(rows)
        ),
    )
    # Nothing recognised is 0; what is not known comes last.
    assert [item.text for item in found.least_confident] == ["", "unsure", "sure", "who knows"]
    assert (found.confidence, found.words) == (pytest.approx(0.55), 4)
    assert found.rtf is None
    assert inspected("a", confidence=None).confidence is None


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    rows = ["path\tseconds\tspeaker\ttext"]
    for number in range(4):
        with wave.open(str(tmp_path / f"{number}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(16_000)
            file.writeframes(bytes(3200))
        rows.append(f"{number}.wav\t0.1\tanne\t")
    path = tmp_path / "set.tsv"
    path.write_text("\n".join(rows) + "\n")
    return path


@pytest.mark.parametrize("workers", [1, 3])
def test_a_manifest_is_inspected_in_order(workers: int, manifest: Path) -> None:
    seen: list[EvaluationProgress] = []

    def transcribe(path: Path) -> Hypothesis:
        words = (HypothesisWord("Number", 0.8), HypothesisWord(path.stem, 0.4))
        return Hypothesis(f"Number {path.stem}", words, display=f"Number {path.stem}.")

    found = inspect_manifest(
        manifest, transcribe, model="echo", workers=workers, progress=seen.append
    )
    assert [item.path.name for item in found.utterances] == [f"{n}.wav" for n in range(4)]
    item = found.utterances[3]
    assert (item.words, item.confidences) == (("number", "three"), (0.8, 0.4))
    assert (item.shown, item.confidence) == ("Number 3.", pytest.approx(0.6))
    assert (item.line, item.speaker) == (5, "anne")
    assert [progress.done for progress in seen] == [1, 2, 3, 4]
    assert seen[-1].counts.rate is None


def test_an_error_names_its_row_and_missing_files_come_first(manifest: Path) -> None:
    def transcribe(path: Path) -> Hypothesis:
        raise InputError("the audio ends early")

    with pytest.raises(InputError, match=r"set\.tsv:2: the audio ends early"):
        inspect_manifest(manifest, transcribe)
    (manifest.parent / "3.wav").unlink()
    with pytest.raises(InputError, match=r"set\.tsv:5: there is no file"):
        inspect_manifest(manifest, transcribe)


def test_text_and_json_of_one_model() -> None:
    found = inspected("go home", "", model="base")
    text = printed(render_inspection(found, worst=1))
    assert "set.tsv: inspection" in text
    assert "3: /audio/3.wav: confidence 0.00\n  (nothing recognised)" in text
    assert "2: /audio/2.wav" not in text
    assert "2: /audio/2.wav: confidence 0.50\n  go home" in printed(
        render_inspection(found, every=True)
    )
    document = json.loads(json.dumps(inspection_to_json(found, worst=1, utterances=True)))
    assert document["testing_kind"] == "inspection"
    assert (document["model"], document["words"], document["confidence"]) == ("base", 2, 0.5)
    assert [item["line"] for item in document["least_confident"]] == [3]
    assert document["results"][0]["words"] == [
        {"text": "go", "confidence": 0.5},
        {"text": "home", "confidence": 0.5},
    ]
    unknown = inspection_to_json(inspected("go", confidence=None))
    assert unknown["least_confident"][0]["words"] == [{"text": "go", "confidence": None}]


def test_text_and_json_of_two_models() -> None:
    found = compare_inspections(
        inspected("go home", "yes", model="old"),
        inspected("no home now", "yes", model="new"),
        reference=1,
    )
    text = " ".join(printed(render_inspection_comparison(found)).split())
    assert "agree in 50.00 % of the words and 50.00 % of the utterances" in text
    assert "Taking B for right, A has 1 substitutions, 1 deletions and 0 insertions." in text
    assert "B no home now A go home *** S D" in text
    assert "3: /audio/3.wav" not in text
    document = json.loads(json.dumps(inspection_comparison_to_json(found, utterances=True)))
    assert [model["model"] for model in document["models"]] == ["old", "new"]
    assert (document["reference"], document["agreement"]) == ("B", 0.5)
    assert document["differences"] == {
        "rate": 0.5,
        "words": 4,
        "substitutions": 1,
        "deletions": 1,
        "insertions": 0,
    }
    assert [item["differences"] for item in document["results"]] == [2, 0]
    assert [item["line"] for item in document["most_different"]] == [2]
    assert document["most_different"][0]["hypotheses"] == ["go home", "no home now"]


@pytest.mark.parametrize("reference", [None, 0, 1])
def test_html(reference: int | None, tmp_path: Path) -> None:
    evil = "<script>x</script>"
    one = inspected(f"{evil} home", "yes", model=f"A {evil}", confidence=0.3)
    path = tmp_path / "report.html"
    if reference is None:
        write_html(one, path)
        text = path.read_text("utf-8")
        assert '<span data-from="0.00" data-to="0.40">yes</span>' not in text
        assert (
            '<span class="doubt" title="confidence 0.30" data-from="0.50" data-to="0.90">' in text
        )
        assert "show-s" not in text.partition("<script>")[0]
    else:
        write_html(compare_inspections(one, inspected("go home", "yes"), reference=reference), path)
        text = path.read_text("utf-8")
        assert "66.67 % <small>of words agree</small>" in text
        assert text.count('data-wrong="1"') == 1
        assert "(reference)" in text
    assert evil not in text
    assert text.count("<script>") == 1
    assert text.count('data-line="') == 2
    write_html(one, path, rows=1)
    assert "The first 1 of 2." in path.read_text("utf-8")
