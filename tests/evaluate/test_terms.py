from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attune.errors import InputError
from attune.evaluate import EditCounts, align_words, parse_term, read_terms, term_scores

# Each: terms, reference, hypothesis, and for every term: said, recalled, inserted falsely.
CASES = [
    (["skopje"], "to skopje now", "to skopje now", [(1, 1, 0)]),
    (["skopje"], "to skopje now", "to scope now", [(1, 0, 0)]),
    (["skopje"], "to scope now", "to skopje now", [(0, 0, 1)]),
    (["skopje"], "nothing", "nothing", [(0, 0, 0)]),
    # Once missed and once where nobody said it.
    (["skopje"], "skopje is far away", "scope is far skopje", [(1, 0, 1)]),
    # All words of a phrase, and nothing between them.
    (["new york"], "in new york", "in new york", [(1, 1, 0)]),
    (["new york"], "in new york", "in new work", [(1, 0, 0)]),
    (["new york"], "in new york", "in new old york", [(1, 0, 0)]),
    (["new york"], "in new york now", "in new york now new york", [(1, 1, 1)]),
    # The longest of those that overlap, wherever it begins; then the first.
    (["york", "new york"], "new york and york", "new york and york", [(1, 1, 0), (1, 1, 0)]),
    (["a b", "b c d"], "a b c d", "a b c d", [(0, 0, 0), (1, 1, 0)]),
    (["a b", "b c"], "a b c", "a b c", [(1, 1, 0), (0, 0, 0)]),
    (["york", "new york"], "york", "new york", [(1, 0, 0), (0, 0, 1)]),
    # Terms go through the normaliser, and the same words are one term.
    (["New York!", "new york", "5"], "new york five", "new york five", [(1, 1, 0), (1, 1, 0)]),
]


@pytest.mark.parametrize(("terms", "reference", "hypothesis", "expected"), CASES)
def test_terms(
    terms: list[str], reference: str, hypothesis: str, expected: list[tuple[int, int, int]]
) -> None:
    found = term_scores([align_words(reference.split(), hypothesis.split())], terms)
    assert [
        (item.occurrences, item.recalled, item.false_insertions) for item in found.terms
    ] == expected


def test_rates_and_what_was_heard_instead() -> None:
    pairs = [
        ("call skopje", "call scope"),
        ("skopje", "scope"),
        ("skopje", "skopje"),
        ("skopje", ""),
        ("call", "skopje call"),
    ]
    found = term_scores([align_words(a.split(), b.split()) for a, b in pairs], ["Skopje", "never"])
    skopje, never = found.terms
    assert (skopje.term, skopje.occurrences, skopje.missed) == ("Skopje", 4, 3)
    assert (skopje.recall, skopje.precision) == (0.25, 0.5)
    assert skopje.heard == (("scope", 2), ("", 1))
    assert (never.recall, never.precision, never.heard) == (None, None, ())
    assert (found.total.occurrences, found.total.recall) == (4, 0.25)


# Each: reference, hypothesis, word counts on the listed term "new york", and on the others.
SPLIT = [
    ("in new york", "in new york", EditCounts(2), EditCounts(1)),
    ("in new york", "on new work", EditCounts(1, 1), EditCounts(0, 1)),
    ("in new york", "in", EditCounts(0, 0, 2), EditCounts(1)),
    # An insertion counts as listed only as part of a term.
    ("in", "in new york", EditCounts(0, 0, 0, 2), EditCounts(1)),
    ("in", "in new", EditCounts(), EditCounts(1, 0, 0, 1)),
]


@pytest.mark.parametrize(("reference", "hypothesis", "listed", "others"), SPLIT)
def test_listed_and_other_words(
    reference: str, hypothesis: str, listed: EditCounts, others: EditCounts
) -> None:
    found = term_scores([align_words(reference.split(), hypothesis.split())], ["new york"])
    assert (found.listed, found.others) == (listed, others)


WORDS = st.lists(st.sampled_from("abcd"), max_size=10)
TERMS = st.lists(st.lists(st.sampled_from("abcd"), min_size=1, max_size=3), min_size=1, max_size=5)


@given(st.lists(st.tuples(WORDS, WORDS), max_size=4), TERMS)
def test_everything_is_counted_once(
    pairs: list[tuple[list[str], list[str]]], terms: list[list[str]]
) -> None:
    alignments = [align_words(*pair) for pair in pairs]
    found = term_scores(alignments, [" ".join(words) for words in terms], str)
    assert found.listed + found.others == sum((a.counts for a in alignments), EditCounts())
    for item in found.terms:
        assert item.recalled + item.missed == item.occurrences
        assert item.recalled >= 0 and item.false_insertions >= 0
    swapped = term_scores(
        [align_words(heard, said) for said, heard in pairs],
        [" ".join(words) for words in terms],
        str,
    )
    # What is found on a side does not depend on the other side.
    for item, turned in zip(found.terms, swapped.terms, strict=True):
        assert item.recalled + item.false_insertions == turned.occurrences


def test_a_file_of_terms(tmp_path: Path) -> None:
    path = tmp_path / "terms.txt"
    path.write_bytes("\ufeffSkopje\r\n\nNew York\t3.5\n  café \n".encode())
    found = read_terms(path)
    assert [(term.text, term.words) for term in found] == [
        ("Skopje", ("skopje",)),
        ("New York", ("new", "york")),
        ("café", ("cafe",)),
    ]


BAD_FILES = [
    (b"", r"terms\.txt: no term in it: write one a line"),
    (b"\n \n", r"terms\.txt: no term in it"),
    (b"one\n?!\n", r"terms\.txt:2: '\?!' has no word that can be said: correct or remove it"),
    (b"one\ncaf\xe9\n", r"terms\.txt:2: not UTF-8 text: save the file as UTF-8"),
    ("one\n".encode("utf-32"), r"terms\.txt:1: a NUL byte: .* save it as UTF-8 text"),
]


@pytest.mark.parametrize(("content", "message"), BAD_FILES)
def test_files_that_are_no_terms(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "terms.txt"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_terms(path)


def test_a_file_that_is_not_there_and_a_term_without_words(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=re.escape(f"{tmp_path / 'gone'}: cannot read")):
        read_terms(tmp_path / "gone")
    with pytest.raises(InputError, match=r"--term: '-' has no word"):
        parse_term("-", lambda text: text.strip("-"), "--term")
    with pytest.raises(InputError, match=r"terms: '\.\.\.' has no word"):
        term_scores([], ["..."])
