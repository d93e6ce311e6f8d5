"""Where the errors are: word counts by length of the recording, by noise, by kind of word."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from attune.evaluate.alignment import Alignment, EditCounts
from attune.evaluate.scoring import UtteranceScore
from attune.evaluate.word_classes import (
    WordClass,
    classify_inserted,
    classify_words,
    known_names,
)

__all__ = ["RELIABLE_WORDS", "GroupScore", "by_duration", "by_noise", "by_word_class"]

RELIABLE_WORDS = 200
"""Reference words below which a group's rate says little: a rate of 10 % over 200 words has a 95 %
interval of 4 points to either side, were errors independent (1.96 x sqrt(0.1 x 0.9 / 200)), and
they are less so."""

DURATIONS = (2.0, 5.0, 10.0, 20.0)
"""Bounds of the bands of length, in seconds; a recording on a bound is in the longer band."""

NOISE = (10.0, 20.0, 30.0)
"""Bounds of the bands of signal-to-noise ratio, in dB."""


@dataclass(frozen=True, slots=True)
class GroupScore:
    """A part of a set by itself: its utterances and their duration, or, for a kind of word, those
    that have any, and the counts of its words."""

    name: str
    utterances: int
    seconds: float
    counts: EditCounts

    @property
    def reliable(self) -> bool:
        """Whether there are words enough for the rate to mean something."""
        return self.counts.words >= RELIABLE_WORDS


def by_duration(scores: Sequence[UtteranceScore]) -> tuple[GroupScore, ...]:
    """Scores by length of the recording, shortest first; a duration of 0 counts as unknown."""
    return grouped(scores, [score.seconds or None for score in scores], DURATIONS, "s")


def by_noise(scores: Sequence[UtteranceScore]) -> tuple[GroupScore, ...]:
    """Scores by estimated signal-to-noise ratio, noisiest first; empty when none was measured."""
    ratios = [score.quality.snr if score.quality else None for score in scores]
    return grouped(scores, ratios, NOISE, "dB") if any(score.quality for score in scores) else ()


def by_word_class(
    scores: Sequence[UtteranceScore], vocabulary: Container[str] | None = None
) -> tuple[GroupScore, ...]:
    """Scores by class of word, in the order of `WordClass`; classes without words are left out.

    The counts add up to those of the whole set: an inserted word counts in its own class.
    """
    words = [[c.reference for c in score.alignment if c.reference is not None] for score in scores]
    spellings = [score.spellings for score in scores]
    names = known_names(zip(words, spellings, strict=True))
    counts = {kind: EditCounts() for kind in WordClass}
    utterances = dict.fromkeys(WordClass, 0)
    seconds = dict.fromkeys(WordClass, 0.0)
    for score, said, written in zip(scores, words, spellings, strict=True):
        kinds = iter(classify_words(said, written, names, vocabulary))
        parts: dict[WordClass, list[int]] = {}
        for place, column in enumerate(score.alignment):
            # What was recognised is in the vocabulary, or a phrase put it there.
            kind = (
                classify_inserted(column.hypothesis or "", names)
                if column.reference is None
                else next(kinds)
            )
            parts.setdefault(kind, []).append(place)
        for kind, places in parts.items():
            own = Alignment(tuple(score.alignment.columns[place] for place in places))
            counts[kind] += own.counts
            utterances[kind] += 1
            seconds[kind] += score.seconds
    return tuple(
        GroupScore(kind.value, utterances[kind], seconds[kind], counts[kind])
        for kind in WordClass
        if utterances[kind]
    )


def grouped(
    scores: Sequence[UtteranceScore],
    values: Iterable[float | None],
    bounds: Sequence[float],
    unit: str,
) -> tuple[GroupScore, ...]:
    """Scores by the band that their value falls into, unknown ones last; empty bands left out."""
    names = band_names(bounds, unit)
    members: list[list[UtteranceScore]] = [[] for _ in names]
    for score, value in zip(scores, values, strict=True):
        place = len(bounds) + 1 if value is None else sum(value >= bound for bound in bounds)
        members[place].append(score)
    return tuple(
        GroupScore(
            name,
            len(group),
            sum(score.seconds for score in group),
            sum((score.counts for score in group), EditCounts()),
        )
        for name, group in zip(names, members, strict=True)
        if group
    )


def band_names(bounds: Sequence[float], unit: str) -> list[str]:
    """`under 2 s`, `2 to 5 s`, …, `20 s or more`, `unknown`."""
    between = [f"{low:g} to {high:g} {unit}" for low, high in pairwise(bounds)]
    return [f"under {bounds[0]:g} {unit}", *between, f"{bounds[-1]:g} {unit} or more", "unknown"]
