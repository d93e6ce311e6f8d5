"""Listed names, words and phrases: how many were recognised, and what became of the other words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from attune.data.lines import decodable, read_lines
from attune.errors import InputError
from attune.evaluate.alignment import Alignment, Edit, EditCounts
from attune.text import normalize as normalize_text

__all__ = ["Term", "TermScore", "TermScores", "parse_term", "read_terms", "term_scores"]

HEARD_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Term:
    """A word or phrase to look for: `text` as it was given, `words` as both sides have them."""

    text: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TermScore:
    """How often a term was said, how often recognised there, and how often without being said.

    `heard` is what most often stood in its place, with counts, empty for nothing at all.
    """

    term: str
    occurrences: int
    recalled: int
    false_insertions: int
    heard: tuple[tuple[str, int], ...] = ()

    @property
    def missed(self) -> int:
        """Occurrences that were not recognised."""
        return self.occurrences - self.recalled

    @property
    def recall(self) -> float | None:
        """The share of the occurrences that was recognised; None for a term never said."""
        return self.recalled / self.occurrences if self.occurrences else None

    @property
    def precision(self) -> float | None:
        """The share of the times it was recognised that it was said; None if it never was."""
        found = self.recalled + self.false_insertions
        return self.recalled / found if found else None


@dataclass(frozen=True, slots=True)
class TermScores:
    """All terms, in the order of the list, and the word errors on listed and on other words.

    `listed` and `others` add up to the counts of the whole set: a word of the reference counts
    where it belongs, an inserted one with the listed words if it is part of a term recognised.
    """

    terms: tuple[TermScore, ...]
    listed: EditCounts
    others: EditCounts

    @property
    def total(self) -> TermScore:
        """All terms together."""
        return TermScore(
            "",
            sum(item.occurrences for item in self.terms),
            sum(item.recalled for item in self.terms),
            sum(item.false_insertions for item in self.terms),
        )


def read_terms(path: str | Path, normalize: Callable[[str], str] = normalize_text) -> list[Term]:
    """The terms of a UTF-8 file, one a line.

    Empty lines are skipped, and what follows a tab, so that a list of phrases with boosts serves as
    well. Raises InputError naming the file, and the line where one is to blame: it cannot be read,
    is not UTF-8, has no terms, or a term without words.
    """
    found: list[Term] = []
    for number, line in read_lines(Path(path)):
        if not decodable(line):
            raise InputError(f"{path}:{number}: not UTF-8 text: save the file as UTF-8")
        text = line.partition("\t")[0].strip()
        if text:
            found.append(parse_term(text, normalize, f"{path}:{number}"))
    if not found:
        raise InputError(f"{path}: no term in it: write one a line")
    return found


def parse_term(text: str, normalize: Callable[[str], str], where: str) -> Term:
    """The term `text`; InputError, beginning with `where`, when it has no words."""
    words = tuple(normalize(text).split())
    if not words:
        raise InputError(f"{where}: {text!r} has no word that can be said: correct or remove it")
    return Term(text.strip(), words)


def term_scores(
    alignments: Iterable[Alignment],
    terms: Iterable[Term | str],
    normalize: Callable[[str], str] = normalize_text,
) -> TermScores:
    """Score `terms` on alignments of normalised words; terms given as text are normalised first.

    A term is found where its words stand in a row; of terms that overlap, the longest is found,
    then the first. It is recalled where reference and hypothesis have it in the same columns of
    the alignment, so every word right and none between them. Terms whose words are the same count
    as one. Word error on listed and on other words is that of Le et al., "Contextualized streaming
    end-to-end speech recognition with trie-based deep biasing and shallow fusion", Interspeech
    2021. InputError for a term without words.
    """
    listed: dict[tuple[str, ...], Term] = {}
    for item in terms:
        term = parse_term(item, normalize, "terms") if isinstance(item, str) else item
        listed.setdefault(term.words, term)
    by_first = longest_first(listed)
    said: Counter[tuple[str, ...]] = Counter()
    recalled: Counter[tuple[str, ...]] = Counter()
    false: Counter[tuple[str, ...]] = Counter()
    instead: dict[tuple[str, ...], Counter[str]] = {words: Counter() for words in listed}
    on_listed, on_others = EditCounts(), EditCounts()
    for alignment in alignments:
        columns = alignment.columns
        references = find_terms([column.reference for column in columns], by_first)
        hypotheses = find_terms([column.hypothesis for column in columns], by_first)
        covered = [False] * len(columns)
        for places, words in references.items():
            said[words] += 1
            if hypotheses.get(places) == words:
                recalled[words] += 1
            else:
                heard = (columns[place].hypothesis for place in range(places[0], places[-1] + 1))
                instead[words][" ".join(word for word in heard if word is not None)] += 1
            for place in places:
                covered[place] = True
        for places, words in hypotheses.items():
            false[words] += references.get(places) != words
            for place in places:
                covered[place] |= columns[place].edit is Edit.INSERTION
        on_listed += Alignment(
            tuple(c for c, own in zip(columns, covered, strict=True) if own)
        ).counts
        on_others += Alignment(
            tuple(c for c, own in zip(columns, covered, strict=True) if not own)
        ).counts
    return TermScores(
        tuple(
            TermScore(
                term.text, said[words], recalled[words], false[words], most_heard(instead[words])
            )
            for words, term in listed.items()
        ),
        on_listed,
        on_others,
    )


def longest_first(terms: Iterable[tuple[str, ...]]) -> dict[str, list[tuple[str, ...]]]:
    """Terms by their first word, each list from the longest down."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for words in terms:
        found.setdefault(words[0], []).append(words)
    for group in found.values():
        group.sort(key=len, reverse=True)
    return found


def find_terms(
    row: Sequence[str | None], by_first: dict[str, list[tuple[str, ...]]]
) -> dict[tuple[int, ...], tuple[str, ...]]:
    """The terms of one side of an alignment: their columns and their words.

    Columns where this side has nothing are passed over.
    """
    places = [place for place, word in enumerate(row) if word is not None]
    words = [word for word in row if word is not None]
    matches = [
        (start, term)
        for start, word in enumerate(words)
        for term in by_first.get(word, ())
        if tuple(words[start : start + len(term)]) == term
    ]
    matches.sort(key=lambda match: (-len(match[1]), match[0]))
    free = [True] * len(words)
    found: dict[tuple[int, ...], tuple[str, ...]] = {}
    for start, term in matches:
        end = start + len(term)
        if all(free[start:end]):
            free[start:end] = [False] * len(term)
            found[tuple(places[start:end])] = term
    return found


def most_heard(counts: Counter[str]) -> tuple[tuple[str, int], ...]:
    """The first few, most often first, equals in alphabetical order."""
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:HEARD_SHOWN])
