"""en-US normalisation rules for abbreviations, acronyms and Roman numerals.

They read letter case and full stops, so they run before either is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from .english_numbers import cardinal, ordinal
from .english_tables import (
    BEFORE_NUMBER,
    DIRECTIONS,
    INITIALISMS,
    LETTERS_IN_CAPITALS,
    MONTH_ABBREVIATIONS,
    REGNAL_NAMES,
    ROMAN,
    SAINTS,
    STREETS,
    SUFFIXES,
    TITLES,
    WORDS,
)
from .rules import Rule

__all__ = ["CUES", "RULES", "SPOKEN_WORDS"]


def _letters(word: str) -> str:
    """ "dvd" -> "d v d", "dvds" -> "d v d's": the plural stays one pronounceable letter word."""
    if word[-1] == "s" and word[:-1] in INITIALISMS:
        return f"{' '.join(word[:-1])}'s"
    return " ".join(word)


SPOKEN_WORDS = {**WORDS, **{word: _letters(word) for word in INITIALISMS}}

_PROPER = r"(?:[A-Z][a-z][\w']*|\d+(?:st|nd|rd|th))"


def _any_case(table: Mapping[str, str]) -> str:
    keys = sorted(table, key=len, reverse=True)
    return "|".join(f"{key[0].upper()}{key[1:]}" for key in keys)


def _table(name: str, pattern: str, table: Mapping[str, str], needs: str = "") -> Rule:
    """A rule that replaces group 1 of `pattern` by its entry in `table` (lower-case keys)."""
    return Rule(name, re.compile(pattern), lambda m: f" {table[m[1].lower()]} ", needs)


def _saint(match: re.Match[str]) -> str:
    after = match["after"].lower().removesuffix("'s")
    if after in SAINTS or not match["before"]:
        return f"{match['before'] or ''}saint "
    return f"{match['before']}street "


def _roman(match: re.Match[str]) -> str:
    name, value = match["name"], ROMAN[match["numeral"]]
    if name.lower() in REGNAL_NAMES:
        return f"{name} the {ordinal(value)}"
    if len(match["numeral"]) == 1:
        return match.group()
    return f"{name} {cardinal(value)}"


def _capitals(match: re.Match[str]) -> str:
    # In a line of capitals "US" may be "us".
    return match.group() if match.string.isupper() else f" {' '.join(match[1])} "


RULES = (
    Rule(
        "meridiem",
        re.compile(r"(?<![A-Za-z.])([AaPp])\.\s?[Mm]\b\.?(?!\.?[A-Za-z])"),
        lambda m: f" {m[1].lower()}m ",
        ".",
    ),
    Rule("okay", re.compile(r"\b[Oo]\.\s?[Kk]\b\.?"), lambda m: " okay ", "."),
    Rule("c_plus_plus", re.compile(r"\bC\+\+(?!\w)"), lambda m: " c plus plus ", "+"),
    Rule("sharp", re.compile(r"\b([A-G])#(?!\w)"), lambda m: f" {m[1]} sharp ", "#"),
    Rule(
        "direction",
        re.compile(rf"(?<=\d )(NE|NW|SE|SW|N|S|E|W)\b\.?(?= {_PROPER})"),
        lambda m: DIRECTIONS[m[1]],
        "0123456789",
    ),
    Rule(
        "saint_or_street",
        re.compile(rf"(?P<before>\b{_PROPER} )?\bSt\b\.?\s+(?P<after>(?=[A-Z])[A-Za-z][\w']*)"),
        lambda m: _saint(m) + m["after"],
        "S",
    ),
    Rule(
        "saint",
        re.compile(rf"\b[Ss]t\b\.?(?= (?:{'|'.join(sorted(SAINTS))})\b)"),
        lambda m: "saint",
        "s",
    ),
    Rule("in_address", re.compile(
            rf"(?<=\w )(?:(?<=st )|(?<=nd )|(?<=rd )|(?<=th )|(?<=[a-z] ))"
            rf"(Ave|Rd|Ln|Sq|Ct|St)\b\.?"
        ),
        lambda m: STREETS[m[1].lower()],
        "ARLSC",
    ),
    Rule(
        "drive",
        re.compile(rf"((?:\d+(?:st|nd|rd|th)|\d [A-Z][a-z]+) )[Dd]r\b\.?"),
        lambda m: f"{m[1]}drive",
        "0123456789",
    ),
    Rule("street", re.compile(r"\b[Ss]t\b\.?"), lambda m: "street", "sS"),
    _table("title", rf"\b({_any_case(TITLES)})\b\.(?= ?[A-Z])", TITLES, "."),
    _table("suffix", rf"(?<=[A-Za-z,&] )({_any_case(SUFFIXES)})\.(?!\w)", SUFFIXES, "."),
    Rule(
        "before_number",
        re.compile(rf"\b({'|'.join(BEFORE_NUMBER)})\. ?(?=\d)", re.IGNORECASE),
        lambda m: f" {BEFORE_NUMBER[m[1].lower()]} ",
        ".",
    ),
    Rule(
        "month",
        re.compile(
            rf"\b({_any_case(MONTH_ABBREVIATIONS)})\b\.?(?=,? ?\d)"
            rf"|(?<=\d )({_any_case(MONTH_ABBREVIATIONS)})\b\.?"
            rf"|(?<=\d(?:st|nd|rd|th) )({_any_case(MONTH_ABBREVIATIONS)})\b\.?"
        ),
        lambda m: MONTH_ABBREVIATIONS[(m[1] or m[2] or m[3]).lower()] + " ",
        "0123456789",
    ),
    Rule(
        "roman",
        re.compile(rf"\b(?P<name>[A-Z][a-z]+) (?P<numeral>{'|'.join(sorted(ROMAN, key=len, reverse=True))})\b(?!\.\w|')"),
        _roman,
        "IVX",
    ),
    Rule(
        "letters",
        re.compile(rf"\b({'|'.join(sorted(LETTERS_IN_CAPITALS))})\b(?!')"),
        _capitals,
    ),
)

CUES = (
    frozenset({"am", "m", "k", "st", "dr"})
    | frozenset(TITLES)
    | frozenset(SUFFIXES)
    | frozenset(STREETS)
    | frozenset(SPOKEN_WORDS)
    | frozenset(word.lower() for word in LETTERS_IN_CAPITALS)
    | frozenset(numeral.lower() for numeral in ROMAN)
)
"""Lower-case words without which no rule here can change a line that has no digit or symbol."""
