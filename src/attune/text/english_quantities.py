"""en-US normalisation rules for everything written with digits: dates, times, money, measures."""

from __future__ import annotations

import re

from .english_numbers import (
    ONES,
    cardinal,
    decimal,
    digits,
    house_number,
    ordinal,
    pair,
    plain_number,
    plural,
    year,
)
from .english_tables import MONTHS, UNITS
from .rules import Rule

__all__ = ["RULES"]

_DIGITS = "0123456789"
_NUM = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)"
_MONTH = rf"(?:{'|'.join(m.capitalize() for m in MONTHS)}|{'|'.join(m for m in MONTHS if m not in ('may', 'march'))}|march(?= \d)|may(?= \d))"
_MERIDIEM = r"(?:[ap]\.? ?m\b\.?|AM\b|PM\b|Am\b|Pm\b)"
_CURRENCY = {
    "$": ("dollar", "cent"),
    "£": ("pound", "penny"),
    "€": ("euro", "cent"),
    "¥": ("yen", ""),
}
_SCALE = {
    "k": "thousand",
    "m": "million",
    "mm": "million",
    "b": "billion",
    "bn": "billion",
    "t": "trillion",
}
_DENOMINATORS = {2: "half", 4: "quarter"}


def _spaced(words: str) -> str:
    return f" {words} "


def _number(text: str) -> str:
    """Cardinal or decimal of digits with optional commas and fraction, never a year."""
    whole, point, fraction = text.partition(".")
    return decimal(whole, fraction) if point else plain_number(whole, cardinal_years=True)


def _count(words: str, singular: str, many: str) -> str:
    return f"{words} {singular if words == 'one' else many}"


def _phone(match: re.Match[str]) -> str:
    return _spaced(digits(match.group()))


def _date(month: int, day: int, year_text: str | None) -> str:
    spoken = f"{MONTHS[month - 1]} {ordinal(day)}"
    if year_text:
        spoken += f" {_year(year_text)}"
    return spoken


def _year(text: str) -> str:
    return year(int(text)) if len(text) == 4 else (pair(text) if text != "00" else "oh oh")


def _iso_date(match: re.Match[str]) -> str:
    return _spaced(_date(int(match[2]), int(match[3]), match[1]))


def _slash_date(match: re.Match[str]) -> str:
    return _spaced(_date(int(match[1]), int(match[2]), match[3]))


def _month_day(match: re.Match[str]) -> str:
    spoken = f"{match['month'].lower()} {'the ' if match['the'] else ''}{ordinal(int(match['day']))}"
    if match["year"]:
        spoken += f" {_year(match['year'])}"
    return _spaced(spoken)


def _day_month(match: re.Match[str]) -> str:
    the = match["the"] or "the "
    spoken = f"{the}{ordinal(int(match['day']))} of {match['month'].lower()}"
    if match["year"]:
        spoken += f" {_year(match['year'])}"
    return _spaced(spoken)


def _clock(hour: str, minute: str | None, *, meridiem: bool) -> str:
    value = int(hour)
    if minute is None or (minute == "00" and meridiem):
        return cardinal(value)
    if minute == "00":
        if 1 <= value <= 12:
            return f"{cardinal(value)} o'clock"
        return f"{cardinal(value)} hundred"
    return f"{cardinal(value)} {pair(minute)}"


def _time(match: re.Match[str]) -> str:
    meridiem = match["meridiem"]
    spoken = _clock(match["hour"], match["minute"], meridiem=bool(meridiem))
    if match["second"]:
        spoken = f"{cardinal(int(match['hour']))} {pair(match['minute'])} {pair(match['second'])}"
    return _spaced(f"{spoken} {meridiem[0].lower()}m" if meridiem else spoken)


def _time_range(match: re.Match[str]) -> str:
    start = _clock(match["h1"], match["m1"] and match["m1"][1:], meridiem=True)
    end = _clock(match["h2"], match["m2"] and match["m2"][1:], meridiem=True)
    return _spaced(f"{start} to {end} {match['meridiem'][0].lower()}m")


def _hour(match: re.Match[str]) -> str:
    return _spaced(f"{cardinal(int(match[1]))} {match[2][0].lower()}m")


def _money(match: re.Match[str]) -> str:
    unit, small = _CURRENCY[match["sign"]]
    whole, fraction, scale = match["whole"], match["fraction"], match["scale"]
    if scale:
        number = decimal(whole, fraction) if fraction else _number(whole)
        return _spaced(f"{number} {_SCALE.get(scale.lower(), scale.lower())} {_units(unit)}")
    amount = plain_number(whole, cardinal_years=True) if whole else "zero"
    if not fraction or fraction == "00":
        return _spaced(_count(amount, unit, _units(unit)))
    if len(fraction) != 2 or not small:
        return _spaced(f"{decimal(whole, fraction)} {_units(unit)}")
    cents = _count(cardinal(int(fraction)), small, "pence" if small == "penny" else f"{small}s")
    if amount == "zero":
        return _spaced(cents)
    if unit == "dollar" and int(whole.replace(",", "")) < 100:
        # As prices are said: $3.14 is "three fourteen".
        return _spaced(f"{amount} {pair(fraction)}")
    return _spaced(f"{_count(amount, unit, _units(unit))} and {cents}")


