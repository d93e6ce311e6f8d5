"""Inverse rules for times of day, dates and years."""

from __future__ import annotations

from collections.abc import Sequence

from .english_tables import MONTHS
from .inverse import InverseRule, Written
from .inverse_tables import (
    CONNECTORS,
    COUNTED,
    NOT_AN_HOUR,
    PRICE_CUES,
    PRONOUNS,
    TIME_CUES,
    TIME_FOLLOWERS,
    YEAR_CUES,
)
from .spoken_numbers import below_hundred, cardinal_at, ordinal_at, word_at

__all__ = ["RULES", "ordinal_digits", "year_at"]

_MONTHS = frozenset(MONTHS)


def ordinal_digits(value: int) -> str:
    """22 -> "22nd"."""
    if value % 100 in (11, 12, 13):
        return f"{value}th"
    return f"{value}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(value % 10, 'th') }"


def _hour(words: Sequence[str], position: int, largest: int = 12) -> tuple[int, int] | None:
    read = below_hundred(words, position)
    return read if read and 1 <= read[0] <= largest else None


def _minute(words: Sequence[str], position: int) -> tuple[str, int] | None:
    if word_at(words, position) == "oh":
        read = below_hundred(words, position + 1)
        return (f"0{read[0]}", read[1]) if read and 1 <= read[0] <= 9 else None
    read = below_hundred(words, position)
    return (str(read[0]), read[1]) if read and 10 <= read[0] <= 59 else None


def _meridiem(words: Sequence[str], position: int) -> tuple[str, int] | None:
    word = word_at(words, position)
    if word in ("am", "pm"):
        return word.upper(), position + 1
    if word in ("a", "p") and word_at(words, position + 1) == "m":
        return f"{word.upper()}M", position + 2
    return None


def _clock(words: Sequence[str], position: int) -> tuple[str, int, bool] | None:
    """Hour and minute from 1 to 12 o'clock: text, end and whether minutes were said."""
    # "twenty" would swallow the next word, so hours are single words.
    hour = _hour(words, position)
    if hour is None or hour[1] != position + 1:
        return None
    minute = _minute(words, hour[1])
    if minute:
        return f"{hour[0]}:{minute[0]}", minute[1], True
    return str(hour[0]), hour[1], False


def _time(words: Sequence[str], position: int) -> Written | None:
    before = word_at(words, position - 1)
    clock = _clock(words, position)
    if clock is None:
        return _military(words, position) if before == "at" else None
    text, end, minutes = clock
    half = _meridiem(words, end)
    if half and not (words[position] == "one" and before in NOT_AN_HOUR):
        return ((f"{text} {half[0]}", half[1]),)
    after = word_at(words, end)
    if after == "o'clock" and not minutes:
        return ((text, end), (after, end + 1))
    if after in CONNECTORS:
        until = _clock(words, end + 1)
        half = _meridiem(words, until[1]) if until else None
        if until and half:
            return ((text, end), (after, end + 1), (f"{until[0]} {half[0]}", half[1]))
    if not minutes or after in COUNTED - {"and", "or"}:
        return None
    if before in TIME_CUES or after in TIME_FOLLOWERS or text.endswith((":15", ":30", ":45")):
        return ((text, end),)
    return None


def _military(words: Sequence[str], position: int) -> Written | None:
    """Times after noon on the 24-hour clock, which only "at" tells from other numbers."""
    hour = below_hundred(words, position)
    if hour is None and word_at(words, position) == "twenty":
        hour = (20, position + 1)
    if hour is None:
        return None
    for value, end in (hour, (20, position + 1) if words[position] == "twenty" else hour):
        if not 13 <= value <= 23:
            continue
        if word_at(words, end) == "hundred":
            hours = word_at(words, end + 1) == "hours"
            return ((f"{value}:00", end + 1 + hours),)
        minute = _minute(words, end)
        if minute and word_at(words, minute[1]) not in COUNTED:
            return ((f"{value}:{minute[0]}", minute[1]),)
    return None


