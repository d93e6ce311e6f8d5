"""de-DE normalisation rules for dates, times of day and ordinals."""

from __future__ import annotations

import re

from .german_numbers import cardinal, counting, ordinal, plain_number
from .rules import Rule

__all__ = ["RULES"]

_MONTHS = (
    "Januar|Jänner|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember"
)
_DAY = r"(?:[12]\d|3[01]|0?[1-9])"
_MONTH = r"(?:1[0-2]|0?[1-9])"
_YEAR = r"(?:1\d{3}|20\d\d)"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# The ending of an ordinal follows from the word in front of it, where that settles it.
_WEAK = _words("der die das jeder jede jedes diese eine meine deine seine ihre unsere eure keine")
_DATIVE_OR_GENITIVE = _words(
    "am ans im ins vom zum zur beim dem den des "
    "einem einen einer diesem diesen jedem jeden meinem meinen meiner deinem deinen deiner seinem "
    "seinen seiner ihrem ihren ihrer unserem unseren unserer keinem keinen keiner"
)
_WITH_DATIVE = _words(
    "an auf aus außer bei gegenüber hinter in mit nach neben seit über unter von vor während "
    "wegen zu zwischen"
)
# "ab 1. März": a day of a month, said as if "dem" stood there.
_BEFORE_DATES = _words("ab bis nach seit vor")
_LOOK_BACK = 40


def _ending(match: re.Match[str], *, date: bool) -> str:
    """The ending that the words in front of the match ask for, "" when they do not say."""
    start = match.start()
    before = match.string[max(0, start - _LOOK_BACK) : start]
    if not before.endswith(" "):
        return ""
    *_, earlier, last = ["", "", *before.lower().split()]
    if last in _DATIVE_OR_GENITIVE or (last == "der" and earlier in _WITH_DATIVE):
        return "ten"
    if date and last in _BEFORE_DATES:
        return "ten"
    return "te" if last in _WEAK else ""


def _numeric_date(match: re.Match[str]) -> str:
    ending = _ending(match, date=True)
    if not (ending or match["year"]):
        return match.group()  # "Version 2.10." at the end of a sentence.
    ending = ending or "ter"
    day, month = ordinal(int(match["day"]), ending), ordinal(int(match["month"]), ending)
    return f" {day} {month} {plain_number(match['year']) if match['year'] else ''} "


def _ordinal(match: re.Match[str]) -> str:
    date = match["month"] is not None
    ending = _ending(match, date=date)
    if date:
        ending = ending or "ter"
    elif not ending:
        # "Er wurde 3. Dann": a sentence may end here. A small letter shows that none does, unless
        # the line has no capitals at all.
        if match["small"] is None or match.string.islower():
            return match.group()
        ending = "te"
    spoken = ordinal(int(match["last"]), ending)
    if match["first"]:
        joint = match["joint"].strip().replace("-", "bis")
        spoken = f"{ordinal(int(match['first']), ending)} {joint} {spoken}"
    return f" {spoken} "


def _time(match: re.Match[str]) -> str:
    hour, minute, second = int(match["hour"]), int(match["minute"]), match["second"]
    spoken = f" {counting(cardinal(hour))} uhr "
    if second:
        return f"{spoken}{cardinal(minute)} und {cardinal(int(second))} sekunden "
    if minute == 0:
        return spoken
    # As Custom Speech has it: the word on the page is kept, after the minutes.
    return f"{spoken}{cardinal(minute)} {'uhr ' if match['word'] else ''}"


RULES = (
    Rule(
        "numeric_date",
        re.compile(rf"(?<![\w.-])(?P<year>{_YEAR})-(?P<month>{_MONTH})-(?P<day>{_DAY})(?![\w-])"),
        _numeric_date,
        "-",
    ),
    Rule(
        "numeric_date",
        re.compile(
            rf"(?<![\w.,])(?P<day>{_DAY})\. ?(?P<month>{_MONTH})\."
            rf"(?: ?(?P<year>{_YEAR}|\d\d(?![\d.,:])))?(?!\d)"
        ),
        _numeric_date,
        ".",
    ),
    Rule(
        "time",
        re.compile(
            r"(?<![\d:.,])(?P<hour>[01]?\d|2[0-4]):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?"
            r"(?![\d:])(?P<word> ?uhr\b)?",
            re.IGNORECASE,
        ),
        _time,
        ":",
    ),
    Rule(
        "time",
        re.compile(
            r"(?<![\d:.,])(?P<hour>[01]?\d|2[0-4])\.(?P<minute>[0-5]\d)(?P<second>)"
            r"(?P<word> ?uhr\b)",
            re.IGNORECASE,
        ),
        _time,
        ".",
    ),
    Rule("hour", re.compile(r"(?<![\w.,:])1 ?(?=uhr\b)", re.IGNORECASE), lambda m: " ein ", "1"),
    Rule(
        "ordinal",
        re.compile(
            r"(?<![\w.,:/-])(?:(?P<first>\d{1,3})\.(?P<joint> ?- ?| (?:und|oder|bis) ))?"
            rf"(?P<last>\d{{1,3}})\.(?:(?P<month> ?(?=(?i:{_MONTHS})\b))"
            r"| (?:(?P<small>(?=[a-zäöüß]))|(?=[A-ZÄÖÜ])))"
        ),
        _ordinal,
        ".",
    ),
    Rule(
        "ordinal",
        re.compile(r"(?<![\w.,])(\d{1,3})-?s?(te[mnrs]?)\b"),
        lambda m: f" {ordinal(int(m[1]), m[2])} ",
        "t",
    ),
)
