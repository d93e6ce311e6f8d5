"""What to know of a phrase before a keyword is made of it: how long it is, how often it is said by
chance, what sounds like it, and how else it may be read.

The advice is that of keyword spotting everywhere: four to seven syllables, at most two seconds, no
word of everyday talk, one way to say it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from typing import Any

from attune.errors import InputError
from attune.keyword.guidance.findings import Finding
from attune.keyword.guidance.language_facts import LanguageFacts
from attune.keyword.guidance.neighbours import Neighbour
from attune.keyword.guidance.phone_distance import phone_distance, pronunciation_distance
from attune.keyword.guidance.pronunciations import (
    PhrasePronunciation,
    chosen_pronunciations,
    marked_pronunciations,
    phrase_pronunciations,
)
from attune.keyword.guidance.writing import read_writing
from attune.lexicon import VOWELS

__all__ = ["Advice", "advise", "advise_together", "require_usable"]

_SECONDS_A_PHONE, _SECONDS_MORE = 0.082, 0.05  # what four synthesised voices take, to 0.07 s
_FEW_SYLLABLES, _GOOD_SYLLABLES, _MOST_SYLLABLES = 2, 4, 12
_MANY_SYLLABLES = 7
_LONG_SECONDS = 2.0
_MANY_PRONUNCIATIONS = 4

# Distances per phone: what a spotter takes for the phrase now and then, and what it takes for it
# seldom; and how often an hour of speech such things may be said.
_ALIKE, _SIMILAR, _SHOWN = 0.1, 0.15, 0.25
_ALIKE_PER_HOUR, _SIMILAR_PER_HOUR = 0.1, 1.0
_COMMON_PER_HOUR = 0.1
_NEIGHBOURS = 8
_SEARCHED = 3  # pronunciations whose neighbours are looked for

_SAME_SOUND = 0.12  # two keywords this near are mistaken for each other
_OTHER_VOWEL = 0.35  # two readings of a word with such a difference are two ways to say it

# Ways of writing that do not matter to somebody who writes the sounds.
_HOW_IT_IS_READ = frozenset({"script", "digits", "initials", "symbols", "abbreviation", "capitals"})


@dataclass(frozen=True)
class Advice:
    """What is known of a phrase; numbers are 0 and lists empty when it cannot be read.

    `phrase` as it was typed, `words` as read; `syllables` and `seconds` (at an ordinary pace) of
    the first pronunciation taken; `per_hour`: how often the words themselves are said in an hour of
    speech; `alike_per_hour`: how often something is said that sounds much like them;
    `pronunciations`: all that are known, with those taken marked as chosen; `neighbours`: what
    sounds nearest.
    """

    phrase: str
    words: tuple[str, ...]
    syllables: int
    seconds: float
    per_hour: float
    alike_per_hour: float
    pronunciations: tuple[PhrasePronunciation, ...]
    neighbours: tuple[Neighbour, ...]
    findings: tuple[Finding, ...]

    @property
    def text(self) -> str:
        """The phrase as a keyword's name: its words, or as it was typed when none can be read."""
        return " ".join(self.words) or self.phrase.strip()

    @property
    def usable(self) -> bool:
        """Whether a keyword can be made of the phrase."""
        return not any(finding.severity == "error" for finding in self.findings)

    @property
    def chosen(self) -> tuple[PhrasePronunciation, ...]:
        """The pronunciations that are taken."""
        return tuple(each for each in self.pronunciations if each.chosen)

    def to_json(self) -> dict[str, Any]:
        """For `--json`: the fields by their names, rates and seconds rounded."""
        return {
            "phrase": self.phrase,
            "words": list(self.words),
            "usable": self.usable,
            "syllables": self.syllables,
            "seconds": round(self.seconds, 2),
            "per_hour": _rounded(self.per_hour),
            "alike_per_hour": _rounded(self.alike_per_hour),
            "pronunciations": [each.to_json() for each in self.pronunciations],
            "neighbours": [
                {
                    **asdict(each),
                    "phones": " ".join(each.phones),
                    "per_hour": _rounded(each.per_hour),
                }
                for each in self.neighbours
            ],
            "findings": [finding.to_json() for finding in self.findings],
        }


