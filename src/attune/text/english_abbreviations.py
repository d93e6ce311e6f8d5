"""en-US normalisation rules for abbreviations, acronyms, addresses on the net and Roman numerals.

They read letter case and full stops, so they run before either is dropped. None pads its output:
the rules for numbers that follow expect single spaces.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from .english_numbers import cardinal, digits, ordinal
from .english_tables import (
    BEFORE_NUMBER,
    DIRECTIONS,
    INITIALISMS,
    LETTERS_IN_CAPITALS,
    MONTH_ABBREVIATIONS,
    NUMBERED_PARTS,
    REGNAL_NAMES,
    ROMAN,
    SAINTS,
    STATES,
    STREETS,
    SUFFIXES,
    TITLES,
    TOP_LEVEL_DOMAINS,
    WEEKDAY_ABBREVIATIONS,
    WORDS,
)
from .rules import Rule

__all__ = ["CUES", "RULES", "SPOKEN_WORDS"]


def _letters(word: str) -> str:
    """ "dvd" -> "d v d", "dvds" -> "d v d's": the plural stays one pronounceable letter word."""
    if word[-1] == "s" and word[:-1] in INITIALISMS:
        return f"{' '.join(word[:-1])}'s"
    return " ".join(word)


SPOKEN_WORDS = {
    **WORDS,
    **{word: _letters(word) for word in INITIALISMS},
    **{f"{word}'s": f"{' '.join(word)}'s" for word in INITIALISMS},
    # What the rules below could not see, because a digit or a sign touched it ("$5st").
    "st": "street",
}


def _any(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=lambda w: (-len(w), w)))


def _capitalized(words: Iterable[str]) -> str:
    return _any(word[:1].upper() + word[1:] for word in words)


# The start of a word; what follows an apostrophe inside a word is none ("O'Rev").
_START = r"(?<!\w)(?<!\w')"
_PROPER = r"(?:[A-Z][a-z][\w']*|\d+(?:st|nd|rd|th))"
_MONTH = rf"(?:{_capitalized(MONTH_ABBREVIATIONS)}|{_any(MONTH_ABBREVIATIONS)})"
_SIGNS = {".": " dot ", "@": " at ", "/": " slash ", "-": " dash ", "_": " underscore ", ":": " "}


def _net_address(match: re.Match[str]) -> str:
    spoken = re.sub(r"^https?://", "", match.group()).rstrip("/.")
    return "".join(_SIGNS.get(character, character) for character in spoken)


def _saint_or_street(match: re.Match[str]) -> str:
    before, after = match["before"] or "", match["after"]
    street = before[:1].isdigit() or match["number"]
    if street and after.lower().removesuffix("'s") not in SAINTS:
        return f"{match['number'] or ''}{before}street {after}"
    return f"{match['number'] or ''}{before}saint {after}"


def _roman(match: re.Match[str]) -> str:
    name, numeral = match["name"], match["numeral"]
    if name.lower() in REGNAL_NAMES and numeral != "I":
        return f"{name} the {ordinal(ROMAN[numeral])}"
    part = name.lower() in NUMBERED_PARTS and (numeral != "I" or match["ends"] is not None)
    if len(numeral) > 1 or part:
        return f"{name} {cardinal(ROMAN[numeral])}"
    return match.group()


def _capitals(match: re.Match[str]) -> str:
    # In a line of capitals "US" may be "us".
    return match.group() if match.string.isupper() else " ".join(match.group())


# A and B with a sign are also grades: they need a word that says blood.
_BLOOD = r"(?P<group>AB|O|(?<=\b[Tt]ype )[AB]|[AB](?=[+-] (?:blood|donors?)\b))"


def _blood_group(match: re.Match[str]) -> str:
    sign = "positive" if match.group().endswith("+") else "negative"
    return f"{' '.join(match['group'])} {sign}"


RULES = (
    Rule(
        "net_address",
        re.compile(
            r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,8}\b"
            r"|\bhttps?://[\w./:-]+|\bwww\.[\w./-]+"
            rf"|\b[A-Za-z0-9][\w-]{{0,63}}(?:\.[a-z0-9-]{{1,64}}){{0,4}}\.(?:{_any(TOP_LEVEL_DOMAINS)})\b"
            r"(?:/[\w./-]*)?(?!\.?\w)"
        ),
        _net_address,
        ".",
    ),
    Rule(
        "letter_and_letter",
        re.compile(r"\b([A-Z]{1,3})&([A-Z]{1,3})\b"),
        lambda m: f"{' '.join(m[1])} and {' '.join(m[2])}",
        "&",
    ),
    Rule("et_cetera", re.compile(r"&c\b\.?"), lambda m: " et cetera", "&"),
    Rule("dollar_letter", re.compile(r"(?<=[A-Za-z])\$(?=[A-Za-z])"), lambda m: "s", "$"),
    Rule("blood_group", re.compile(rf"\b{_BLOOD}\+(?![\w+])"), _blood_group, "+"),
    Rule("blood_group", re.compile(rf"\b{_BLOOD}-(?![\w-])"), _blood_group, "-"),
    # "A- and B-levels" is no grade. "A+" needs no rule: a plus behind a letter is said.
    Rule(
        "grade",
        re.compile(r"\b([A-D])-(?![\w-]| (?:and|or|to)\b)"),
        lambda m: f"{m[1]} minus",
        "-",
    ),
    Rule("plus_plus", re.compile(r"\b([A-Z])\+\+(?!\w)"), lambda m: f"{m[1]} plus plus", "+"),
    Rule("sharp", re.compile(r"\b([A-G])#(?!\w)"), lambda m: f"{m[1]} sharp", "#"),
    Rule(
        "with",
        re.compile(r"\bw/(o\b)?"),
        lambda m: "without" if m[1] else "with ",
        "/",
    ),
    Rule("email", re.compile(r"\b[Ee][ -]mail(?=s?\b)"), lambda m: "email", "m"),
    Rule(
        "meridiem",
        re.compile(r"(?<![A-Za-z.])([AaPp])\.\s?[Mm]\b\.?(?!\.?[A-Za-z])"),
        lambda m: f"{m[1].lower()}m",
        ".",
    ),
    Rule("okay", re.compile(r"\b[Oo]\.\s?[Kk]\b\.?"), lambda m: "okay", "."),
    Rule(
        "direction",
        re.compile(rf"(?<=\d )({_any(DIRECTIONS)})\b\.?(?= {_PROPER})"),
        lambda m: DIRECTIONS[m[1]],
        "NSEW",
    ),
    Rule(
        "state",
        re.compile(rf"(?<=[a-z], )(?P<state>{_any(STATES)})\b(?!\.\w|')(?: (?P<zip>\d{{5}})\b)?"),
        lambda m: STATES[m["state"]] + (f" {digits(m['zip'])}" if m["zip"] else ""),
        ",",
    ),
    Rule(
        "saint_or_street",
        re.compile(
            rf"(?P<number>\d )?(?P<before>\b{_PROPER} )?{_START}St\b\.?\s+"
            r"(?P<after>(?=[A-Z])[\w']+)"
        ),
        _saint_or_street,
        "S",
    ),
    Rule(
        "saint",
        re.compile(rf"{_START}[Ss]t\b\.?(?= (?:{_any(SAINTS)})\b)"),
        lambda m: "saint",
        "sS",
    ),
    Rule(
        "street_kind",
        re.compile(rf"({_PROPER} )(Ave|Rd|Ln|Sq|Ct)\b\.?(?! Maria)"),
        lambda m: m[1] + STREETS[m[2].lower()],
        "ARLSC",
    ),
    Rule(
        "drive",
        re.compile(r"((?:\d+(?:st|nd|rd|th)|\d (?:[A-Z][a-z']+ ){0,2}[A-Z][a-z']+) )[Dd]r\b\.?"),
        lambda m: f"{m[1]}drive",
        "0123456789",
    ),
    Rule("street", re.compile(rf"{_START}[Ss]t\b(?!')\.?"), lambda m: "street", "sS"),
    Rule(
        "title",
        re.compile(rf"{_START}({_capitalized(TITLES)})\b(?:\. ?(?=[A-Z])| (?=[A-Z][a-z]))"),
        lambda m: f"{TITLES[m[1].lower()]} ",
    ),
    Rule(
        "company",
        re.compile(rf"(?<=[A-Za-z,&] )({_capitalized(SUFFIXES)})\.(?!\w)"),
        lambda m: SUFFIXES[m[1].lower()],
        ".",
    ),
    Rule(
        "before_number",
        re.compile(rf"\b({_any(BEFORE_NUMBER)})\. ?(?=\d)", re.IGNORECASE),
        lambda m: f"{BEFORE_NUMBER[m[1].lower()]} ",
        ".",
    ),
    Rule(
        "month",
        re.compile(
            rf"\b(?P<first>{_MONTH})\b\.?,? ?(?=\d)"
            rf"|(?P<day>\d(?:st|nd|rd|th)? (?:of )?)(?P<last>{_MONTH})\b\.?"
        ),
        lambda m: (
            (m["day"] or "")
            + MONTH_ABBREVIATIONS[(m["first"] or m["last"]).lower()].capitalize()
            + (" " if m["first"] else "")
        ),
        "0123456789",
    ),
    Rule(
        "weekday",
        re.compile(rf"\b({_capitalized(WEEKDAY_ABBREVIATIONS)})\b[.,]+(?= (?:\d|[A-Z][a-z]+ \d))"),
        lambda m: WEEKDAY_ABBREVIATIONS[m[1].lower()],
        "0123456789",
    ),
    Rule(
        "roman",
        re.compile(
            rf"\b(?P<name>[A-Z][a-z]+|{_any(part.upper() for part in NUMBERED_PARTS)})"
            rf" (?P<numeral>{_any(ROMAN)})\b(?!\.\w|-|'(?![sS]\b)[A-Za-z])(?P<ends>(?=[.,:;)]|$))?"
        ),
        _roman,
        "IVX",
    ),
    Rule(
        "letters",
        re.compile(rf"{_START}(?:{_any(LETTERS_IN_CAPITALS)})\b(?!')"),
        _capitals,
    ),
)

CUES = frozenset(
    {
        *("m", "k", "mail", "mails"),
        *NUMBERED_PARTS,
        *TITLES,
        *SUFFIXES,
        *STREETS,
        *SPOKEN_WORDS,
        *(word.lower() for word in LETTERS_IN_CAPITALS),
        *(numeral.lower() for numeral in ROMAN if numeral != "I"),
        *(f"{numeral.lower()}'s" for numeral in ROMAN if numeral != "I"),
        *(domain for domain in TOP_LEVEL_DOMAINS if domain.isalpha()),
    }
)
"""Lower-case words without one of which no rule here but "state" changes a plain line."""
