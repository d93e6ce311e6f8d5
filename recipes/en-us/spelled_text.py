"""Made-up lines of spelled words, digits, numbers and dates, as people dictate them.

Books and dialogue hardly hold any; without them a language model takes every spelled letter for
the article "a", the pronoun "i" or nothing at all.
"""

from __future__ import annotations

import random
import string
from collections.abc import Iterator, Sequence

__all__ = ["spelled_lines"]

_WORDS = """
zero one two three four five six seven eight nine
ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen
twenty thirty forty fifty sixty seventy eighty ninety
january february march april may june july august september october november december
first second third fourth fifth sixth seventh eighth ninth tenth
eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth \
twentieth
"""
_DIGITS, _TEENS, _TENS, _MONTHS, _UNITS_TH, _TEENS_TH = map(str.split, _WORDS.strip().splitlines())
_ORDINALS = _UNITS_TH + _TEENS_TH


def spelled_lines(words: Sequence[str], count: int, seed: int = 1) -> Iterator[str]:
    """Lines of separate words; `words` are what is spelled, letter by letter."""
    source = random.Random(seed)
    for _ in range(count):
        kind = source.random()
        if kind < 0.45:
            line = [letter for letter in source.choice(words) if letter in string.ascii_lowercase]
        elif kind < 0.6:
            line = source.choices(string.ascii_lowercase, k=source.randrange(1, 7))
            line += _number(source) if source.random() < 0.6 else []
        elif kind < 0.9:
            line = _number(source)
        else:
            line = _date(source)
        yield " ".join(line)


def _number(source: random.Random) -> list[str]:
    kind = source.random()
    if kind < 0.6:
        return _digits(source, source.choice((1, 2, 3, 3, 4, 4, 4, 5, 5, 5, 6, 7, 7, 8, 9, 10, 10)))
    if kind < 0.85:
        return _pair(source) + _pair(source)
    return _digits(source, 1) + _pair(source)


def _digits(source: random.Random, count: int) -> list[str]:
    digits = source.choices(_DIGITS, k=count)
    return ["oh" if digit == "zero" and source.random() < 0.4 else digit for digit in digits]


def _pair(source: random.Random) -> list[str]:
    """Two digits read as one number: "oh five", "sixteen", "forty two", "hundred" for 00."""
    tens, ones = divmod(source.randrange(100), 10)
    if tens == 0:
        zero = "oh" if source.random() < 0.7 else "zero"
        return [zero, _DIGITS[ones]] if ones else ["hundred"]
    if tens == 1:
        return [_TEENS[ones]]
    return [_TENS[tens - 2], *([_DIGITS[ones]] if ones else [])]


def _date(source: random.Random) -> list[str]:
    day = source.randrange(1, 32)
    if day <= 20:
        ordinal = [_ORDINALS[day - 1]]
    elif day == 30:
        ordinal = ["thirtieth"]
    else:
        ordinal = ["twenty" if day < 30 else "thirty", _ORDINALS[day % 10 - 1]]
    century = source.choice(("eighteen", "nineteen", "nineteen", "twenty"))
    return [source.choice(_MONTHS), *ordinal, century, *_pair(source)]
