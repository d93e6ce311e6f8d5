"""JSON of the management API as values, and references to things as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

__all__ = [
    "OWN",
    "V3",
    "Identified",
    "given",
    "id_in",
    "id_of",
    "moment",
    "optional_moment",
    "reference",
]

V3 = "/speechtotext/v3.2"
"""Where the API in the shape of Speech-to-text REST v3 lies."""
OWN = "/attune/v1"
"""Where what that lacks lies."""

Json = Mapping[str, Any]


class Identified(Protocol):
    """Anything that the service has given an id."""

    @property
    def id(self) -> str:
        """The id."""
        ...


def id_of(thing: Identified | str) -> str:
    """The id of a thing, or the id itself."""
    return thing if isinstance(thing, str) else thing.id


def id_in(value: Json | None) -> str | None:
    """The id in a reference, None for none."""
    return None if value is None else str(value["self"]).rstrip("/").rpartition("/")[2]


def reference(thing: Identified | str | None) -> dict[str, str] | None:
    """A thing as requests name it."""
    return None if thing is None else {"self": id_of(thing)}


def given(**values: object) -> dict[str, object]:
    """A document without what is None; names with `_` as the API writes them."""
    return {_camel(name): value for name, value in values.items() if value is not None}


def moment(text: str) -> datetime:
    """A time with its zone."""
    return datetime.fromisoformat(text)


def optional_moment(text: str | None) -> datetime | None:
    """As `moment`, None for none."""
    return None if text is None else moment(text)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)
