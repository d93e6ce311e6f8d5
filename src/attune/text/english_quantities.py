"""en-US normalisation rules for money, measures, fractions, ordinals and every other number."""

from __future__ import annotations

import re
from functools import partial

from .english_numbers import (
    ONES,
    cardinal,
    decimal,
    digits,
    house_number,
    ordinal,
    pair,
    plain_number,
    year,
)
from .english_tables import UNITS
from .rules import Rule

__all__ = ["RULES"]

_NUMBER = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)"
_AMOUNT = rf"(?:{_NUMBER}(?:\.\d+)?|\.\d+)"
_CURRENCIES = {
    "$": ("dollar", "dollars", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
    "€": ("euro", "euros", "cent", "cents"),
    "¥": ("yen", "yen", "sen", "sen"),
}
_SCALES = {
    "k": "thousand",
    "m": "million",
    "mm": "million",
    "b": "billion",
    "bn": "billion",
    "t": "trillion",
}
_FRACTION_NAMES = {2: "half", 4: "quarter"}
_FRACTION_BOTTOMS = frozenset((2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 16, 32, 64, 100))
_TEMPERATURES = {"F": " fahrenheit", "C": " celsius"}
_STREET_KINDS = (
    "Street|St|Avenue|Ave|Road|Rd|Drive|Dr|Boulevard|Blvd|Lane|Ln|Way|Court|Ct|Place|Highway|"
    "street|avenue|road|drive|boulevard|lane"
)


_COUNTED = (
    "miles|feet|yards|inches|kilometers|kilometres|meters|metres|pounds|tons|dollars|people|men|"
    "women|children|years|days|hours|minutes|seconds|degrees|acres|times|words|horses|copies"
)


def _count(text: str) -> str:
    """Four digits that count something: "fifteen hundred meters", never a year."""
    if text[2:] == "00" and text[1] != "0":
        return f"{cardinal(int(text[:2]))} hundred"
    return plain_number(text, cardinal_years=True)


def _amount(text: str) -> str:
    """Cardinal or decimal of digits with optional commas and fraction, never read as a year."""
    whole, point, fraction = text.partition(".")
    return decimal(whole, fraction) if point else plain_number(whole, cardinal_years=True)


def _money(match: re.Match[str]) -> str:
    one, many, cent, cents = _CURRENCIES[match["sign"]]
    whole, fraction, scale = match["whole"] or "", match["fraction"], match["scale"]
    if not whole and not fraction:
        return f" {many} {scale or ''} "
    if scale:
        number = _amount(f"{whole}.{fraction}" if fraction else whole)
        return f" {number} {_SCALES.get(scale.lower(), scale.lower())} {many} "
    amount = plain_number(whole, cardinal_years=True) if whole else "zero"
    if not fraction or fraction == "00":
        return f" {amount} {one if amount == 'one' or match['note'] is not None else many} "
    if len(fraction) != 2:
        return f" {decimal(whole, fraction)} {many} "
    small = cardinal(int(fraction))
    if amount == "zero":
        return f" {small} {cent if small == 'one' else cents} "
    if one == "dollar" and len(whole) <= 2:
        # As prices are said: $3.14 is "three fourteen".
        return f" {amount} {pair(fraction)} "
    tail = f"and {small} {cent if small == 'one' else cents}"
    return f" {amount} {one if amount == 'one' else many} {tail} "


def _measure(match: re.Match[str]) -> str:
    unit = match["unit"]
    one, many = UNITS[unit if unit in UNITS else unit.lower()]
    number = _amount(match["number"])
    # "a 5 ft ladder" stays "five foot", "5 ft long" is "five feet": without grammar, the plural.
    return f" {number} {one if number == 'one' else many} "


def _degrees(match: re.Match[str]) -> str:
    number = _amount(match["number"])
    scale = _TEMPERATURES.get((match["scale"] or "").upper(), "")
    return f" {number} degree{'' if number == 'one' else 's'}{scale} "


def _fraction(match: re.Match[str]) -> str:
    whole, top, bottom = match["whole"], int(match["top"]), int(match["bottom"])
    if not 0 < top < bottom or bottom not in _FRACTION_BOTTOMS:
        return f" {plain_number(whole) if whole else ''} {cardinal(top)} {cardinal(bottom)} "
    name = _FRACTION_NAMES.get(bottom) or ordinal(bottom)
    name = name if top == 1 else f"{name}s"
    if whole:
        part = "a" if top == 1 and bottom in _FRACTION_NAMES else cardinal(top)
        return f" {_amount(whole)} and {part} {name} "
    return f" {cardinal(top)} {name} "


def _feet(match: re.Match[str]) -> str:
    feet, inches = match["feet"], match["inches"]
    unit = "foot" if inches or feet == "1" else "feet"
    return f" {cardinal(int(feet))} {unit} {cardinal(int(inches)) if inches else ''} "


def _dotted(match: re.Match[str]) -> str:
    parts = match.group().split(".")
    if len(parts) == 4:
        return " " + " dot ".join(digits(part) for part in parts) + " "
    return " " + " point ".join(plain_number(part) for part in parts) + " "


def _spelled(letters: str) -> bool:
    """Whether letters next to digits are said one by one: OU812, mp3, F16 — but not COVID19."""
    return len(letters) == 1 or (
        len(letters) <= 4 and (letters.isupper() or not re.search("[aeiouy]", letters.lower()))
    )


def _letters_and_digits(match: re.Match[str]) -> str:
    token = match.group()
    if token == "H20":
        return " h two o "
    parts = re.findall(r"[A-Za-z]+|\d+", token)
    spelled = any(part.isalpha() and _spelled(part) for part in parts)
    spoken = []
    for part in parts:
        if part.isalpha():
            spoken.append(" ".join(part) if _spelled(part) else part)
        elif len(part) <= 2 and part[0] != "0":
            spoken.append(cardinal(int(part)))
        elif len(part) == 4 and part[0] != "0" and not spelled:
            spoken.append(year(int(part)))
        elif len(part) == 3 and not spelled:
            spoken.append(house_number(part))
        else:
            spoken.append(digits(part))
    return f" {' '.join(spoken)} "


def _ordinal_match(match: re.Match[str]) -> str:
    return f" {ordinal(int(match[1].replace(',', '')))} "


_rule = partial(Rule, needs="0123456789")
_LONG_UNITS = "|".join(
    re.escape(unit) for unit in sorted(UNITS, key=lambda u: (-len(u), u)) if len(unit) > 1
)
_SHORT_UNITS = "".join(sorted(unit for unit in UNITS if len(unit) == 1))

RULES = (
    Rule("double_oh", re.compile(r"(?<![\d.,:$-])00([1-9])(?![\d-]|[.,:]\d)"),
         lambda m: f" double oh {ONES[int(m[1])]} ", "0"),
    Rule("set_phrase", re.compile(r"\b24[/-]7\b"), lambda m: " twenty four seven ", "/-"),
    Rule("set_phrase", re.compile(r"\b9/11\b"), lambda m: " nine eleven ", "/"),
    Rule("set_phrase", re.compile(r"\b50[/-]50\b"), lambda m: " fifty fifty ", "/-"),
    Rule("emergency", re.compile(r"\b([Cc]all(?:ed|ing)?|[Dd]ial(?:ed|ing)?) ([49]11)\b"),
         lambda m: f"{m[1]} {digits(m[2])} ", "1"),
    Rule("money_range", re.compile(rf"([$£€¥]) ?({_NUMBER}) ?- ?[$£€¥]?(?=\d)"),
         lambda m: f" {_amount(m[2])} to {m[1]}", "-"),
    Rule("range", re.compile(
        rf"(?<![\w.,-])({_NUMBER}(?:\.\d+)?(?:st|nd|rd|th|%)?) ?- ?(?={_NUMBER}(?![\d-]))"),
         lambda m: f"{m[1]} to ", "-"),
    Rule("minus", re.compile(r"(?<![\w.,%] )(?<!\S)-(?=[$£€¥]?\.?\d)"), lambda m: "minus ", "-"),
    Rule("money", re.compile(
        rf"(?:\b(?:US|CA|AU?|NZ|HK))?(?P<sign>[$£€¥]) ?(?P<whole>{_NUMBER})?"
        r"(?:\.(?P<fraction>\d+))?(?:[ -]?(?P<scale>(?:million|billion|trillion|thousand|hundred|bn"
        r"|mm|[kKmMbB])\b(?!'))(?: dollars| pounds| euros)?)?(?P<note>(?= bills?\b| notes?\b))?"),
        _money, "$£€¥"),
    Rule("cents", re.compile(rf"({_NUMBER}) ?¢"),
         lambda m: f" {_amount(m[1])} cent{'' if m[1] == '1' else 's'} ", "¢"),
    Rule("percent", re.compile(rf"({_AMOUNT}) ?%"), lambda m: f" {_amount(m[1])} percent ", "%"),
    Rule("degrees", re.compile(rf"(?P<number>{_AMOUNT}) ?°(?: ?(?P<scale>[FCfc])\b)?"), _degrees,
         "°"),
    Rule("feet_and_inches", re.compile(
        r"""(?<!\w)(?P<feet>\d{1,2})'(?: ?(?P<inches>\d|1[01])(?:"|''|\b(?!['\d]))"""
        r"""|(?= (?:tall|long|wide|high|deep|by|x)\b))"""), _feet, "'"),
    Rule("inches", re.compile(r"(?<!\w)(\d+)\"(?= (?:tall|long|wide|high|deep|thick|by|of)\b)"),
         lambda m: f" {_amount(m[1])} inch{'' if m[1] == '1' else 'es'} ", '"'),
    _rule("measure", re.compile(
        rf"(?<![\w.,$£€¥])(?P<number>{_AMOUNT})[ -]?(?P<unit>{_LONG_UNITS})\b(?!\.\w)",
        re.IGNORECASE), _measure),
    _rule("measure", re.compile(
        rf"(?<![\w.,$£€¥])(?P<number>{_AMOUNT})(?P<unit>[{_SHORT_UNITS}])\b"), _measure),
    Rule("fraction", re.compile(
        r"(?<![\w/.])(?:(?P<whole>\d+)(?: | ?- ?))?(?P<top>\d{1,2})/(?P<bottom>\d{1,3})(?![\d/])"
        r"(?:ths?|rds?)?"), _fraction, "/"),
    Rule("by", re.compile(r"(?<=\d) ?[xX] ?(?=\d)"), lambda m: " by ", "xX"),
    Rule("radio", re.compile(r"(?:(?<=[Tt]une to )|(?<=[Tt]uned to ))(\d{2,3})\.(\d)\b"),
         lambda m: f" {house_number(m[1])} point {digits(m[2])} ", "."),
    Rule("radio", re.compile(r"\b(8[89]|9\d|10[0-7])\.(\d)(?= ?(?:FM|fm)\b)"),
         lambda m: f" {house_number(m[1])} point {digits(m[2])} ", "."),
    _rule("house_number", re.compile(
        r"(?<![\d.,$£€¥])\b(\d{3,5})(?= (?:(?:north|south|east|west|[NSEW]\.?)\w* )?"
        rf"(?:[A-Z][\w']*\.? |\d+(?:st|nd|rd|th) ){{1,2}}(?:{_STREET_KINDS})\b)"),
        lambda m: f" {house_number(m[1])} "),
    _rule("number_of", re.compile(r"(?<=\b[Ff]light )(\d{3,4})\b|(?<=\b[Rr]oom )(\d{3,4})\b"),
          lambda m: f" {house_number(m.group())} "),
    _rule("count", re.compile(rf"(?<![\d.,$£€¥])\b(\d{{4}})(?= (?:{_COUNTED})\b)"),
          lambda m: f" {_count(m[1])} "),
    _rule("zip_code", re.compile(r"(?<=[A-Z]{2} )(\d{5})\b(?![,.]\d)"),
          lambda m: f" {digits(m[1])} "),
    _rule("ordinal", re.compile(rf"(?<![\d.])({_NUMBER}) ?(?:(?i:st|nd|rd|th))\b"), _ordinal_match),
    Rule("ordinal", re.compile(r"(?<=\bthe )(\d*[23])d\b"), _ordinal_match, "d"),
    Rule("dotted", re.compile(r"(?<![\d.])\d{1,4}(?:\.\d{1,4}){2,}(?!\d)"), _dotted, "."),
    Rule("decimal", re.compile(rf"(?<![\d.])({_NUMBER})?\.(\d+)(?!\.?\d)"),
         lambda m: f" {decimal(m[1] or '', m[2])} ", "."),
    _rule("letters_and_digits", re.compile(
        r"(?<![A-Za-z\d'])(?:(?=[A-Za-z-]{0,40}\d)(?=\d*[A-Za-z])|(?=[A-Z]{1,40}-\d))"
        r"(?:[A-Z]+-)?[A-Za-z\d]*\d[A-Za-z\d]*(?![A-Za-z\d])"), _letters_and_digits),
    Rule("number_sign", re.compile(r"#(?=\d)"), lambda m: " number ", "#"),
    Rule("plus", re.compile(r"(?<=[\w)]) ?\+ ?(?=[\w(])|\+(?=\d)"), lambda m: " plus ", "+"),
    Rule("equals", re.compile(r"(?<=[\w)]) ?= ?(?=[\w(])"), lambda m: " equals ", "="),
    _rule("number", re.compile(_NUMBER), lambda m: f" {plain_number(m.group())} "),
    Rule("and", re.compile(r"&(?:amp;)?"), lambda m: " and ", "&"),
    Rule("at", re.compile(r"@"), lambda m: " at ", "@"),
    Rule("plus", re.compile(r"(?<=\w)\+"), lambda m: " plus ", "+"),
    Rule("percent", re.compile(r"%"), lambda m: " percent ", "%"),
    Rule("degrees", re.compile(r"°"), lambda m: " degrees ", "°"),
)  # fmt: skip
