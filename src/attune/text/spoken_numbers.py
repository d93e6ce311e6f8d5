"""Reading spoken en-US numbers: what value begins at a position of a list of words.

Every reader takes the words and a position and returns what it read together with the position
after it, or None. They say nothing about whether the number should be written in digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .english_numbers import ONES, SCALES, TENS, ordinal

__all__ = [
    "DIGITS",
    "NUMBER_WORDS",
    "ORDINAL_WORDS",
    "Amount",
    "amount_at",
    "below_hundred",
    "cardinal_at",
    "digit_run",
    "ordinal_at",
    "word_at",
]

DIGITS = {word: value for value, word in enumerate(ONES[:10])}
_BELOW_TWENTY = {word: value for value, word in enumerate(ONES)}
_TENS = {word: 10 * value for value, word in enumerate(TENS) if word}
_SCALES = {word: 1000**power for power, word in enumerate(SCALES) if word}
_ORDINALS = {ordinal(value): value for value in (*range(1, 20), *range(20, 100, 10), 100, 1000)}
NUMBER_WORDS = frozenset({*_BELOW_TWENTY, *_TENS, "oh", "double", "triple", "a"})
"""Words that a spoken cardinal, decimal or digit string can begin with."""
ORDINAL_WORDS = frozenset(_ORDINALS)


@dataclass(frozen=True, slots=True)
class Amount:
    """A number as read: its value in digits, where it ends, and how it was said.

    `scale` is the last word when that is thousand, million, …; `digits` then does not include it
    if the number is a plain multiple of a million or more ("2.5" of "two point five million").
    """

    digits: str
    end: int
    value: float
    scale: str = ""
    fraction: bool = False


def word_at(words: Sequence[str], position: int) -> str:
    """The word at `position`, or "" outside the list."""
    return words[position] if 0 <= position < len(words) else ""


def below_hundred(words: Sequence[str], position: int) -> tuple[int, int] | None:
    """`["twenty", "one"]` -> (21, 2)."""
    word = word_at(words, position)
    if word in _BELOW_TWENTY:
        return _BELOW_TWENTY[word], position + 1
    if word in _TENS:
        unit = DIGITS.get(word_at(words, position + 1), 0)
        return (_TENS[word] + unit, position + 2) if unit else (_TENS[word], position + 1)
    return None


def _below_ten_thousand(words: Sequence[str], position: int) -> tuple[int, int] | None:
    """Up to 999, or hundreds up to "ninety nine hundred"; "a hundred" and "and" are understood."""
    if word_at(words, position) == "a" and word_at(words, position + 1) in ("hundred", "thousand"):
        head: tuple[int, int] | None = (1, position + 1)
    else:
        head = below_hundred(words, position)
    if head is None or word_at(words, head[1]) != "hundred" or head[0] % 10 == 0:
        return head
    value, end = head[0] * 100, head[1] + 1
    joined = word_at(words, end) == "and" and word_at(words, position - 1) != "between"
    rest = below_hundred(words, end + joined)
    if rest and rest[0] and word_at(words, rest[1]) != "hundred":
        return value + rest[0], rest[1]
    return value, end


def cardinal_at(words: Sequence[str], position: int) -> tuple[int, int] | None:
    """`["two", "thousand", "and", "five", "men"]` -> (2005, 4)."""
    total, limit, end = 0, 10**18, position
    while True:
        group = _below_ten_thousand(words, end)
        if group is None or (group[0] == 0 and total):
            break
        value, after = group
        scale = _SCALES.get(word_at(words, after))
        if scale and 0 < scale < limit and value:
            total, limit, end = total + value * scale, scale, after + 1
            if scale == 1000 and word_at(words, end) == "and":
                tail = below_hundred(words, end + 1)
                if tail and tail[0] and word_at(words, tail[1]) not in ("hundred", *_SCALES):
                    return total + tail[0], tail[1]
            continue
        if total and value >= limit:
            break
        return total + value, after
    return (total, end) if end > position else None


def amount_at(words: Sequence[str], position: int) -> Amount | None:
    """A cardinal or a decimal: "three point one four", "two point five million"."""
    read = cardinal_at(words, position)
    if read is None:
        return None
    value, end = read
    last = word_at(words, end - 1)
    if word_at(words, end) == "point":
        fraction, after = digit_run(words, end + 1)
        pair = below_hundred(words, end + 1)
        if not fraction and pair and pair[0] >= 10:
            fraction, after = str(pair[0]), pair[1]
        if fraction:
            digits = f"{value}.{fraction}"
            scale = word_at(words, after)
            if scale in _SCALES and scale != "thousand":
                return Amount(digits, after + 1, float(digits) * _SCALES[scale], scale, True)
            return Amount(digits, after, float(digits), "", True)
    if last in _SCALES and last != "thousand" and value % _SCALES[last] == 0:
        return Amount(str(value // _SCALES[last]), end, value, last)
    return Amount(str(value), end, value, "thousand" if last == "thousand" else "")


def ordinal_at(words: Sequence[str], position: int) -> tuple[int, int] | None:
    """`["twenty", "first"]` -> (21, 2); `["one", "hundred", "and", "fifth"]` -> (105, 4)."""
    word = word_at(words, position)
    if word in _ORDINALS:
        return _ORDINALS[word], position + 1
    read = cardinal_at(words, position)
    if read is None:
        return None
    value, end = read
    tail = word_at(words, end + (word_at(words, end) == "and"))
    last = _ORDINALS.get(tail, 0)
    if last and last < 10 and value >= 20 and value % 10 == 0 and tail == word_at(words, end):
        return value + last, end + 1
    if last and last < 100 and value >= 100 and value % 100 == 0:
        return value + last, end + 1 + (word_at(words, end) == "and")
    if last in (100, 1000) and value < last:
        return value * last, end + 1
    return None


def digit_run(words: Sequence[str], position: int) -> tuple[str, int]:
    """Digits said one by one from `position`: "four oh double seven" -> ("4077", end)."""
    digits, end = "", position
    while True:
        word = word_at(words, end)
        if word in DIGITS:
            digits, end = digits + str(DIGITS[word]), end + 1
        elif word == "oh" or (word == "o" and digits and word_at(words, end + 1) in DIGITS):
            digits, end = digits + "0", end + 1
        elif word in ("double", "triple") and word_at(words, end + 1) in (*DIGITS, "oh"):
            digit = str(DIGITS.get(words[end + 1], 0))
            digits, end = digits + digit * (2 if word == "double" else 3), end + 2
        else:
            return digits, end
