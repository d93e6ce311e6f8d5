"""The lexicon's text format, and CMUdict's."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attune.errors import InputError
from attune.lexicon import (
    PHONES,
    Lexicon,
    Pronunciation,
    is_normalised,
    lexicon_from_cmudict,
    read_cmudict,
)

DAMAGED = [
    ("word\n", r"lexicon.tsv:1: 1 tab-separated fields"),
    ("a\t1\tAH\nb 1 B IY\n", r"lexicon.tsv:2: 1 tab-separated fields"),
    ("a\t1\tAH\n\nb\tx\tB IY\n", r"lexicon.tsv:3: the prior 'x' is not a number"),
    ("b\t0\tB IY\n", r"lexicon.tsv:1: the prior 0.0 of 'b' is outside"),
    ("b\t1.5\tB IY\n", r"lexicon.tsv:1: the prior 1.5 of 'b' is outside"),
    ("b\tnan\tB IY\n", r"lexicon.tsv:1: the prior nan of 'b' is outside"),
    ("B\t1\tB IY\n", r"lexicon.tsv:1: 'B' is not a lexicon word"),
    ("\t1\tB IY\n", r"lexicon.tsv:1: '' is not a lexicon word"),
    ("two words\t1\tB IY\n", r"lexicon.tsv:1: 'two words' is not a lexicon word"),
    ("b\t1\t\n", r"lexicon.tsv:1: a pronunciation needs at least one phone"),
    ("b\t1\tB II\n", r"lexicon.tsv:1: 'II' is not a phone"),
]

CMUDICT = """;;; a comment
a AH0
a(2) EY1
b B IY1
aalborg AO1 L B AO0 R G # place, danish
don't D OW1 N T
o'clock AH0 K L AA1 K
'til T IH1 L
til T AH0 L
'em AH0 M
dogs' D AO1 G Z
's EH1 S
x-ray EH1 K S R EY2
a.m. EY2 EH1 M
TOMATO T AH0 M EY1 T OW2
tomato(2) T AH0 M AA1 T OW2
"""

phones = st.lists(st.sampled_from(PHONES), min_size=1, max_size=8)
words = st.text("abcdefghijklmnopqrstuvwxyz'éß", min_size=1, max_size=12)
entries = st.lists(st.tuples(words, phones, st.floats(1e-6, 1.0)), max_size=30)


@given(entries)
def test_what_is_written_is_read_again(
    tmp_path: Path, listed: list[tuple[str, list[str], float]]
) -> None:
    lexicon = Lexicon()
    for word, spoken, prior in listed:
        lexicon.add(word, spoken, prior)
    path = tmp_path / "lexicon.tsv"
    lexicon.write(path)
    again = Lexicon.read(path)
    assert sorted(again) == sorted(lexicon) and len(again) == len({word for word, _, _ in listed})
    for word in lexicon:
        old = {item.phones: item.log_prob for item in lexicon.pronunciations(word)}
        new = {item.phones: item.log_prob for item in again.pronunciations(word)}
        assert new == pytest.approx(old, abs=1e-5)
    again.write(path)
    assert Lexicon.read(path) == again


@pytest.mark.parametrize(("content", "message"), DAMAGED)
def test_a_damaged_line_is_named(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "lexicon.tsv"
    path.write_text(content, "utf-8")
    with pytest.raises(InputError, match=message):
        Lexicon.read(path)


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "any.tsv"
    path.write_bytes(content.encode("utf-8", "surrogatepass"))
    for read in (Lexicon.read, lexicon_from_cmudict):
        try:
            lexicon = read(path)
        except InputError as error:
            assert str(path) in str(error)
        else:
            assert all(lexicon.pronunciations(word) for word in lexicon)


def test_missing_and_binary_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for name in ("nowhere", "binary"):
        for read in (Lexicon.read, lexicon_from_cmudict):
            with pytest.raises(InputError, match=name):
                read(tmp_path / name)


def test_the_likeliest_pronunciation_comes_first_and_repeats_keep_the_higher_prior() -> None:
    lexicon = Lexicon()
    lexicon.add("tomato", ["T", "AH", "M", "AA", "T", "OW"], 0.25)
    lexicon.add("tomato", ["T", "AH0", "M", "EY1", "T", "OW2"])
    lexicon.add("tomato", ["T", "AH", "M", "AA", "T", "OW"], 0.5)
    assert lexicon.pronunciations("tomato") == (
        Pronunciation(("T", "AH", "M", "EY", "T", "OW"), 0.0),
        Pronunciation(("T", "AH", "M", "AA", "T", "OW"), math.log(0.5)),
    )
    assert lexicon.pronunciations("potato") == () and "potato" not in lexicon
    assert next(str(item) for item in lexicon.pronunciations("tomato")) == "T AH M EY T OW"
    assert lexicon.pronunciations("tomato")[1].probability == pytest.approx(0.5)


def test_cmudict_becomes_normalised_words(tmp_path: Path) -> None:
    path = tmp_path / "cmudict.dict"
    path.write_text(CMUDICT, "utf-8")
    lexicon = lexicon_from_cmudict(path)
    said = {
        word: [(str(item), round(item.probability, 3)) for item in lexicon.pronunciations(word)]
        for word in lexicon
    }
    assert said == {
        "a": [("AH", 1.0), ("EY", 0.5)],
        "b": [("B IY", 1.0)],
        "aalborg": [("AO L B AO R G", 1.0)],
        "don't": [("D OW N T", 1.0)],
        "o'clock": [("AH K L AA K", 1.0)],
        "til": [("T AH L", 1.0), ("T IH L", 0.1)],
        "em": [("AH M", 1.0)],
        "dogs": [("D AO G Z", 1.0)],
        "tomato": [("T AH M EY T OW", 1.0), ("T AH M AA T OW", 0.5)],
    }
    assert dict(read_cmudict(path))["aalborg"] == ("AO1", "L", "B", "AO0", "R", "G")


def test_letter_a_is_also_spelled_where_only_the_article_is_listed(tmp_path: Path) -> None:
    path = tmp_path / "cmudict.dict"
    path.write_text("a AH0\n", "utf-8")
    readings = lexicon_from_cmudict(path).pronunciations("a")
    assert [str(item) for item in readings] == ["AH", "EY"]


@pytest.mark.parametrize("line", ["word", "word W ER9 D", "word(2)", "a AH0\nword WERD"])
def test_cmudict_errors_name_the_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "cmudict.dict"
    path.write_text(line + "\n", "utf-8")
    number = line.count("\n") + 1
    with pytest.raises(InputError, match=rf"cmudict.dict:{number}: 'word'"):
        lexicon_from_cmudict(path)


@pytest.mark.parametrize(
    ("word", "expected"),
    [("a", True), ("o'clock", True), ("rock'n'roll", True), ("'til", False), ("dogs'", False)]
    + [(word, False) for word in ("", "A", "x-ray", "c3po", "café", "a b", "o''clock", "a\n")],
)
def test_normalised_words(word: str, expected: bool) -> None:
    assert is_normalised(word) is expected
