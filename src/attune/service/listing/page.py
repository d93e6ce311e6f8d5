"""One page of a list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.orm.interfaces import ORMOption

from attune.errors import InputError
from attune.service.listing.filtering import Columns, ordering, parse_filter

__all__ = ["MOST_A_PAGE", "Page", "cut", "select_page"]

MOST_A_PAGE = 1_000
_FARTHEST = 2**31 - 1

Value = TypeVar("Value")
Other = TypeVar("Other")


@dataclass(frozen=True, slots=True)
class Page(Generic[Value]):
    """A part of a list: `values` from place `skip` (from 0) of `total`."""

    values: tuple[Value, ...]
    skip: int
    total: int

    @property
    def next(self) -> int | None:
        """Where the next page begins; None for the last."""
        following = self.skip + len(self.values)
        return following if self.values and following < self.total else None

    def map(self, change: Callable[[Value], Other]) -> Page[Other]:
        """The same page of other values."""
        return Page(tuple(change(value) for value in self.values), self.skip, self.total)


def checked(skip: int, top: int) -> None:
    """InputError for a page that cannot be."""
    if not 0 <= skip <= _FARTHEST:
        raise InputError(f"skip is {skip}: give a number from 0")
    if not 1 <= top <= MOST_A_PAGE:
        raise InputError(f"top is {top}: give a number from 1 to {MOST_A_PAGE}")


def cut(values: Iterable[Value], skip: int, top: int) -> Page[Value]:
    """A page of values that are counted by looking at each; InputError for a bad page."""
    checked(skip, top)
    walking = iter(values)
    passed = sum(1 for _ in islice(walking, skip))
    taken = tuple(islice(walking, top))
    rest = sum(1 for _ in walking)
    return Page(taken, skip, passed + len(taken) + rest)


def select_page(
    session: Session,
    row: type[Value],
    where: Sequence[ColumnElement[bool]],
    *,
    skip: int = 0,
    top: int = 100,
    filter: str = "",
    order: str = "",
    options: Sequence[ORMOption] = (),
) -> Page[Value]:
    """The page of a table's rows that `where` and the caller's `filter` allow, newest first unless
    `order` says otherwise. InputError for a page, filter or order that cannot be."""
    checked(skip, top)
    columns = columns_of(row)
    conditions = [*where]
    if filter.strip():
        conditions.append(parse_filter(filter, columns))
    total = session.scalar(select(func.count()).select_from(row).where(*conditions)) or 0
    values = session.scalars(
        select(row)
        .where(*conditions)
        .options(*options)
        .order_by(*ordering(order, columns), *default_order(row))
        .offset(skip)
        .limit(top)
    )
    return Page(tuple(values), skip, total)


_NAMES = {
    "displayName": "name",
    "description": "description",
    "createdDateTime": "created",
    "lastActionDateTime": "changed",
    "status": "status",
    "locale": "language",
    "kind": "kind",
}


def columns_of(row: type[Any]) -> Columns:
    """What a table may be filtered and ordered by: the API's name -> column."""
    return {
        name: column
        for name, attribute in _NAMES.items()
        if isinstance(column := getattr(row, attribute, None), InstrumentedAttribute)
    }


def default_order(row: type[Any]) -> list[ColumnElement[Any]]:
    """Newest first; the id settles ties, so that pages never overlap."""
    time = getattr(row, "created", None)
    if time is None:
        time = row.time
    return [time.desc(), row.id.desc()]
