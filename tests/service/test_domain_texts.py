"""Texts while they are written: what is wrong with which line, and what is made of them."""

from __future__ import annotations

import pytest

from attune.errors import InputError
from attune.service import texts
from attune.service.errors import TooLarge


@pytest.mark.parametrize(
    ("kind", "text", "passed", "problems"),
    [
        ("Language", "good day\n\nwww.example.com\n", 1, [(3, "error", "web address")]),
        ("Language", "   \n", 0, []),
        ("Language", "", 0, []),
        ("Language", "a\tb\n", 1, [(1, "warning", "mended")]),
        ("Pronunciation", "IEEE\ti triple e\nC3PO\n", 1, [(2, "error", "malformed line")]),
        ("Pronunciation", "tomato/T AH M QQ\n", 0, [(1, "error", "unknown phones")]),
        (
            "StructuredText",
            "@ list x =\n- a\n# S\n- use {@y}\n",
            0,
            [(4, "error", "list that cannot be used")],
        ),
        (
            "DisplayFormat",
            "#rewrite\nattune\tAttune\nnothing\n",
            1,
            [(3, "error", "not understood")],
        ),
    ],
)
def test_problems_name_their_lines(
    kind: str, text: str, passed: int, problems: list[tuple[int, str, str]]
) -> None:
    found = texts.validate(kind, text)
    assert found.passed == passed
    errors = [(one.line, one.severity, one.reason) for one in found.problems]
    assert [one for one in errors if one in problems] == problems
    assert all(one.advice and one.detail for one in found.problems)


def test_what_is_no_text_is_told() -> None:
    found = texts.validate("Language", "\0\0\0\0 binary")
    assert [one.line for one in found.problems] == [None]
    assert "binary" in found.problems[0].detail


@pytest.mark.parametrize(
    ("kind", "text", "sample", "shown"),
    [
        ("Language", "It costs $3.14\n", "", [("It costs $3.14", "it costs three fourteen")]),
        ("Pronunciation", "IEEE\ti triple e\n", "", [("IEEE", "i triple e")]),
        ("Pronunciation", "cat/K AE T\n", "", [("cat", "kæt")]),
        (
            "StructuredText",
            "@ list room =\n- Kitchen\n# S\n- light in the {@room}\n",
            "",
            [("light in the Kitchen", "light in the kitchen")],
        ),
        (
            "DisplayFormat",
            "#rewrite\nattune\tATTUNE\n",
            "hello attune",
            [("hello attune", "Hello ATTUNE")],
        ),
        ("Language", "www.example.com\n", "", []),
    ],
)
def test_previews_show_what_is_made(
    kind: str, text: str, sample: str, shown: list[tuple[str, str]]
) -> None:
    found = texts.preview(kind, text, sample=sample)
    assert [(one.before, one.after) for one in found] == shown


def test_limits() -> None:
    with pytest.raises(InputError, match="no kind of text"):
        texts.validate("Acoustic", "x")
    with pytest.raises(InputError, match="fr-FR"):
        texts.validate("Language", "x", "fr-FR")
    with pytest.raises(TooLarge, match="upload it"):
        texts.validate("Language", "x" * (2**20 + 1))
    with pytest.raises(InputError, match="top"):
        texts.preview("Language", "x", top=0)
