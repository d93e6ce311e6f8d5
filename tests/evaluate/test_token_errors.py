from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attune.data import Utterance
from attune.evaluate import (
    Edit,
    Evaluation,
    Hypothesis,
    TokenErrorClass,
    display_tokens,
    is_formatted,
    score_display,
    score_utterance,
)
from attune.evaluate.display_tokens import spellings
from attune.text import normalize

TOKENS = [
    ("", []),
    ("Hello, Bob!", ["Hello", ",", "Bob", "!"]),
    ("It costs $5.00 (or 3.14).", ["It", "costs", "$5.00", "(", "or", "3.14", ")", "."]),
    ("At 5 p.m. we don't e-mail.", ["At", "5", "p.m.", "we", "don't", "e-mail", "."]),
    ("He said “so”…", ["He", "said", '"', "so", '"', "..."]),
    ("one—two - three", ["one", "—", "two", "-", "three"]),
    ("What?! -5 50%", ["What", "?", "!", "-5", "50%"]),
    ("dogs’ bones", ["dogs'", "bones"]),
]


@pytest.mark.parametrize(("text", "tokens"), TOKENS)
def test_display_tokens(text: str, tokens: list[str]) -> None:
    assert list(display_tokens(text)) == tokens


FORMATTED = [
    ("turn on the light", False),
    ("TURN ON THE LIGHT", False),
    ("then I said I'm here", False),
    ("the co-op isn't far", False),
    ("Turn on the light", True),
    ("turn on the light.", True),
    ("gate 5", True),
    ("", False),
]


@pytest.mark.parametrize(("text", "formatted"), FORMATTED)
def test_what_looks_formatted(text: str, formatted: bool) -> None:
    assert is_formatted(text) is formatted


INITIAL = [
    ("Mr. Brown met Ann. She left", [True, False, False, False, True, False]),
    ("“Go!” Bob ran", [True, True, False]),
    ("J. Smith, of London", [True, False, False, False]),
]


@pytest.mark.parametrize(("text", "initial"), INITIAL)
def test_where_sentences_begin(text: str, initial: list[bool]) -> None:
    found = spellings(text, normalize(text).split(), normalize)
    assert [item.initial for item in found] == initial


def test_words_know_how_they_were_written() -> None:
    text = "On Oct. 5, the BBC paid $20."
    words = normalize(text).split()
    assert words == ["on", "october", "fifth", "the", "b", "b", "c", "paid", "twenty", "dollars"]
    assert [item.token for item in spellings(text, words, normalize)] == [
        *("On", "Oct", "5", "the", "BBC", "BBC", "BBC", "paid", "$20", "$20")
    ]


P, C, I, L, O = TokenErrorClass  # noqa: E741

# Each: reference, hypothesis, the classes of all edits.
CASES = [
    ("Hello, Bob.", "Hello, Bob.", []),
    ("Hello, Bob.", "Hello Bob", [P, P]),
    ("Hello, Bob.", "Hello. Bob.", [P]),
    ("Hello, Bob.", "hello, bob.", [C, C]),
    ("Hello, Bob.", "hello, Rob.", [C, L]),
    ("It takes 25 days", "It takes twenty five days", [I, I]),
    ("It costs $5", "It costs 5 dollars", [I, I]),
    ("At 5 p.m. sharp", "At 5 PM sharp", [I]),
    # Beside a wrong word, a number is still only written otherwise.
    ("It takes 25 days", "It takes twenty five daze", [I, I, L]),
    ("It takes 25 days", "It takes 24 days", [L]),
    # Read in their sentence: `5` alone would be another word than `fifth`.
    ("On March 5", "On March 5th", [I]),
    ("Go now", "Go", [L]),
    ("Go", "Go away now", [L, L]),
    ("Good \N{GRINNING FACE}", "Good", [O]),
    ("Good", "", [L]),
    ("", "Good.", [L, P]),
]


@pytest.mark.parametrize(("reference", "hypothesis", "classes"), CASES)
def test_classes(reference: str, hypothesis: str, classes: list[TokenErrorClass]) -> None:
    found = score_display(reference, hypothesis, normalize)
    assert Counter(found.classes) == Counter(classes)


PIECES = ["Go", "go", "25", "twenty", "five", "$5", "dollars", ",", ".", "Ann,", "-", "p.m.", "☺"]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=8).map(" ".join)


@given(TEXTS, TEXTS)
def test_every_edit_has_one_class(reference: str, hypothesis: str) -> None:
    found = score_display(reference, hypothesis, normalize)
    edits = [column for column in found.alignment if column.edit is not Edit.CORRECT]
    assert len(found.classes) == len(edits) == found.alignment.counts.errors
    spelled = [column.reference for column in found.alignment if column.reference is not None]
    assert tuple(spelled) == display_tokens(reference)
    for column, kind in zip(edits, found.classes, strict=True):
        if kind is C:
            assert column.edit is Edit.SUBSTITUTION
    if normalize(reference) == normalize(hypothesis):
        assert L not in found.classes


def evaluate(*rows: tuple[str, str | None]) -> Evaluation:
    return Evaluation(
        "m",
        "set.tsv",
        tuple(
            score_utterance(
                Utterance(Path("a"), 1.0, "", said, line),
                Hypothesis(normalize(heard or said), display=heard),
                normalize,
            )
            for line, (said, heard) in enumerate(rows, start=2)
        ),
    )


def test_a_set_adds_up() -> None:
    found = evaluate(("Go, 25 men!", "go twenty five Men."), ("Stop.", "Stop.")).token_errors
    assert found is not None
    # Go→go, the comma→twenty, 25→five, men→Men, !→. : a mark against a word goes by the word.
    assert (found.counts.words, found.counts.errors) == (7, 5)
    assert dict(found.edits) == {P: 1, C: 2, I: 2, L: 0, O: 0}
    assert sum(edits for _, edits in found.edits) == found.counts.errors
    assert found.share(P) == pytest.approx(0.2)
    assert sum(found.share(kind) for kind in TokenErrorClass) == pytest.approx(1)
    assert (found.formatted, found.utterances) == (2, 2)


ABSENT: list[tuple[list[tuple[str, str | None]], str | None]] = [
    ([("go now", "Go now.")], "no transcript has capitals, punctuation or digits"),
    ([("GO NOW", "Go now.")], "no transcript has capitals, punctuation or digits"),
    ([("Go now.", None)], "the recogniser gave no display text"),
    ([("Go now.", "Go."), ("go", "Go.")], None),
]


@pytest.mark.parametrize(("rows", "reason"), ABSENT)
def test_where_there_are_none(rows: list[tuple[str, str | None]], reason: str | None) -> None:
    found = evaluate(*rows)
    assert found.token_errors_absent == reason
    assert (found.token_errors is None) == (reason is not None)


def test_without_edits_no_class_has_a_share(make_evaluation: Callable[..., Evaluation]) -> None:
    found = evaluate(("Go.", "Go.")).token_errors
    assert found is not None
    assert (found.counts.rate, found.share(P)) == (0.0, 0.0)
    assert make_evaluation(("Go.", "Go.")).token_errors is None