def _units(unit: str) -> str:
    return unit if unit == "yen" else f"{unit}s"


def _measure(match: re.Match[str]) -> str:
    one, many = UNITS[match["unit"].lower()]
    number = _number(match["number"])
    return _spaced(_count(number, one, many))


def _degrees(match: re.Match[str]) -> str:
    scale = {"F": " fahrenheit", "C": " celsius", "K": " kelvin"}.get((match["scale"] or "").upper(), "")
    number = _number(match["number"])
    return _spaced(_count(number, f"degree{scale}", f"degrees{scale}"))


def _fraction(match: re.Match[str]) -> str:
    top, bottom = int(match["top"]), int(match["bottom"])
    whole = match["whole"]
    if not (0 < top < bottom <= 100):
        return _spaced(f"{whole or ''} {cardinal(top)} {cardinal(bottom)}")
    name = _DENOMINATORS.get(bottom) or ordinal(bottom)
    if top > 1:
        name = "halves" if name == "half" else f"{name}s"
    if whole:
        return _spaced(f"{_number(whole)} and {'a' if top == 1 else cardinal(top)} {name}")
    return _spaced(f"{cardinal(top)} {name}")


def _decade(match: re.Match[str]) -> str:
    text = match[1]
    if len(text) == 4:
        spoken = year(int(text)) if text[2:] != "00" or text[1] != "0" else cardinal(int(text))
    else:
        spoken = cardinal(int(text))
    return _spaced(plural(spoken))


def _feet(match: re.Match[str]) -> str:
    inches = match["inches"]
    foot = "foot" if inches or match["feet"] == "1" else "feet"
    tail = f" {_number(inches)}" if inches else ""
    return _spaced(f"{_number(match['feet'])} {foot}{tail}")


def _range(match: re.Match[str]) -> str:
    return _spaced(f"{_spoken(match[1])} to {_spoken(match[2])}")


def _spoken(text: str) -> str:
    whole, point, fraction = text.partition(".")
    return decimal(whole, fraction) if point else plain_number(whole)


def _dotted(match: re.Match[str]) -> str:
    return _spaced(" point ".join(digits(p) if len(p) > 3 else cardinal(int(p)) for p in match.group().split(".")))


def _radio(match: re.Match[str]) -> str:
    return _spaced(f"{house_number(match[1])} point {digits(match[2])}")


def _mixed(match: re.Match[str]) -> str:
    """A token of letters and digits: OU812, H20, F-16, utf8, l8r, mp3."""
    token = match.group()
    if re.fullmatch(r"H20", token):
        return " h two o "
    parts = re.findall(r"[A-Za-z]+|\d+", token)
    spell = any(p.isalpha() and _spelled(p, token) for p in parts)
    spoken = []
    for part in parts:
        if part.isalpha():
            spoken.append(" ".join(part) if _spelled(part, token) else part)
        elif len(part) <= 2 and part[0] != "0":
            spoken.append(cardinal(int(part)))
        elif len(part) == 3 and not spell:
            spoken.append(house_number(part))
        elif len(part) == 4 and not spell:
            spoken.append(year(int(part)))
        else:
            spoken.append(digits(part))
    return _spaced(" ".join(spoken))


def _spelled(part: str, token: str) -> bool:
    if len(part) == 1:
        return True
    return len(part) <= 4 and (part.isupper() or not re.search("[aeiouyAEIOUY]", part))


def _plain(match: re.Match[str]) -> str:
    return _spaced(plain_number(match.group()))


def _house(match: re.Match[str]) -> str:
    return _spaced(house_number(match[1]))


_UNIT = "|".join(re.escape(u) for u in sorted(UNITS, key=len, reverse=True))
_STREET = "Street|St|Avenue|Ave|Road|Rd|Drive|Dr|Boulevard|Blvd|Lane|Ln|Way|Court|Ct|Place|street|avenue|road|drive|boulevard|lane"


def _rule(name: str, pattern: str, replace, needs: str = _DIGITS, flags: int = 0) -> Rule:  # type: ignore[no-untyped-def]
    return Rule(name, re.compile(pattern, flags), replace, needs)


