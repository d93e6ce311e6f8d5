"""Phrases of the `attune keyword` commands, their options, and what is known of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from attune.errors import InputError

if TYPE_CHECKING:
    from attune.keyword.guidance import Advice, Finding, LanguageFacts

__all__ = [
    "FactsOption",
    "PhrasesArgument",
    "PronunciationOption",
    "SensitivityOption",
    "advice_lines",
    "advise_phrases",
    "length_of",
    "split_pronunciations",
]

PhrasesArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="PHRASE...",
        help="The phrases, each in quotation marks when it has several words.",
        show_default=False,
    ),
]
PronunciationOption = Annotated[
    list[str] | None,
    typer.Option(
        "--pronunciation",
        "-p",
        metavar="ID|PHONES",
        help="Take this pronunciation: its number in --list-pronunciations, or phones such as "
        "'HH EY | AE T L AH S'. May be repeated; with several phrases write 'PHRASE=…'. Default: "
        "the likeliest, and others as usual that really differ.",
        show_default=False,
    ),
]
FactsOption = Annotated[
    Path | None,
    typer.Option(
        "--model",
        "-m",
        metavar="BUNDLE",
        help="The recogniser whose lexicon and language model are asked about phrases. Default: "
        "the en-US bundle that comes with Attune.",
        show_default=False,
    ),
]


def _checked(sensitivity: float | None) -> float | None:
    """The value of --sensitivity; InputError outside 0 to 1, of which NaN is too."""
    if sensitivity is not None and not 0.0 <= sensitivity <= 1.0:
        raise InputError(f"--sensitivity {sensitivity}: give a number from 0 (strict) to 1")
    return sensitivity


SensitivityOption = Annotated[
    float | None,
    typer.Option(
        "--sensitivity",
        "-s",
        callback=_checked,
        metavar="0-1",
        help="How readily a keyword is taken for heard: 0 is 0.05 false accepts in an hour of "
        "speech, 0.5 is 0.5, 1 is 5. Default: the bundle's, which is 0.5 unless it was created "
        "with another.",
        show_default=False,
    ),
]

_MARKS = {True: "*", False: " "}


def advise_phrases(
    phrases: Sequence[str], pronunciations: Sequence[str] | None, facts: LanguageFacts
) -> tuple[list[Advice], tuple[Finding, ...]]:
    """What is known of each phrase, and of all together.

    Raises InputError for pronunciations that cannot be used or belong to no phrase.
    """
    from attune.keyword.guidance import advise, advise_together

    wanted = split_pronunciations(phrases, pronunciations)
    advices = [advise(phrase, facts, wanted[phrase]) for phrase in phrases]
    return advices, advise_together([advice for advice in advices if advice.usable])


def split_pronunciations(
    phrases: Sequence[str], pronunciations: Sequence[str] | None
) -> Mapping[str, list[str]]:
    """The pronunciations wanted of each phrase; with several phrases, `PHRASE=` says of which.

    Raises InputError for one that belongs to no phrase.
    """
    wanted: dict[str, list[str]] = {phrase: [] for phrase in phrases}
    for each in pronunciations or ():
        phrase, equals, said = each.partition("=")
        if not equals and len(wanted) == 1:
            phrase, said = phrases[0], each
        elif phrase.strip() in wanted:
            phrase = phrase.strip()
        else:
            raise InputError(
                f"--pronunciation {each!r} belongs to none of the phrases: write "
                f"{phrases[0] + '=' + (said or each).strip()!r}"
            )
        wanted[phrase].append(said)
    return wanted


def advice_lines(advice: Advice) -> Iterator[str]:
    """What is known of a phrase, for people."""
    yield f"{advice.text or repr(advice.phrase)}"
    if advice.pronunciations:
        yield f"  {length_of(advice)}"
        yield "  pronunciations (* are taken unless you choose with --pronunciation):"
    for each in advice.pronunciations:
        yield f"  {_MARKS[each.chosen]} {each.id:>2}  {each}   {each.weight:.2f}, {each.source}"
    if advice.neighbours:
        yield "  what sounds nearest (0 is the same), and how often it is said:"
    for near in advice.neighbours:
        yield f"    {near.distance:.2f}  {near.text}   {_rate(near.per_hour)}"
    for finding in advice.findings:
        yield f"  {finding.severity}: {finding}"


def length_of(advice: Advice) -> str:
    """How long a phrase is."""
    syllables = f"{advice.syllables} syllable{'s' if advice.syllables != 1 else ''}"
    return f"{syllables}, about {advice.seconds:.1f} s"


def _rate(per_hour: float) -> str:
    if per_hour >= 1:
        return f"{per_hour:.0f} in 1 h"
    return f"1 in {1 / per_hour:.0f} h"