def year_at(words: Sequence[str], position: int) -> tuple[str, int] | None:
    """ "eighteen ninety five", "nineteen oh five", "twenty twenty", "two thousand five"."""
    word = word_at(words, position)
    if word == "two" and word_at(words, position + 1) == "thousand":
        read = cardinal_at(words, position)
        return (str(read[0]), read[1]) if read and 2000 <= read[0] <= 2099 else None
    # "twenty one twelve" is not 2112: a century is one word.
    century = below_hundred((word,), 0)
    if century is None or not 10 <= century[0] <= 20:
        return None
    if word_at(words, position + 1) == "oh":
        read = below_hundred(words, position + 2)
        return (f"{century[0]}0{read[0]}", read[1]) if read and 1 <= read[0] <= 9 else None
    read = below_hundred(words, position + 1)
    if read and 10 <= read[0] <= 99:
        return f"{century[0]}{read[0]}", read[1]
    return None


def _year(words: Sequence[str], position: int) -> Written | None:
    decade = _decade(words, position)
    if decade:
        return decade
    before = word_at(words, position - 1)
    if before in PRICE_CUES:
        return None
    cue = before in YEAR_CUES
    read = year_at(words, position)
    if read is None:
        hundreds = below_hundred(words, position)
        if hundreds and 11 <= hundreds[0] <= 19 and word_at(words, hundreds[1]) == "hundred":
            end = hundreds[1] + 1
            if cue and word_at(words, end) not in COUNTED | {"and"}:
                return ((f"{hundreds[0]}00", end),)
        return None
    text, end = read
    number = ordinal_at(words, position)
    if (number and number[1] > end) or (text == "2000" and not cue):
        return None
    if word_at(words, end) in COUNTED - {"and", "or"} or (text[:2] < "13" and not cue):
        return None
    return ((text, end),)


def _decade(words: Sequence[str], position: int) -> Written | None:
    """ "the nineteen eighties" -> 1980s, "the eighteen hundreds" -> 1800s."""
    century = below_hundred(words[position : position + 1], 0)
    plural = word_at(words, position + 1)
    if century is None or not 10 <= century[0] <= 20:
        return None
    if plural == "hundreds":
        return ((f"{century[0]}00s", position + 2),)
    if plural.endswith("ies"):
        tens = below_hundred((f"{plural[:-3]}y",), 0)
        if tens:
            return ((f"{century[0]}{tens[0]}s", position + 2),)
    return None


def _date(words: Sequence[str], position: int) -> Written | None:
    word = words[position]
    if word in _MONTHS:
        return _month_first(words, position)
    day = ordinal_at(words, position)
    if day and 1 <= day[0] <= 31 and word_at(words, day[1]) == "of":
        month = word_at(words, day[1] + 1)
        if month in _MONTHS:
            end = day[1] + 2
            year = year_at(words, end)
            return (
                (ordinal_digits(day[0]), day[1]),
                ("of", end - 1),
                (month.capitalize(), end),
                *((year,) if year else ()),
            )
    return None


def _month_first(words: Sequence[str], position: int) -> Written | None:
    month = words[position].capitalize()
    verb = words[position] in ("may", "march") and word_at(words, position - 1) not in YEAR_CUES | {
        "on"
    }
    after = position + 1
    the = word_at(words, after) == "the"
    day = ordinal_at(words, after + the)
    if day and 1 <= day[0] <= 31 and not (verb and word_at(words, position - 1) in PRONOUNS):
        if the:
            return ((month, after), ("the", after + 1), (ordinal_digits(day[0]), day[1]))
        year = year_at(words, day[1])
        if year:
            return ((month, after), (f"{day[0]},", day[1]), year)
        return ((month, after), (ordinal_digits(day[0]), day[1]))
    if verb:
        return None
    year = year_at(words, after)
    if year and word_at(words, year[1]) not in COUNTED:
        return ((month, after), year)
    number = below_hundred(words, after)
    if number and 1 <= number[0] <= 31 and word_at(words, number[1]) not in COUNTED:
        year = year_at(words, number[1])
        if year:
            return ((month, after), (f"{number[0]},", number[1]), year)
        return ((month, after), (str(number[0]), number[1]))
    return None


RULES = (
    InverseRule("date", _date),
    InverseRule("time", _time),
    InverseRule("year", _year),
)
