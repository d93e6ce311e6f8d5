from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attune.data.report import Reason
from attune.data.transcripts import TranscriptCheck
from attune.text import normalize

CHECK = TranscriptCheck(normalize)

GOOD = [
    "hello",
    "“What?” said Batman’s sidekick — Robin…",
    "It costs $3.14, or £2 or €5 at 20°",
    "a naïve café",
    "ALL\u00a0CAPS",
    "zero\u200bwidth",
]


@pytest.mark.parametrize("text", GOOD)
def test_transcripts_that_can_be_used(text: str) -> None:
    assert CHECK(text, "t:1") is None


BAD = [
    ("", Reason.EMPTY, "the transcript is empty"),
    (" \t", Reason.EMPTY, "the transcript is empty"),
    ("?!", Reason.EMPTY, "'?!' holds no word"),
    ("caf\udce9", Reason.ENCODING, "the transcript is 'caf\ufffd'"),
    ("hello 你", Reason.CHARACTERS, "'你' (U+4F60 CJK UNIFIED IDEOGRAPH-4F60) in 'hello 你'"),
    ("привет", Reason.CHARACTERS, "(U+043F CYRILLIC SMALL LETTER PE), '"),
    ("so good \N{GRINNING FACE}", Reason.CHARACTERS, "(U+1F600 GRINNING FACE)"),
    ("bell \x07", Reason.CHARACTERS, "(U+0007)"),
    ("\ufffd lost", Reason.CHARACTERS, "(U+FFFD REPLACEMENT CHARACTER)"),
    ("x" * 200 + "你", Reason.CHARACTERS, "in '" + "x" * 80 + "…'"),
]


@pytest.mark.parametrize(("text", "reason", "detail"), BAD)
def test_transcripts_that_cannot(text: str, reason: Reason, detail: str) -> None:
    problem = CHECK(text, "t:1")
    assert problem is not None
    assert (problem.reason, problem.where) == (reason, "t:1")
    assert detail in problem.detail


def test_characters_are_told_once_each_in_order() -> None:
    problem = CHECK("да, да", "t:1")
    assert problem is not None
    assert problem.characters == tuple("да")


def test_symbols_are_those_of_the_model() -> None:
    check = TranscriptCheck(str.lower, frozenset("abc "))
    assert check("ABBA CAB", "t:1") is None
    problem = check("a bad cab", "t:1")
    assert problem is not None
    assert problem.characters == ("d",)


@given(st.text())
def test_what_passes_normalises_to_words(text: str) -> None:
    if CHECK(text, "t:1") is None:
        assert normalize(text).strip()


@pytest.mark.parametrize(
    ("language", "text", "usable"),
    [
        ("de-DE", "Über die Straße", True),
        ("de-DE", "Łódź", True),
        ("de-DE", "Привет", False),
        ("zh-CN", "我今年21岁", True),
        ("zh-CN", "Привет", False),
    ],
)
def test_each_language_has_its_letters(language: str, text: str, usable: bool) -> None:
    check = TranscriptCheck.of(language)
    assert (check(text, "here") is None) is usable
