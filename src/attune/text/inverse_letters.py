"""Inverse rules for spelled letters, e-mail and web addresses, and fixed phrases."""

from __future__ import annotations

from collections.abc import Sequence

from .english_tables import INITIALISMS, REGNAL_NAMES, ROMAN
from .inverse import InverseRule, Written
from .inverse_tables import (
    EMAIL_STOP_WORDS,
    LETTER_PHRASES,
    PHRASES,
    RULERS,
    TOP_LEVEL,
    TWO_WORD_TOP_LEVEL,
)
from .spoken_numbers import DIGITS, below_hundred, digit_run, ordinal_at, word_at

__all__ = ["ADDRESS_RULES", "FIRST_WORDS", "RULES"]

_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")
_KNOWN = INITIALISMS | LETTER_PHRASES
_LONGEST_KNOWN = max(map(len, _KNOWN))
_JOINERS = {"dot": ".", "underscore": "_", "dash": "-", "hyphen": "-"}
_ROMAN = {value: numeral for numeral, value in ROMAN.items()}
_LONGEST_PHRASE = max(len(phrase) for phrase in PHRASES)


def _phrase(words: Sequence[str], position: int) -> Written | None:
    for length in range(min(_LONGEST_PHRASE, len(words) - position), 1, -1):
        written = PHRASES.get(tuple(words[position : position + length]))
        if written is None:
            continue
        end = position + length
        if words[end - 1] in _LETTERS and word_at(words, end) in _LETTERS - {"a", "i"}:
            continue
        if words[position] in DIGITS and word_at(words, position - 1) in DIGITS:
            continue
        if len(written) == 1:
            return ((written[0], end),)
        return tuple((text, position + k + 1) for k, text in enumerate(written))
    return None


def _tens_at(words: Sequence[str], position: int) -> bool:
    read = below_hundred(words, position)
    return read is not None and read[0] >= 10


def _letters(words: Sequence[str], position: int) -> Written | None:
    """Two or more single letters: known initialisms first, else all of them in capitals.

    "a" and "i" at the edges are the words they usually are. Digits between or after letters join
    them ("b c eight seven four" -> BC874).
    """
    run, end = "", position
    while word_at(words, end) in _LETTERS or (
        # "u a four fifty two" is UA and then 452.
        run and word_at(words, end) in DIGITS and not _tens_at(words, end + 1)
    ):
        run += str(DIGITS[words[end]]) if words[end] in DIGITS else words[end]
        end += 1
    final = word_at(words, end)
    plural = len(final) == 3 and final[0] in _LETTERS and final[1:] == "'s"
    if plural and run:
        run, end = run + final[0], end + 1
    if run[:1] == "a" and run[1:] in _KNOWN:
        return None
    letters = run.rstrip("0123456789")
    for length in range(min(len(letters), _LONGEST_KNOWN), 1, -1):
        if run[:length] in _KNOWN and (length == len(letters) or letters == run):
            suffix = ""
            if plural and length == len(run):
                suffix = "s" if f"{run}s" in INITIALISMS else "'s"
            known = (run[:length].upper() + suffix, position + length)
            number = run[length:] if run[length:].isdigit() else ""
            return (known, (number, end)) if number else (known,)
    if plural:
        return ((f"{run.upper()}'s", end),) if len(run) > 1 else None
    while run and run[-1] in "ai" and len(run) <= 3 and below_hundred(words, end) is None:
        run, end = run[:-1], end - 1
    if run[:1] in ("a", "i") and len(run) <= 3:
        return None
    if len(run) < 2 or (len(letters) == 1 and len(run) < 3):
        return None
    return ((run.upper(), end),)


def _single_letter(words: Sequence[str], position: int) -> Written | None:
    word = words[position]
    return ((word.upper(), position + 1),) if word in _LETTERS - {"a"} else None


def _part(words: Sequence[str], position: int) -> tuple[str, int] | None:
    """A piece of an address: one word, or letters and digits said one by one."""
    digits, end = digit_run(words, position)
    if digits and words[position] != "oh":
        return digits, end
    text = ""
    end = position
    while word_at(words, end) in _LETTERS:
        text, end = text + words[end], end + 1
    if text:
        return text, end
    word = word_at(words, position).replace("'", "")
    return (word, position + 1) if word and word not in _JOINERS else None


def _top_level(words: Sequence[str], position: int) -> tuple[str, int] | None:
    pair = TWO_WORD_TOP_LEVEL.get((word_at(words, position), word_at(words, position + 1)))
    if pair:
        return pair, position + 2
    word = word_at(words, position)
    return (word, position + 1) if word in TOP_LEVEL else None


def _joined_parts(words: Sequence[str], position: int, *, mailbox: bool) -> tuple[str, int] | None:
    part = _part(words, position)
    if part is None:
        return None
    text, end = part
    while word_at(words, end) in (_JOINERS if mailbox else ("dot", "dash", "hyphen")):
        part = _part(words, end + 1)
        if part is None:
            break
        text, end = f"{text}{_JOINERS[words[end]]}{part[0]}", part[1]
    # "john smith one two at": digits after a name belong to it.
    if mailbox and (extra := digit_run(words, end))[0]:
        text, end = text + extra[0], extra[1]
    return text, end


def _host(words: Sequence[str], position: int) -> tuple[str, int] | None:
    """Parts joined by dots of which the last is a top-level domain; then an optional path."""
    labels: list[str] = []
    end = position
    best: tuple[str, int] | None = None
    while (part := _part(words, end)) is not None:
        label, after = part
        while word_at(words, after) in ("dash", "hyphen"):
            more = _part(words, after + 1)
            if more is None:
                break
            label, after = f"{label}-{more[0]}", more[1]
        labels.append(label)
        if word_at(words, after) != "dot":
            break
        top = _top_level(words, after + 1)
        if top:
            best = (".".join((*labels, top[0])), top[1])
        end = after + 1
    if best is None:
        return None
    text, end = best
    while word_at(words, end) == "slash":
        part = _joined_parts(words, end + 1, mailbox=True)
        if part is None:
            break
        text, end = f"{text}/{part[0]}", part[1]
    return text, end


def _email(words: Sequence[str], position: int) -> Written | None:
    if words[position] in EMAIL_STOP_WORDS and word_at(words, position + 1) == "at":
        return None
    local = _joined_parts(words, position, mailbox=True)
    if local is None or word_at(words, local[1]) != "at":
        return None
    host = _host(words, local[1] + 1)
    return ((f"{local[0]}@{host[0]}", host[1]),) if host else None


def _web(words: Sequence[str], position: int) -> Written | None:
    host = _host(words, position)
    return (host,) if host else None


def _regnal(words: Sequence[str], position: int) -> Written | None:
    """ "king henry the eighth" -> King Henry VIII; small ordinals need the title."""
    name = words[position]
    if name not in REGNAL_NAMES or word_at(words, position + 1) != "the":
        return None
    number = ordinal_at(words, position + 2)
    if number is None or number[0] not in _ROMAN or number[0] == 1:
        return None
    if word_at(words, position - 1) not in RULERS and number[0] < 6:
        return None
    return ((name.capitalize(), position + 1), (_ROMAN[number[0]], number[1]))


ADDRESS_RULES = (InverseRule("email", _email), InverseRule("web", _web))
RULES = (
    InverseRule("phrase", _phrase),
    InverseRule("regnal", _regnal),
    InverseRule("letters", _letters),
    InverseRule("letter", _single_letter),
)
FIRST_WORDS = _LETTERS | REGNAL_NAMES | {phrase[0] for phrase in PHRASES}