def advise(phrase: str, facts: LanguageFacts, pronunciations: Sequence[str] = ()) -> Advice:
    """Judge a phrase as somebody typed it; nothing is raised for a bad one: its findings tell.

    `pronunciations`: ids or phones, as `chosen_pronunciations` takes them, in place of the
    likeliest; when all are phones, the phrase may be written in any way. Raises InputError for a
    pronunciation that is neither.
    """
    written = read_writing(phrase)
    findings, words = list(written.findings), written.words
    typed = bool(pronunciations) and not any(each.strip().isdigit() for each in pronunciations)
    if typed:
        findings = [
            replace(each, severity="note", suggestion="") if each.code in _HOW_IT_IS_READ else each
            for each in findings
        ]
    refused = any(each.severity == "error" for each in findings)
    if refused or not (words or typed):
        return Advice(phrase, (), 0, 0.0, 0.0, 0.0, (), (), tuple(findings))
    found = phrase_pronunciations(words, facts) if words else ()
    taken = chosen_pronunciations(found, pronunciations)
    every = marked_pronunciations(found, taken)
    around = facts.phrases.around([each.phones for each in taken[:_SEARCHED]])
    own = facts.frequency.phrase(words)
    alike = max(0.0, around.per_hour(_ALIKE) - own)
    neighbours = tuple(around.nearest(_NEIGHBOURS, _SHOWN, but=" ".join(words)))
    syllables = sum(phone in VOWELS for phone in taken[0].phones)
    seconds = _SECONDS_MORE + _SECONDS_A_PHONE * len(taken[0].phones)
    findings += _about_length(syllables, seconds)
    findings += _about_frequency(" ".join(words), own)
    findings += _about_neighbours(alike, max(0.0, around.per_hour(_SIMILAR) - own), neighbours)
    if not typed:
        findings += _about_readings(words, facts)
    if len(taken) > _MANY_PRONUNCIATIONS:
        findings.append(
            Finding(
                "many pronunciations",
                "warning",
                f"{len(taken)} pronunciations are taken, and each lets more other speech through",
                "keep those that your speakers use",
            )
        )
    return Advice(phrase, words, syllables, seconds, own, alike, every, neighbours, tuple(findings))


def advise_together(advices: Sequence[Advice]) -> tuple[Finding, ...]:
    """What is to be said of usable phrases that one bundle shall hold together.

    Two that sound alike are refused; of one that is heard within another you are warned.
    """
    found: list[Finding] = []
    for one, other in combinations(advices, 2):
        pairs = [(a.phones, b.phones) for a in one.chosen for b in other.chosen]
        if one.text == other.text:
            found.append(Finding("twice", "error", f"{one.text!r} is given twice", "give it once"))
        elif min((pronunciation_distance(a, b) for a, b in pairs), default=1.0) <= _SAME_SOUND:
            found.append(
                Finding(
                    "sound alike",
                    "error",
                    f"{one.text!r} and {other.text!r} sound alike, so that one would be taken for "
                    "the other",
                    "change one of them, or make a bundle of each and use one at a time",
                )
            )
        elif any(_contains(a, b) or _contains(b, a) for a, b in pairs):
            short, long = sorted((one, other), key=lambda each: len(each.chosen[0].phones))
            found.append(
                Finding(
                    "within",
                    "warning",
                    f"{short.text!r} is heard whenever somebody says {long.text!r}",
                    "take phrases of which none is a part of another",
                )
            )
    return tuple(found)


def require_usable(findings: Sequence[Finding]) -> None:
    """Raise InputError with the first error among the findings, if there is one."""
    for finding in findings:
        if finding.severity == "error":
            raise InputError(str(finding))


