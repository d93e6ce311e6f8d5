"""Labels read from text, and a display model learnt from a little of it."""

from __future__ import annotations

import lzma
import random
from collections import Counter
from pathlib import Path

import pytest

from attune.errors import InputError
from attune.text import DisplayModel, Formatter
from attune.text.display_model import COMMA, END, LOWER, MIXED, TITLE
from attune.train.display import DisplayConfig, score_display, train_display
from attune.train.display_text import (
    CASE_NOT_SAID,
    Label,
    label_line,
    pack,
    read_labelled,
    usual_forms,
)


@pytest.mark.parametrize(
    ("line", "labels"),
    [
        (
            "Yes, I saw London.",
            [
                ("yes", COMMA, False, CASE_NOT_SAID),
                ("i", 0, False, CASE_NOT_SAID),
                ("saw", 0, False, LOWER),
                ("london", END, False, TITLE),
            ],
        ),
        (
            "Is it McDonald's? No!",
            [
                ("is", 0, False, CASE_NOT_SAID),
                ("it", 0, False, LOWER),
                ("mcdonald's", END, True, MIXED),
                ("no", END, False, CASE_NOT_SAID),
            ],
        ),
        (
            'He paid $5 to Mr. Wu: "Fine," he said.',
            [
                ("he", 0, False, CASE_NOT_SAID),
                ("paid", 0, False, LOWER),
                ("five", 0, False, CASE_NOT_SAID),
                ("dollars", 0, False, CASE_NOT_SAID),
                ("to", 0, False, LOWER),
                ("mister", 0, False, CASE_NOT_SAID),
                ("wu", COMMA, False, TITLE),
                ("fine", COMMA, False, CASE_NOT_SAID),
                ("he", 0, False, LOWER),
                ("said", END, False, LOWER),
            ],
        ),
        (
            "We left—alone.",
            [
                ("we", 0, False, CASE_NOT_SAID),
                ("left", COMMA, False, LOWER),
                ("alone", END, False, LOWER),
            ],
        ),
        ("no capital at the start.", []),
        ("No mark at the end", []),
        ("ALL IN CAPITALS.", []),
    ],
)
def test_labels_of_a_line(line: str, labels: list[Label]) -> None:
    assert label_line(line, {}) == labels


def _write(path: Path, lines: list[str]) -> Path:
    with lzma.open(path, "wt", encoding="utf-8") as stream:
        stream.write("\n".join(lines) + "\n")
    return path


def _sentences(count: int) -> list[str]:
    draw = random.Random(5)
    names = ("London", "Paris", "Mary", "Berlin", "Peter", "iPhone")
    verbs = ("like", "see", "want", "know")
    made = []
    for _ in range(count):
        name, verb = draw.choice(names), draw.choice(verbs)
        made.append(
            draw.choice(
                (
                    f"Do you {verb} {name}?",
                    f"I {verb} {name} and the sea.",
                    f"Well, we {verb} {name}.",
                    f"They {verb} the house.",
                )
            )
        )
    return made


def test_usual_forms_are_those_of_words_not_usually_lower_case() -> None:
    seen = Counter(
        {"London": 9, "london": 1, "Mark": 6, "mark": 5, "bill": 8, "Bill": 7, "NASA": 9,
         "US": 3, "us": 2, "iPhone": 4, "Zork": 2, "x2": 9, "I": 50}
    )  # fmt: skip
    forms = usual_forms(seen, least=3, most=10)
    assert forms == {"london": "London", "nasa": "NASA", "mark": "Mark", "iphone": "iPhone"}
    assert set(usual_forms(seen, least=3, most=2)) == {"london", "nasa"}


def test_held_out_text_is_never_trained_on(tmp_path: Path) -> None:
    lines = [f"Line {'x' * (number // 200 + 1)} is here." for number in range(12_000)]
    path = _write(tmp_path / "text.xz", lines)

    def seen(held_out: bool) -> set[str]:
        sequences = read_labelled(path, share=1.0, held_out=held_out, seed=1)
        return {label[0] for sequence in sequences for label in sequence}

    assert seen(True) & seen(False) == {"line", "is", "here"}
    assert len(seen(True)) > 3


def test_packed_text_keeps_the_labels() -> None:
    sequences = [label_line("Yes, I saw London.", {}), label_line("Is it so? It is.", {})]
    text = pack(sequences)
    assert [text.types[k] for k in text.words] == [
        "yes",
        "i",
        "saw",
        "london",
        "is",
        "it",
        "so",
        "it",
        "is",
    ]
    assert text.starts.tolist() == [0, 4]
    assert text.marks.tolist() == [COMMA, 0, 0, END, 0, 0, END, 0, END]
    assert text.questions.tolist() == [False] * 6 + [True, False, False]
    assert text.cases.tolist()[:4] == [CASE_NOT_SAID, CASE_NOT_SAID, LOWER, TITLE]


def test_a_model_learns_marks_cases_and_questions(tmp_path: Path) -> None:
    source = _write(tmp_path / "talk.txt.xz", _sentences(8_000))
    config = DisplayConfig(
        sources=((source, 1.0),),
        out=tmp_path / "display.npz",
        words=50,
        dimension=8,
        hidden=16,
        buckets=1024,
        question_buckets=512,
        batch=512,
    )
    stages: list[str] = []
    score = train_display(config, lambda stage, part: stages.append(stage))["talk.txt.xz"]
    assert min(score.comma, score.end, score.question, score.capital) > 0.95, score
    assert "questions" in stages
    formatter = Formatter.load(config.out)
    assert formatter.format(["do", "you", "see", "mary"]).text == "Do you see Mary?"
    assert formatter.format(["well", "we", "want", "berlin"]).text == "Well, we want Berlin."
    spoken = "they like the house do you want peter i know iphone and the sea"
    assert (
        formatter.format(spoken.split(" ")).text
        == "They like the house. Do you want Peter? I know iPhone and the sea."
    )
    assert score_display(DisplayModel.load(config.out), []).words == 0


def test_a_missing_source_is_refused(tmp_path: Path) -> None:
    config = DisplayConfig(sources=((tmp_path / "none.xz", 1.0),), out=tmp_path / "m.npz")
    with pytest.raises(InputError, match=r"none\.xz"):
        train_display(config)


def test_text_without_punctuation_is_refused(tmp_path: Path) -> None:
    source = _write(tmp_path / "bare.xz", ["no marks here"] * 10)
    config = DisplayConfig(sources=((source, 1.0),), out=tmp_path / "m.npz")
    with pytest.raises(InputError, match="no sentence with capitals"):
        train_display(config)
    assert not (tmp_path / "m.npz").exists()
