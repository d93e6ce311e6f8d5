"""Word alignment of what was recognised with what was said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

__all__ = ["AlignedWord", "Alignment", "Edit", "EditCounts", "align_words"]

CELLS = 1 << 22
"""Largest table of costs held at once, in cells of 8 bytes (32 MiB)."""

SIMILARITY_CELLS = 1 << 25
LETTER_BINS = 32


class Edit(StrEnum):
    """How a reference word and a hypothesis word that stand in one column differ."""

    CORRECT = "correct"
    SUBSTITUTION = "substitution"
    DELETION = "deletion"
    INSERTION = "insertion"


@dataclass(frozen=True, slots=True)
class AlignedWord:
    """One column of an alignment: `reference` is None for an insertion, `hypothesis` for a
    deletion."""

    reference: str | None
    hypothesis: str | None

    @property
    def edit(self) -> Edit:
        """What happened in this column."""
        if self.reference == self.hypothesis:
            return Edit.CORRECT
        if self.hypothesis is None:
            return Edit.DELETION
        return Edit.INSERTION if self.reference is None else Edit.SUBSTITUTION


@dataclass(frozen=True, slots=True)
class EditCounts:
    """Counts of columns by kind; counts add up with `+`."""

    correct: int = 0
    substitutions: int = 0
    deletions: int = 0
    insertions: int = 0

    def __add__(self, other: EditCounts) -> EditCounts:
        return EditCounts(
            self.correct + other.correct,
            self.substitutions + other.substitutions,
            self.deletions + other.deletions,
            self.insertions + other.insertions,
        )

    @property
    def words(self) -> int:
        """Number of reference words."""
        return self.correct + self.substitutions + self.deletions

    @property
    def errors(self) -> int:
        """Substitutions, deletions and insertions together."""
        return self.substitutions + self.deletions + self.insertions

    @property
    def rate(self) -> float | None:
        """Word error rate, errors / reference words: above 1 with many insertions, never clamped.

        None without reference words.
        """
        return self.errors / self.words if self.words else None


@dataclass(frozen=True)
class Alignment:
    """The columns of an alignment from left to right."""

    columns: tuple[AlignedWord, ...]

    def __iter__(self) -> Iterator[AlignedWord]:
        return iter(self.columns)

    @cached_property
    def counts(self) -> EditCounts:
        """How many columns there are of each kind."""
        kinds = Counter(column.edit for column in self.columns)
        return EditCounts(
            kinds[Edit.CORRECT],
            kinds[Edit.SUBSTITUTION],
            kinds[Edit.DELETION],
            kinds[Edit.INSERTION],
        )


def align_words(reference: Sequence[str], hypothesis: Sequence[str]) -> Alignment:
    """Align two sequences of words with the fewest errors (Levenshtein distance).

    Of the alignments with equally few errors, the one with the most words correct is taken, then
    the one whose substituted words share the most letters, so that confusions read as they
    sounded: `the cat` against `cad` deletes `the`. Time grows with the product of the lengths;
    memory does not (Hirschberg, "A linear space algorithm for computing maximal common
    subsequences", 1975), so hours of speech can be aligned as one.
    """
    begin, end = shared_ends(reference, hypothesis)
    middle = reference[begin : len(reference) - end], hypothesis[begin : len(hypothesis) - end]
    columns = [AlignedWord(word, word) for word in reference[:begin]]
    columns += Aligner(*middle).columns() if any(middle) else []
    columns += [AlignedWord(word, word) for word in reference[len(reference) - end :]]
    return Alignment(tuple(columns))


def shared_ends(reference: Sequence[str], hypothesis: Sequence[str]) -> tuple[int, int]:
    """How many words are equal at the beginning, and of the rest at the end.

    To align them with each other is never worse than anything else.
    """
    shorter = min(len(reference), len(hypothesis))
    begin = 0
    while begin < shorter and reference[begin] == hypothesis[begin]:
        begin += 1
    end = 0
    while end < shorter - begin and reference[-1 - end] == hypothesis[-1 - end]:
        end += 1
    return begin, end


class Aligner:
    """Finds the cheapest path through the table of costs of two sequences.

    One number holds all three wishes in order: an error costs `error`, a substitution
    `substitution` more, and its unlikeness (0 to 100) on top; each is more than all of the next
    can add up to.
    """

    def __init__(self, reference: Sequence[str], hypothesis: Sequence[str]) -> None:
        self.reference, self.hypothesis = reference, hypothesis
        length = len(reference) + len(hypothesis) + 1
        self.substitution = 101 * length
        self.error = self.substitution * length
        words = list(dict.fromkeys(reference)), list(dict.fromkeys(hypothesis))
        self.unlikeness = compare_letters(*words)
        rows = {word: index for index, word in enumerate(words[0])}
        columns = {word: index for index, word in enumerate(words[1])}
        self.said = np.array([rows[word] for word in reference], np.int64)
        self.heard = np.array([columns[word] for word in hypothesis], np.int64)

    def columns(self) -> list[AlignedWord]:
        """The columns of the best alignment."""
        found: list[AlignedWord] = []
        pending = [(0, len(self.reference), 0, len(self.hypothesis))]
        while pending:
            top, bottom, left, right = pending.pop()
            if bottom - top < 2 or (bottom - top + 1) * (right - left + 1) <= CELLS:
                found += self.trace(top, bottom, left, right)
                continue
            middle = (top + bottom) // 2
            before = self.costs(range(top, middle), self.heard[left:right])[-1]
            after = self.costs(range(bottom - 1, middle - 1, -1), self.heard[left:right][::-1])[-1]
            split = left + int(np.argmin(before + after[::-1]))
            pending += [(middle, bottom, split, right), (top, middle, left, split)]
        return found

    def replacing(self, row: int, columns: NDArray[np.int64]) -> NDArray[np.int64]:
        """Costs of putting reference word `row` against the hypothesis words `columns`, [word]."""
        unlikeness = self.unlikeness[self.said[row]][columns].astype(np.int64)
        return np.where(unlikeness < 0, 0, self.error + self.substitution + unlikeness)

    def costs(
        self, rows: range, columns: NDArray[np.int64], *, keep: bool = False
    ) -> NDArray[np.int64]:
        """Lowest cost to each place after each word, [row, column]; the last row alone unless
        `keep`."""
        steps = np.arange(len(columns) + 1, dtype=np.int64) * self.error
        table = np.empty((len(rows) + 1 if keep else 1, len(columns) + 1), np.int64)
        current = table[0] = steps
        for number, row in enumerate(rows, start=1):
            best = current + self.error
            np.minimum(best[1:], current[:-1] + self.replacing(row, columns), out=best[1:])
            # Insertions run along the row: the cheapest start for each place, all at once.
            current = np.minimum.accumulate(best - steps) + steps
            table[number if keep else 0] = current
        return table

    def trace(self, top: int, bottom: int, left: int, right: int) -> list[AlignedWord]:
        """The columns of a part small enough for its whole table."""
        columns = self.heard[left:right]
        table = self.costs(range(top, bottom), columns, keep=True)
        row, column = bottom - top, right - left
        found: list[AlignedWord] = []
        while row or column:
            if row and table[row, column] == table[row - 1, column] + self.error:
                row -= 1
                found.append(AlignedWord(self.reference[top + row], None))
            elif column and table[row, column] == table[row, column - 1] + self.error:
                column -= 1
                found.append(AlignedWord(None, self.hypothesis[left + column]))
            else:
                row, column = row - 1, column - 1
                said, heard = self.reference[top + row], self.hypothesis[left + column]
                found.append(AlignedWord(said, heard))
        return found[::-1]


def compare_letters(rows: list[str], columns: list[str]) -> NDArray[np.int8]:
    """Unlikeness of words, int8 [row, column]: 0 for the same letters in any order, 100 for none
    shared, -1 for the same word.

    It is one minus the Dice coefficient of the bags of letters. With more words than the table is
    allowed, all differences count the same.
    """
    known = {word: column for column, word in enumerate(columns)}
    unlikeness = np.full((len(rows), len(columns)), 100, np.int8)
    bags = np.array([letter_bag(word) for word in columns], np.int16).reshape(-1, LETTER_BINS)
    sizes = bags.sum(axis=1)
    for row, word in enumerate(rows):
        if len(rows) * len(columns) <= SIMILARITY_CELLS:
            bag = letter_bag(word)
            shared = np.minimum(bags, bag).sum(axis=1, dtype=np.int64)
            unlikeness[row] = 100 - 200 * shared // np.maximum(sizes + bag.sum(), 1)
        if word in known:
            unlikeness[row, known[word]] = -1
    return unlikeness


def letter_bag(word: str) -> NDArray[np.int16]:
    """Counts of the letters of `word`, int16 [bin]; `a` to `z` have a bin each."""
    return np.bincount(
        [ord(letter) % LETTER_BINS for letter in word], minlength=LETTER_BINS
    ).astype(np.int16)
