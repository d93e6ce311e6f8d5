"""Conditions and orders that clients write: `status eq 'Failed' and createdDateTime gt 2026-01-01`.

A grammar of its own, turned into SQL expressions with bound values: no text of a client's becomes
SQL. Operators: eq ne gt ge lt le, and, or, not, brackets; texts stand in single quotes, with a
quote in them doubled.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, not_, or_
from sqlalchemy.orm import InstrumentedAttribute

from attune.errors import InputError

__all__ = ["Columns", "ordering", "parse_filter"]

Columns = Mapping[str, InstrumentedAttribute[Any]]

_LONGEST, _DEEPEST = 1_000, 20
_TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<mark>[()])|(?P<word>[^\s()']+))")
_TIMES = ("createdDateTime", "lastActionDateTime")
_OPERATORS = {
    "eq": "__eq__",
    "ne": "__ne__",
    "gt": "__gt__",
    "ge": "__ge__",
    "lt": "__lt__",
    "le": "__le__",
}


def parse_filter(text: str, columns: Columns) -> ColumnElement[bool]:
    """The condition that `text` means; InputError saying what cannot be read."""
    if len(text) > _LONGEST:
        raise InputError(f"filter has {len(text)} characters: use at most {_LONGEST}")
    reading = _Reading(_tokens(text), columns)
    condition = reading.either(0)
    if reading.tokens:
        raise InputError(f"filter: {reading.tokens[0]!r} was not expected: write and, or between")
    return condition


def ordering(text: str, columns: Columns) -> list[ColumnElement[Any]]:
    """The order that `text` means, such as `displayName desc,createdDateTime`; InputError for
    fields that are not known."""
    wanted: list[ColumnElement[Any]] = []
    for part in filter(None, (part.strip() for part in text[:_LONGEST].split(","))):
        name, _, way = part.partition(" ")
        if name not in columns or way.strip().lower() not in ("", "asc", "desc"):
            raise InputError(
                f"orderby {part!r}: write a field ({', '.join(columns)}), and asc or desc"
            )
        column = columns[name]
        wanted.append(column.desc() if way.strip().lower() == "desc" else column.asc())
    return wanted


def _tokens(text: str) -> list[str]:
    tokens, place = [], 0
    text = text.strip()
    while place < len(text):
        token = _TOKEN.match(text, place)
        if token is None:
            raise InputError(f"filter: cannot read {text[place : place + 40]!r}: close the quote")
        tokens.append(token[0].strip())
        place = token.end()
    return tokens


class _Reading:
    """What is left to read."""

    def __init__(self, tokens: list[str], columns: Columns) -> None:
        self.tokens, self._columns = tokens, columns

    def either(self, depth: int) -> ColumnElement[bool]:
        parts = [self.both(depth)]
        while self._next("or"):
            parts.append(self.both(depth))
        return or_(*parts) if len(parts) > 1 else parts[0]

    def both(self, depth: int) -> ColumnElement[bool]:
        parts = [self.one(depth)]
        while self._next("and"):
            parts.append(self.one(depth))
        return and_(*parts) if len(parts) > 1 else parts[0]

    def one(self, depth: int) -> ColumnElement[bool]:
        if depth > _DEEPEST:
            raise InputError("filter: too many brackets: write it more simply")
        if self._next("not"):
            return not_(self.one(depth + 1))
        if self._next("("):
            inside = self.either(depth + 1)
            if not self._next(")"):
                raise InputError("filter: a bracket is not closed")
            return inside
        return self.comparison()

    def comparison(self) -> ColumnElement[bool]:
        name, operator, value = (self._take() for _ in range(3))
        column = self._columns.get(name)
        if column is None:
            raise InputError(f"filter: {name!r} is no field: use one of {', '.join(self._columns)}")
        if operator not in _OPERATORS:
            raise InputError(f"filter: {operator!r} is no operator: use {', '.join(_OPERATORS)}")
        compared: ColumnElement[bool] = getattr(column, _OPERATORS[operator])(_value(name, value))
        return compared

    def _next(self, token: str) -> bool:
        if self.tokens and self.tokens[0].lower() == token:
            self.tokens.pop(0)
            return True
        return False

    def _take(self) -> str:
        if not self.tokens:
            raise InputError("filter: it ends too early: write for example status eq 'Failed'")
        return self.tokens.pop(0)


def _value(name: str, token: str) -> str | datetime:
    text = token[1:-1].replace("''", "'") if token.startswith("'") else token
    if "\0" in text:
        raise InputError("filter: a value holds a NUL character: leave it out")
    if name not in _TIMES:
        return text
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(f"filter: {text!r} is no time: write 2026-01-31T12:00:00Z") from None
    return time if time.tzinfo is not None else time.replace(tzinfo=UTC)
