"""Spoken German (de-DE) of integers, ordinals, years, decimals and digit strings.

Each part of a number is a word of its own ("drei und zwanzig", not "dreiundzwanzig"), as Custom
Speech writes them: a few dozen words then spell every number.
"""

from __future__ import annotations

import re

__all__ = ["cardinal", "counting", "decimal", "digits", "ordinal", "plain_number"]

_ONES = (
    "null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn",
    "elf", "zwölf", "dreizehn", "vierzehn", "fünfzehn", "sechzehn", "siebzehn", "achtzehn",
    "neunzehn",
)  # fmt: skip
_TENS = (
    "", "", "zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig",
)  # fmt: skip
_SCALES = (
    (10**9, "eine milliarde", "milliarden"),
    (10**6, "eine million", "millionen"),
)
_LARGEST = 10**12
_ORDINAL_STEMS = {"eins": "erst", "drei": "dritt", "sieben": "siebt", "acht": "acht"}
_LONGEST_CARDINAL = 6


def _one(value: int) -> str:
    """Below ten, in front of another part: "ein hundert", "ein und zwanzig"."""
    return "ein" if value == 1 else _ONES[value]


def _below_hundred(value: int) -> str:
    if value < 20:
        return _ONES[value]
    tens, ones = divmod(value, 10)
    return f"{_one(ones)} und {_TENS[tens]}" if ones else _TENS[tens]


def cardinal(value: int) -> str:
    """`1123` -> "ein tausend ein hundert drei und zwanzig"; from a billion on digit by digit."""
    if value >= _LARGEST:
        return digits(str(value))
    parts: list[str] = []
    for size, one, many in _SCALES:
        count, value = divmod(value, size)
        if count:
            parts.append(one if count == 1 else f"{counting(cardinal(count))} {many}")
    thousands, value = divmod(value, 1000)
    if thousands:
        parts.append(f"{counting(cardinal(thousands))} tausend")
    hundreds, value = divmod(value, 100)
    if hundreds:
        parts.append(f"{_one(hundreds)} hundert")
    if value or not parts:
        parts.append(_below_hundred(value))
    return " ".join(parts)


def counting(number: str) -> str:
    """A cardinal in front of what it counts: "eins" -> "ein", "zwei hundert eins" -> "… ein"."""
    return re.sub(r"\beins$", "ein", number)


def ordinal(value: int, ending: str) -> str:
    """`(23, "ten")` -> "drei und zwanzigsten"; `ending` is one of te, ten, ter, tem, tes."""
    head, _, last = cardinal(value).rpartition(" ")
    stem = _ORDINAL_STEMS.get(last)
    if stem is None:
        stem = f"{last}t" if 0 < value % 100 < 20 else f"{last}st"
    return f"{head} {stem}{ending[1:]}".lstrip()


def digits(text: str) -> str:
    """`"4071"` -> "vier null sieben eins"; other characters are left out."""
    return " ".join(_ONES[int(c)] for c in text if c in "0123456789")


def decimal(whole: str, fraction: str) -> str:
    """`("12", "45")` -> "zwölf komma vier fünf"."""
    return f"{plain_number(whole, years=False)} komma {digits(fraction)}"


def plain_number(text: str, *, years: bool = True) -> str:
    """A number with nothing around it that says how to read it.

    Dots, between thousands, force a cardinal. Without: leading zeros and seven digits or more are
    read digit by digit, 1100-1999 in hundreds, as years are ("neunzehn hundert zwei und neunzig"),
    unless `years` is false; the rest are cardinals.
    """
    if "." in text:
        return cardinal(int(text.replace(".", "")))
    if len(text) > _LONGEST_CARDINAL or (len(text) > 1 and text[0] == "0"):
        return digits(text)
    value = int(text)
    if years and len(text) == 4 and 1100 <= value <= 1999:
        hundreds, rest = divmod(value, 100)
        return f"{_ONES[hundreds]} hundert {_below_hundred(rest) if rest else ''}".rstrip()
    return cardinal(value)