def _about_length(syllables: int, seconds: float) -> Iterator[Finding]:
    if syllables > _MOST_SYLLABLES:
        yield Finding(
            "long",
            "error",
            f"the phrase has {syllables} syllables, more than {_MOST_SYLLABLES}",
            "take one of four to seven",
        )
    elif syllables > _MANY_SYLLABLES or seconds > _LONG_SECONDS:
        yield Finding(
            "long",
            "warning",
            f"the phrase is long ({syllables} syllables, about {seconds:.1f} s), and people will "
            "say it in many ways",
            "take one of four to seven syllables that is said in less than two seconds",
        )
    elif syllables <= _FEW_SYLLABLES:
        count = f"{syllables} syllable" + ("s" if syllables != 1 else "")
        yield Finding(
            "short",
            "warning",
            f"the phrase has only {count}, so that much of what people say comes near it",
            "take one of four to seven syllables: put a word such as hey or okay before it",
        )
    elif syllables < _GOOD_SYLLABLES:
        yield Finding(
            "short",
            "note",
            f"the phrase has {syllables} syllables; those of four to seven are found more surely",
        )


def _about_frequency(text: str, per_hour: float) -> Iterator[Finding]:
    if per_hour >= _COMMON_PER_HOUR:
        yield Finding(
            "common",
            "warning",
            f"{text!r} is said {_often(per_hour)} of ordinary speech, and each time is taken for "
            "the keyword",
            "take a made-up or unusual word, or put a word such as hey before it",
        )


def _about_neighbours(
    alike: float, similar: float, neighbours: Sequence[Neighbour]
) -> Iterator[Finding]:
    nearest = ", ".join(repr(each.text) for each in neighbours[:3])
    if alike >= _ALIKE_PER_HOUR and nearest:
        yield Finding(
            "confusable",
            "warning",
            f"people say what sounds like the phrase {_often(alike)} of speech ({nearest})",
            "take a phrase with a longer or more unusual sound",
        )
    elif similar >= _SIMILAR_PER_HOUR and nearest:
        yield Finding(
            "similar",
            "note",
            f"people say what sounds somewhat like the phrase {_often(similar)} of speech "
            f"({nearest})",
        )


def _about_readings(words: Sequence[str], facts: LanguageFacts) -> Iterator[Finding]:
    for word in dict.fromkeys(words):
        listed = facts.lexicon.pronunciations(word)
        if not listed:
            yield Finding(
                "unlisted",
                "note",
                f"{word!r} is not in the lexicon; how it is said was worked out from its letters",
                "listen to the pronunciations with attune keyword say",
            )
        for reading in listed[1:]:
            if _differ(listed[0].phones, reading.phones):
                yield Finding(
                    "several readings",
                    "warning",
                    f"{word!r} is said in more than one way ({listed[0]} or {reading})",
                    "choose the pronunciation that you mean, or another word",
                )
                break


def _differ(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two readings of a word are two ways to say it, not one said more or less clearly."""
    if len(one) != len(other):
        return False
    apart = [(a, b) for a, b in zip(one, other, strict=True) if a != b]
    weak = {"AH", "ER"}
    full = [(a, b) for a, b in apart if not weak & {a, b} and {a, b} != {"AA", "AO"}]
    return any(phone_distance(a, b) >= _OTHER_VOWEL for a, b in full if a in VOWELS)


def _contains(long: Sequence[str], short: Sequence[str]) -> bool:
    size = len(short)
    parts = (long[begin : begin + size] for begin in range(len(long) - size + 1))
    return any(pronunciation_distance(part, short) <= _ALIKE for part in parts)


def _often(per_hour: float) -> str:
    """A rate in words that complete `... of speech`: `3 times in an hour`."""
    if per_hour >= 1.5:
        return f"about {per_hour:.0f} times in an hour"
    if per_hour >= 0.75:
        return "about once in an hour"
    return f"about once in {1 / per_hour:.0f} hours"


def _rounded(rate: float) -> float:
    return float(f"{rate:.3g}")