RULES = (
    _rule("double_oh", r"(?<![\d.,:])00([1-9])(?![\d.,:]\d|\d)", lambda m: f" double oh {ONES[int(m[1])]} ", "0"),
    _rule("every_day", r"\b24/7\b", lambda m: " twenty four seven ", "/"),
    _rule("phone", r"(?<!\w)(?:\+?1[-. ])?(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}(?!\w)|(?<![\w-])\d{3}-\d{4}(?![\w-])", _phone),
    _rule("iso_date", r"\b(1\d{3}|20\d\d)-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])\b", _iso_date, "-"),
    _rule("slash_date", r"\b(0?[1-9]|1[0-2])[/.-](0?[1-9]|[12]\d|3[01])[/.-](\d{4}|\d\d)\b(?![/.-]?\d)", _slash_date, "/-."),
    _rule("date", rf"\b(?P<month>{_MONTH}) (?P<the>the )?(?P<day>[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?\b(?![:/,.]\d)(?!-\d)(?: ?,? ?(?P<year>1\d{{3}}|20\d\d)\b(?![,:]\d))?", _month_day),
    _rule("date", rf"\b(?P<the>[Tt]he )?(?P<day>[12]\d|3[01]|[1-9])(?:st|nd|rd|th)?(?: of)? (?P<month>{_MONTH})\b(?:,? (?P<year>1\d{{3}}|20\d\d)\b)?", _day_month),
    _rule("time_range", rf"\b(?P<h1>\d{{1,2}})(?P<m1>:[0-5]\d)? ?- ?(?P<h2>\d{{1,2}})(?P<m2>:[0-5]\d)? ?(?P<meridiem>{_MERIDIEM})", _time_range, "-"),
    _rule("time", rf"\b(?P<hour>[01]?\d|2[0-4]):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?(?![\d:])(?: ?(?P<meridiem>{_MERIDIEM}))?", _time, ":"),
    _rule("hour", rf"\b(1[0-2]|[1-9]) ?({_MERIDIEM})", _hour),
    _rule("money", rf"(?:\b(?:US|CA|A|NZ))?(?P<sign>[$£€¥]) ?(?P<whole>{_NUM})?(?:\.(?P<fraction>\d+))?(?<=\d)(?: ?(?P<scale>million|billion|trillion|thousand|hundred|bn|mm|[kKmMbBtT])\b(?!'))?", _money, "$£€¥"),
    _rule("cents", rf"({_NUM})\s?¢", lambda m: _spaced(_count(_number(m[1]), "cent", "cents")), "¢"),
    _rule("percent", rf"((?:{_NUM})?(?:\.\d+)?)(?<=\d) ?%", lambda m: _spaced(f"{_number(m[1])} percent"), "%"),
    _rule("degrees", rf"(?P<number>{_NUM}(?:\.\d+)?) ?°(?: ?(?P<scale>[FCKfc])\b)?", _degrees, "°"),
    _rule("feet", r"\b(?P<feet>\d{1,2})'(?! ?s\b)(?: ?(?P<inches>\d{1,2}(?:\.5)?)(?:\"|''|\b)|(?=\s|$))", _feet, "'"),
    _rule("measure", rf"(?<![\w.,])(?P<number>{_NUM}(?:\.\d+)?)[ -]?(?P<unit>km/h|m/s)\b", _measure, "/"),
    _rule("measure", rf"(?<![\w.,])(?P<number>{_NUM}(?:\.\d+)?)(?:[ -]?(?P<unit>{'|'.join(re.escape(u) for u in sorted(UNITS, key=len, reverse=True) if len(u) > 1 and u != 'in.')})\b|(?P<x>))", lambda m: _measure(m) if m["unit"] else m.group(), _DIGITS, re.IGNORECASE),
    _rule("fraction", r"(?<![\d/.])(?:(?P<whole>\d+)(?: | ?- ?))?(?P<top>\d{1,2})/(?P<bottom>\d{1,3})(?![\d/])(?:th|ths|rd|rds)?", _fraction, "/"),
    _rule("dimension", r"(?<=\d) ?[xX] ?(?=\d)", lambda m: " by ", "xX"),
    _rule("radio", r"(?:(?<=[Tt]une to )|(?<=[Tt]uned to ))(\d{2,3})\.(\d)\b", _radio, "."),
    _rule("house_number", rf"\b(\d{{3,5}})(?= (?:(?:north|south|east|west)\w* )?(?:[A-Z][\w']*\.? |\d+(?:st|nd|rd|th) ){{1,2}}(?:{_STREET})\b)", _house),
    _rule("house_number", r"(?<=[A-Z]{2} )(\d{5})\b", lambda m: _spaced(digits(m[1]))),
    _rule("decade", r"(?<![\d.,])'?(\d{4}|\d0)(?:'?s)\b", _decade, "s"),
    _rule("ordinal", rf"({_NUM})(?:st|nd|rd|th)\b", lambda m: _spaced(ordinal(int(m[1].replace(",", "")))), "t d", re.IGNORECASE),
    _rule("dotted", r"(?<![\d.])\d+(?:\.\d+){2,}(?!\d)", _dotted, "."),
    _rule("range", rf"(?<![\d.,-])({_NUM}(?:\.\d+)?) ?- ?({_NUM}(?:\.\d+)?)(?![\d-])", _range, "-"),
    _rule("minus", r"(?:(?<=\s)|^)-(?=\.?\d)", lambda m: " minus ", "-"),
    _rule("decimal", rf"(?<![\d.])({_NUM})?\.(\d+)\b(?![.]\d)", lambda m: _spaced(decimal(m[1] or "", m[2])), "."),
    _rule("letters_and_digits", r"\b(?=\w*[A-Za-z])(?=\w*-?\d)(?:[A-Z]+-)?[A-Za-z0-9]*\d[A-Za-z0-9]*(?<!')\b", _mixed),
    _rule("number_sign", r"#(?=\d)", lambda m: " number ", "#"),
    _rule("number", _NUM, _plain),
)
