"""en-US normalisation rules for telephone numbers, dates and times of day."""

from __future__ import annotations

import re

from .english_numbers import cardinal, digits, ordinal, pair, plural, year
from .english_tables import MONTHS
from .rules import Rule

__all__ = ["RULES"]

# Lower-case "may" and "march" are usually verbs, unless a number follows.
_MONTH = (
    rf"(?:{'|'.join(month.capitalize() for month in MONTHS)}"
    rf"|{'|'.join(month for month in MONTHS if month not in ('may', 'march'))})"
)
_LEADING_MONTH = rf"(?:{_MONTH}|may|march)"
_DAY = r"(?:[12]\d|3[01]|0?[1-9])"
_YEAR = r"(?:1\d{3}|20\d\d)"
_TH = r"(?:st|nd|rd|th)"
_MERIDIEM = r"(?:[ap]\.?m\b\.?|[AP]M\b|[AP]m\b)"


def _spoken_year(text: str) -> str:
    return year(int(text)) if len(text) == 4 else pair(text).replace("hundred", "oh oh")


def _date(month: str, day: str, year_text: str | None) -> str:
    tail = f" {_spoken_year(year_text)}" if year_text else ""
    return f" {MONTHS[int(month) - 1]} {ordinal(int(day))}{tail} "


def _month_day(match: re.Match[str]) -> str:
    the, until = match["the"] or "", match["until"]
    spoken = f" {match['month'].lower()} {the}{ordinal(int(match['day']))} "
    if until:
        spoken += f"to {ordinal(int(until))} "
    if match["year"]:
        spoken += f"{_spoken_year(match['year'])} "
    return spoken


def _day_month(match: re.Match[str]) -> str:
    the = match["the"] or "the "
    spoken = f" {the}{ordinal(int(match['day']))} of {match['month'].lower()} "
    if match["year"]:
        spoken += f"{_spoken_year(match['year'])} "
    return spoken


def _clock(hour: str, minute: str | None, *, meridiem: bool) -> str:
    value = int(hour)
    if not minute or (minute == "00" and meridiem):
        return cardinal(value)
    if minute == "00":
        return f"{cardinal(value)} {'o' + chr(39) + 'clock' if 1 <= value <= 12 else 'hundred'}"
    return f"{cardinal(value)} {pair(minute)}"


def _time(match: re.Match[str]) -> str:
    meridiem = match["meridiem"]
    if match["second"]:
        spoken = f"{cardinal(int(match['hour']))} {pair(match['minute'])} {pair(match['second'])}"
    else:
        spoken = _clock(match["hour"], match["minute"], meridiem=bool(meridiem))
    return f" {spoken} {meridiem[0].lower()}m " if meridiem else f" {spoken} "


def _time_range(match: re.Match[str]) -> str:
    start = _clock(match["h1"], match["m1"], meridiem=True)
    end = _clock(match["h2"], match["m2"], meridiem=True)
    return f" {start} to {end} {match['meridiem'][0].lower()}m "


def _decade(match: re.Match[str]) -> str:
    value = int(match[1])
    return f" {plural(year(value) if value % 1000 else cardinal(value))} "


RULES = (
    Rule(
        "toll_free",
        re.compile(r"(?<![\w-])1-800-"),
        lambda m: " one eight hundred ",
        "-",
    ),
    Rule(
        "phone",
        re.compile(
            r"(?<!\w)(?:\+?1[-. ])?(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}(?![\w-])"
            r"|(?<![\w-])\d{3}-\d{4}(?![\w-])"
        ),
        lambda m: f" {digits(m.group())} ",
        "-. ",
    ),
    Rule(
        "phone",
        re.compile(r"(?<![\w-])0\d{2,4} \d{5,8}(?![\w-])"),
        lambda m: f" {digits(m.group())} ",
        "0",
    ),
    Rule(
        "iso_date",
        re.compile(r"\b(1\d{3}|20\d\d)-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])\b"),
        lambda m: _date(m[2], m[3], m[1]),
        "-",
    ),
    Rule(
        "slash_date",
        re.compile(
            r"(?<![\d/.-])(0?[1-9]|1[0-2])([/.-])(0?[1-9]|[12]\d|3[01])\2(\d{4}|\d\d)(?![/.-]?\d)"
        ),
        lambda m: _date(m[1], m[3], m[4]),
        "/-.",
    ),
    Rule(
        "slash_date",
        re.compile(
            r"(?<=\b[Oo]n )(0?[1-9]|1[0-2])/(0?[1-9]|[12]\d|3[01])(?![/\d])",
        ),
        lambda m: _date(m[1], m[2], None),
        "/",
    ),
    Rule(
        "digit_groups",
        re.compile(r"(?<![\w-])\d+(?:-\d+){2,}(?![\w-])"),
        lambda m: f" {digits(m.group())} ",
        "-",
    ),
    Rule(
        "date",
        re.compile(
            rf"\b(?P<month>{_LEADING_MONTH}) (?P<the>the )?(?P<day>{_DAY}){_TH}?\b"
            rf"(?! ?[:/%]|[,.]\d)(?: ?- ?(?P<until>{_DAY}){_TH}?\b(?![:/%]|[,.]\d))?"
            rf"(?: ?,? ?(?P<year>{_YEAR})\b(?![,:-]\d))?"
        ),
        _month_day,
    ),
    Rule(
        "date",
        re.compile(
            rf"\b(?P<the>[Tt]he )?(?<![\d,.:/$£€-])(?P<day>{_DAY}){_TH}?(?: day)?(?: of)?"
            rf" (?P<month>{_MONTH})\b(?:,? (?P<year>{_YEAR})\b(?![,:]\d))?"
        ),
        _day_month,
    ),
    Rule(
        "time_range",
        re.compile(
            r"(?<![\d:])(?P<h1>\d{1,2})(?::(?P<m1>[0-5]\d))? ?- ?"
            rf"(?P<h2>\d{{1,2}})(?::(?P<m2>[0-5]\d))? ?(?P<meridiem>{_MERIDIEM})"
        ),
        _time_range,
        "-",
    ),
    Rule("time_range", re.compile(r"(?<=\d:\d\d) ?- ?(?=\d{1,2}:\d\d)"), lambda m: " to ", "-"),
    Rule(
        "time",
        re.compile(
            r"(?<![\d:.,])(?P<hour>[01]?\d|2[0-4]):(?P<minute>[0-5]\d)"
            rf"(?::(?P<second>[0-5]\d))?(?![\d:])(?: ?(?P<meridiem>{_MERIDIEM}))?"
        ),
        _time,
        ":",
    ),
    Rule(
        "time",
        re.compile(
            rf"\b(?P<hour>1[0-2]|0?[1-9])(?:\.(?P<minute>[0-5]\d)(?P<second>))? ?"
            rf"(?P<meridiem>{_MERIDIEM})"
        ),
        _time,
        "mM",
    ),
    Rule(
        "year",
        re.compile(r"\b([Ii]n|[Yy]ear|[Ss]ince|[Bb]efore|[Aa]fter|[Ff]rom) (10\d\d)\b(?![,.:%]\d)"),
        lambda m: f"{m[1]} {year(int(m[2]))} ",
        "1",
    ),
    Rule(
        "year",
        re.compile(r"\b(\d)(\d\d)(?= (?:B\.? ?C|A\.? ?D)\b)"),
        lambda m: f" {cardinal(int(m[1]))} {pair(m[2])} ",
        "BA",
    ),
    Rule(
        "decade",
        re.compile(r"(?<![\d.,$£€])'?(\d{3}0|[1-9]0)'?s\b"),
        _decade,
        "s",
    ),
)
