from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attune.evaluate import Alignment, Edit, EditCounts, align_words, edit_distance
from attune.evaluate import alignment as alignment_module

LETTERS = {Edit.CORRECT: "C", Edit.SUBSTITUTION: "S", Edit.DELETION: "D", Edit.INSERTION: "I"}


def letters(alignment: Alignment) -> str:
    return "".join(LETTERS[column.edit] for column in alignment)


def reference_distance(first: Sequence[str], second: Sequence[str]) -> int:
    """Levenshtein distance as the textbook has it (Wagner and Fischer 1974)."""
    row = list(range(len(second) + 1))
    for number, one in enumerate(first, start=1):
        previous, row = row, [number]
        for place, other in enumerate(second):
            row.append(min(previous[place] + (one != other), previous[place + 1] + 1, row[-1] + 1))
    return row[-1]


CASES = [
    ("", "", ""),
    ("a b c", "a b c", "CCC"),
    ("a b c", "", "DDD"),
    ("", "a b", "II"),
    ("a b c", "a x c", "CSC"),
    ("a b c", "a c", "CDC"),
    ("a c", "a b c", "CIC"),
    # As few errors, but more words right: not SS.
    ("a b", "b c", "DCI"),
    # The substitution goes to the word that looks alike.
    ("the cat sat", "cad sat", "DSC"),
    ("cat the sat", "cad sat", "SDC"),
    ("recognize speech", "wreck a nice beach", "IISS"),
    ("one", "two three four", "SII"),
]


@pytest.mark.parametrize(("reference", "hypothesis", "edits"), CASES)
def test_alignments(reference: str, hypothesis: str, edits: str) -> None:
    assert letters(align_words(reference.split(), hypothesis.split())) == edits


WORDS = st.lists(st.sampled_from(["a", "b", "cat", "cad", "the", "ünï", "\N{GRINNING FACE}"]))


@given(WORDS, WORDS)
def test_an_alignment_spells_both_sides_at_the_lowest_cost(
    reference: list[str], hypothesis: list[str]
) -> None:
    found = align_words(reference, hypothesis)
    assert [word.reference for word in found if word.reference is not None] == reference
    assert [word.hypothesis for word in found if word.hypothesis is not None] == hypothesis
    counts = found.counts
    assert counts.errors == reference_distance(reference, hypothesis)
    assert counts.words == len(reference)
    assert counts.correct + counts.substitutions + counts.insertions == len(hypothesis)


@given(WORDS, WORDS)
def test_of_the_cheapest_the_one_with_most_words_right(
    reference: list[str], hypothesis: list[str]
) -> None:
    best = most_correct(reference, hypothesis)
    assert align_words(reference, hypothesis).counts.correct == best


def most_correct(first: Sequence[str], second: Sequence[str]) -> int:
    """Words right in the best alignment, by the textbook recurrence on (errors, -right)."""
    row = [(place, 0) for place in range(len(second) + 1)]
    for number, one in enumerate(first, start=1):
        previous, row = row, [(number, 0)]
        for place, other in enumerate(second):
            errors, right = previous[place]
            same = one == other
            row.append(
                min(
                    (errors + (not same), right - same),
                    (previous[place + 1][0] + 1, previous[place + 1][1]),
                    (row[-1][0] + 1, row[-1][1]),
                )
            )
    return -row[-1][1]


@given(WORDS, WORDS)
def test_dividing_the_table_costs_nothing(reference: list[str], hypothesis: list[str]) -> None:
    whole = align_words(reference, hypothesis).counts
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(alignment_module, "CELLS", 4)
        assert align_words(reference, hypothesis).counts == whole


def test_long_transcripts_are_aligned_in_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alignment_module, "CELLS", 1 << 14)
    draw = random.Random(0)
    vocabulary = [f"w{number}" for number in range(200)]
    reference = draw.choices(vocabulary, k=1500)
    hypothesis = [word if draw.random() < 0.8 else draw.choice(vocabulary) for word in reference]
    del hypothesis[700:720]
    found = align_words(reference, hypothesis)
    assert found.counts.errors == edit_distance(reference, hypothesis)


@given(st.text(max_size=100), st.text(max_size=100))
def test_edit_distance_is_levenshtein(first: str, second: str) -> None:
    assert edit_distance(first, second) == reference_distance(first, second)


DISTANCES = [("", "", 0), ("abc", "", 3), ("", "abc", 3), ("kitten", "sitting", 3), ("ab", "ba", 2)]


@pytest.mark.parametrize(("first", "second", "distance"), DISTANCES)
def test_edit_distances(first: str, second: str, distance: int) -> None:
    assert edit_distance(first, second) == distance


def test_counts_add_up() -> None:
    total = EditCounts(1, 2, 3, 4) + EditCounts(10, 20, 30, 40)
    assert total == EditCounts(11, 22, 33, 44)
    assert (total.words, total.errors, total.rate) == (66, 99, 1.5)
    assert EditCounts(insertions=3).rate is None
