"""Inverse rules for money, measures, ordinals, digit strings and other numbers.

They are conservative: numbers below ten stay words unless something around them says otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence

from .inverse import InverseRule, Written
from .inverse_dates import ordinal_digits
from .inverse_tables import (
    COUNTED,
    COUNTING_VERBS,
    DURATIONS,
    NUMBERED,
    NUMBERED_FROM_TWO,
    OPERATORS,
    PRICE_CUES,
    SAID_IN_PARTS,
    STREET_WORDS,
    SYMBOL_UNITS,
    UNIT_WORDS,
)
from .spoken_numbers import (
    DIGITS,
    Amount,
    amount_at,
    below_hundred,
    digit_run,
    ordinal_at,
    word_at,
)

__all__ = ["RULES"]

_CURRENCIES = {"dollars": "$", "dollar": "$", "euros": "€", "euro": "€", "yen": "¥"}
_TIMER_WORDS = frozenset(("timer", "alarm", "remind", "snooze", "countdown", "reminder"))
_LONGEST_UNIT = max(len(unit) for unit in SYMBOL_UNITS)


def _grouped(amount: Amount) -> str:
    """Digits with commas from a thousand up, and the scale in words from a million up."""
    whole, point, fraction = amount.digits.partition(".")
    text = f"{int(whole):,}{point}{fraction}"
    return f"{text} {amount.scale}" if amount.scale not in ("", "thousand") else text


def _bare_article(words: Sequence[str], position: int, amount: Amount) -> bool:
    """Whether it is just "a hundred" or "a thousand", which stay words."""
    return words[position] == "a" and amount.end == position + 2


def _after_words(words: Sequence[str], position: int, amount: Amount) -> bool:
    """Whether a small number in words goes before that digits must not follow.

    "three or four hundred", "two or three miles", "five and twenty".
    """
    if word_at(words, position - 2) not in DIGITS:
        return False
    joint = words[position - 1]
    return (joint in ("or", "to") and not 10 <= amount.value < 100) or (
        joint == "and" and 20 <= amount.value < 100 and amount.end == position + 1
    )


def _money(words: Sequence[str], position: int) -> Written | None:
    amount = amount_at(words, position)
    if amount is None or _bare_article(words, position, amount):
        return None
    if _after_words(words, position, amount):
        return None
    sign = _CURRENCIES.get(word_at(words, amount.end))
    if sign is None or amount.value == 0:
        return None
    text, end = f"{sign}{_grouped(amount)}", amount.end + 1
    cents_at = end + (word_at(words, end) == "and")
    cents = below_hundred(words, cents_at)
    if cents and word_at(words, cents[1]) in ("cents", "cent") and amount.scale in ("", "thousand"):
        return ((f"{text}.{cents[0]:02d}", cents[1] + 1),)
    return ((text, end),)


def _price(words: Sequence[str], position: int) -> Written | None:
    """A price as it is said, after a word that announces one: "it costs three fourteen"."""
    if word_at(words, position - 1) not in PRICE_CUES:
        return None
    dollars = below_hundred(words, position)
    if dollars is None or dollars[0] == 0:
        return None
    oh = word_at(words, dollars[1]) == "oh"
    cents = below_hundred(words, dollars[1] + oh)
    if cents is None or (cents[0] < 10) != oh or cents[0] == 0:
        return None
    if word_at(words, cents[1]) in COUNTED or below_hundred(words, cents[1]):
        return None
    return ((f"${dollars[0]}.{cents[0]:02d}", cents[1]),)


def _minus(words: Sequence[str], position: int) -> Written | None:
    """ "minus forty degrees celsius" -> -40°C, unless something is being subtracted."""
    if words[position] != "minus" or position + 1 == len(words) or words[position + 1] == "a":
        return None
    written = _measure(words, position + 1)
    amount = amount_at(words, position + 1)
    if written is None and amount:
        written = ((_grouped(amount), amount.end),)
    return ((f"-{written[0][0]}", written[0][1]), *written[1:]) if written else None


def _measure(words: Sequence[str], position: int) -> Written | None:
    amount = amount_at(words, position)
    if amount is None:
        return None
    end = amount.end
    for length in range(min(_LONGEST_UNIT, len(words) - end), 0, -1):
        symbol = SYMBOL_UNITS.get(tuple(words[end : end + length]))
        if symbol:
            return ((f"{_grouped(amount)}{symbol}", end + length),)
    if _bare_article(words, position, amount) or _after_words(words, position, amount):
        return None
    unit = word_at(words, end)
    if unit == "foot" and amount.value < 10 and not amount.fraction:
        inches = below_hundred(words, end + 1)
        if inches and inches[0] <= 11 and word_at(words, inches[1]) not in COUNTED:
            return ((f"{amount.digits}'{inches[0]}\"", inches[1]),)
        return None
    timed = unit in DURATIONS and not _TIMER_WORDS.isdisjoint(words[:position])
    if amount.value >= 2 and (unit in UNIT_WORDS or timed):
        return ((_grouped(amount), end), (unit, end + 1))
    return None


def _ordinal(words: Sequence[str], position: int) -> Written | None:
    read = ordinal_at(words, position)
    if read is None or read[0] < 10:
        return None
    value, end = read
    before, last = word_at(words, position - 1), words[end - 1]
    if end == position + 1 and (
        before in ("one", "a", "an") or last in ("hundredth", "thousandth")
    ):
        return (
            ((words[position], end),)
            if word_at(words, end) != "century"
            else ((ordinal_digits(value), end),)
        )
    if last == "second" and before in ("a", "an", "another", "every"):
        # "a twenty second timer"
        return ((str(value - 2), end - 1), (last, end))
    return ((f"{value:,}{ordinal_digits(value)[-2:]}", end),)


def _digits(words: Sequence[str], position: int) -> Written | None:
    """Telephone numbers and other digits said one by one, three or more."""
    singles, end = digit_run(words, position)
    prefix = ""
    if word_at(words, end) == "hundred" and len(singles) in (1, 2):
        # "eight hundred five five five …", "one eight hundred …"
        prefix, (singles, end) = singles + "00", digit_run(words, end + 1)
        if len(singles) != 7:
            return None
    if len(singles) >= 3:
        longer, after = singles, end
        while (pair := below_hundred(words, after)) and pair[0] >= 10:
            longer, after = longer + str(pair[0]), pair[1]
        if len(longer) in (7, 10, 11):
            singles, end = longer, after
    digits = prefix + singles
    counting = digits in "123456789" and len(digits) <= 5
    named = word_at(words, position - 1) in NUMBERED | NUMBERED_FROM_TWO
    if len(digits) < (4 if words[position] == "oh" else 3):
        return None
    if counting and not named:
        return tuple((word, k) for k, word in enumerate(words[position:end], position + 1))
    if word_at(words, end) in ("hundred", "thousand", "million", "point"):
        return None
    return ((_telephone(digits), end),)


def _telephone(digits: str) -> str:
    if len(digits) == 7:
        return f"{digits[:3]}-{digits[3:]}"
    if len(digits) == 10:
        return f"{digits[:3]}-{digits[3:6]}-{digits[6:]}"
    if len(digits) == 11 and digits[0] == "1":
        return f"1-{_telephone(digits[1:])}"
    if len(digits) == 16:
        return " ".join(digits[k : k + 4] for k in range(0, 16, 4))
    return digits


def _joined(words: Sequence[str], position: int) -> Written | None:
    """House, room and flight numbers said in parts: "one oh four", "forty nine oh two"."""
    head = below_hundred(words, position)
    if head is None or head[0] == 0:
        return None
    value, end = head
    if (name := SAID_IN_PARTS.get((words[position], word_at(words, end)))) is not None:
        return ((name, end + 1),)
    if word_at(words, end) == "oh":
        tail = below_hundred(words, end + 1)
        if tail is None or not 1 <= tail[0] <= 9:
            return None
        text, end = f"{value}0{tail[0]}", tail[1]
    else:
        tail = below_hundred(words, end)
        if tail is None or tail[0] < 10:
            return None
        text, end = f"{value}{tail[0]}", tail[1]
        # Without a cue, only three digits are taken for one number.
        named = word_at(words, position - 1) in NUMBERED | NUMBERED_FROM_TWO
        street = not STREET_WORDS.isdisjoint(words[end : end + 4])
        if len(text) > 3 and not (named or street):
            return None
    if word_at(words, end) in COUNTED or below_hundred(words, end):
        return None
    return ((text, end),)


def _sum(words: Sequence[str], position: int) -> Written | None:
    first = amount_at(words, position)
    if first is None:
        return None
    operator = OPERATORS.get(word_at(words, first.end))
    second = amount_at(words, first.end + 1) if operator else None
    if operator is None or second is None or words[first.end + 1] == "a":
        return None
    return ((_grouped(first), first.end), (operator, first.end + 1), (_grouped(second), second.end))


def _number(words: Sequence[str], position: int) -> Written | None:
    amount = amount_at(words, position)
    if amount is None or _bare_article(words, position, amount):
        return None
    if _after_words(words, position, amount):
        return tuple((word, k) for k, word in enumerate(words[position : amount.end], position + 1))
    before, after = word_at(words, position - 1), word_at(words, amount.end)
    if amount.value >= 10 or amount.fraction:
        return ((_written(amount, after), amount.end),)
    digits = amount.digits
    if after == "of" and (digits == "1" or before not in NUMBERED):
        return None
    if before in NUMBERED or (before in NUMBERED_FROM_TWO and digits != "1"):
        return ((digits, amount.end),)
    if (
        before in COUNTING_VERBS
        and digits not in "01"
        and after.endswith("s")
        and not after.endswith("ss")
    ):
        return ((digits, amount.end),)
    if after in ("to", "through"):
        upper = amount_at(words, amount.end + 1)
        if upper and 10 <= upper.value < 1e6 and word_at(words, amount.end + 1) not in DIGITS:
            return ((digits, amount.end), (after, amount.end + 1), (_grouped(upper), upper.end))
    return None


def _written(amount: Amount, after: str) -> str:
    if 2000 < amount.value < 2100 and not amount.fraction and after not in COUNTED:
        return amount.digits
    return _grouped(amount)


RULES = (
    InverseRule("money", _money),
    InverseRule("price", _price),
    InverseRule("minus", _minus),
    InverseRule("measure", _measure),
    InverseRule("sum", _sum),
    InverseRule("ordinal", _ordinal),
    InverseRule("digits", _digits),
    InverseRule("joined_number", _joined),
    InverseRule("number", _number),
)
