"""Spoken English (en-US) of integers, ordinals, years, decimals and digit strings.

American usage: no "and" after hundreds, years in pairs ("eighteen ninety five"), short scale.
"""

from __future__ import annotations

__all__ = [
    "ONES",
    "ORDINAL_WORDS",
    "SCALES",
    "TENS",
    "cardinal",
    "decimal",
    "digits",
    "house_number",
    "ordinal",
    "pair",
    "plain_number",
    "plural",
    "year",
]

ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
)  # fmt: skip
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
SCALES = ("", "thousand", "million", "billion", "trillion", "quadrillion")
ORDINAL_WORDS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
_LARGEST = 10 ** (3 * len(SCALES))


def _below_thousand(value: int) -> list[str]:
    words: list[str] = []
    if value >= 100:
        words += [ONES[value // 100], "hundred"]
        value %= 100
    if value >= 20:
        words.append(TENS[value // 10])
        value %= 10
        if value:
            words.append(ONES[value])
    elif value or not words:
        words.append(ONES[value])
    return words


def cardinal(value: int) -> str:
    """`1234` -> "one thousand two hundred thirty four"; beyond quadrillions digit by digit."""
    if value < 0:
        return f"minus {cardinal(-value)}"
    if value >= _LARGEST:
        return digits(str(value))
    if value == 0:
        return "zero"
    groups: list[str] = []
    scale = 0
    while value:
        value, rest = divmod(value, 1000)
        if rest:
            words = _below_thousand(rest)
            if scale:
                words.append(SCALES[scale])
            groups.append(" ".join(words))
        scale += 1
    return " ".join(reversed(groups))


def ordinal(value: int) -> str:
    """`22` -> "twenty second"."""
    head, _, last = cardinal(value).rpartition(" ")
    if last in ORDINAL_WORDS:
        last = ORDINAL_WORDS[last]
    elif last.endswith("y"):
        last = last[:-1] + "ieth"
    else:
        last += "th"
    return f"{head} {last}".lstrip()


def digits(text: str, zero: str = "zero") -> str:
    """`"4071"` -> "four zero seven one"; other characters are left out."""
    return " ".join(zero if c == "0" else ONES[int(c)] for c in text if c in "0123456789")


def pair(text: str) -> str:
    """Two digits as the second half of a year or a price: "05" -> "oh five", "00" -> "hundred"."""
    if text == "00":
        return "hundred"
    if text[0] == "0":
        return f"oh {ONES[int(text[1])]}"
    return cardinal(int(text))


def year(value: int) -> str:
    """`1895` -> "eighteen ninety five", `1905` -> "nineteen oh five".

    `2005` -> "two thousand five". Values that are not four digits long are read as cardinals.
    """
    if not 1000 <= value <= 9999 or value % 1000 < 10:
        return cardinal(value)
    return f"{cardinal(value // 100)} {pair(f'{value % 100:02d}')}"


def house_number(text: str) -> str:
    """A street, room or flight number: "104" -> "one oh four", "4902" -> "forty nine oh two"."""
    if text[0] == "0" or len(text) > 4:
        return digits(text)
    if len(text) == 4 and text[1:] != "000":
        return f"{cardinal(int(text[:2]))} {pair(text[2:])}"
    if len(text) == 3 and text[1:] != "00":
        return f"{ONES[int(text[0])]} {pair(text[1:])}"
    return cardinal(int(text))


def decimal(whole: str, fraction: str) -> str:
    """`("3", "14")` -> "three point one four"; an empty whole part is left unspoken (".5")."""
    head = f"{plain_number(whole, cardinal_years=True)} " if whole else ""
    return f"{head}point {digits(fraction)}"


def plain_number(text: str, *, cardinal_years: bool = False) -> str:
    """A number with nothing around it that says how to read it.

    Commas force a cardinal. Without: leading zeros and seven digits or more are read digit by
    digit, 1100-1999 and 2010-2099 as years (unless `cardinal_years`), whole hundreds up to 9900
    as hundreds ("twenty five hundred"), the rest as cardinals.
    """
    if "," in text:
        return cardinal(int(text.replace(",", "")))
    if len(text) > 1 and text[0] == "0":
        return digits(text, zero="oh") if len(text) == 2 else digits(text)
    value = int(text)
    if len(text) >= 7:
        return digits(text)
    if len(text) == 4 and not cardinal_years:
        if 1100 <= value <= 2099:
            return year(value)
        if value % 100 == 0 and value % 1000:
            return f"{cardinal(value // 100)} hundred"
    return cardinal(value)


def plural(words: str) -> str:
    """The last word in the plural: "nineteen ninety" -> "nineteen nineties"."""
    if words.endswith("y"):
        return words[:-1] + "ies"
    if words.endswith("x"):
        return words + "es"
    return words + "s"
