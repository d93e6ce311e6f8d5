"""What people give things: names, descriptions, properties, ids; checked before they are kept."""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from attune.errors import InputError
from attune.service.errors import NotFound
from attune.text import normalize

__all__ = [
    "MOST_DESCRIPTION",
    "MOST_NAME",
    "MOST_PROPERTIES",
    "chosen",
    "described",
    "file_name",
    "identifier",
    "known_language",
    "named",
    "properties",
    "same_language",
    "web_address",
]

MOST_NAME = 200
MOST_DESCRIPTION = 4_000
MOST_PROPERTIES = 50
_MOST_KEY, _MOST_VALUE = 64, 1_000
_LONGEST_ADDRESS = 4_000
_LANGUAGE = re.compile(r"([a-z]{2,3})-([a-z]{2})", re.IGNORECASE)


def named(value: str, field: str = "displayName") -> str:
    """A name without spaces around it; InputError for none, a long one, or control characters."""
    name = value.strip()
    if not name:
        raise InputError(f"{field} is empty: give a name")
    if len(name) > MOST_NAME:
        raise InputError(f"{field} has {len(name)} characters: use at most {MOST_NAME}")
    if not name.isprintable():
        raise InputError(f"{field} holds characters that cannot be shown: leave them out")
    return name


def described(value: str, field: str = "description") -> str:
    """A description, possibly empty; InputError for a long one, or control characters."""
    if len(value) > MOST_DESCRIPTION:
        raise InputError(f"{field} has {len(value)} characters: use at most {MOST_DESCRIPTION}")
    if not value.replace("\n", "").replace("\r", "").replace("\t", "").isprintable():
        raise InputError(f"{field} holds characters that cannot be shown: leave them out")
    return value


def properties(value: Mapping[str, str] | None) -> dict[str, str]:
    """The caller's own properties; InputError for many, long or unprintable ones."""
    value = value or {}
    if len(value) > MOST_PROPERTIES:
        raise InputError(f"customProperties has {len(value)} entries: use at most 50")
    for key, text in value.items():
        if not isinstance(text, str):
            raise InputError(f"customProperties: {key!r} is no text: give texts alone")
        if not 0 < len(key) <= _MOST_KEY or len(text) > _MOST_VALUE:
            raise InputError(
                f"customProperties: {key[:80]!r} is too long or empty: use at most {_MOST_KEY} "
                f"characters for a name and {_MOST_VALUE} for a value"
            )
        if not key.isprintable():
            raise InputError("customProperties: a name holds characters that cannot be shown")
        described(text, f"customProperties: {key!r}")
    return dict(value)


def identifier(value: str, what: str) -> str:
    """`value` as ids are written; NotFound when it is no UUID, since nothing has such an id."""
    try:
        return str(uuid.UUID(value))
    except (ValueError, AttributeError, TypeError):
        raise NotFound(f"there is no {what} with this id") from None


def known_language(value: str) -> str:
    """The tag of a language that has rules for its texts, as usually written (`en-US`).

    InputError for any other.
    """
    form = _LANGUAGE.fullmatch(value.strip())
    if form is None:
        raise InputError(f"locale {value[:40]!r} is no language: write it like en-US")
    language = f"{form[1].lower()}-{form[2].upper()}"
    normalize("", language)
    return language


def same_language(given: str | None, language: str) -> None:
    """InputError when somebody names another language than the project's."""
    if given is not None and given.strip().lower() != language.lower():
        raise InputError(f"locale is {given[:40]!r}, but the project is for {language}")


def chosen(value: str, allowed: Collection[str], field: str) -> str:
    """The one of `allowed` that `value` names, whatever its letter case; InputError for others."""
    for each in allowed:
        if each.lower() == value.strip().lower():
            return each
    raise InputError(f"{field} {value[:60]!r} is not known: use one of {', '.join(allowed)}")


def web_address(value: str, field: str) -> str:
    """An address that something can be fetched from; InputError for others than http and https, and
    for names and passwords in them."""
    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
        usable = usable and parts.username is None and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable or len(value) > _LONGEST_ADDRESS or not value.isprintable():
        raise InputError(f"{field}: {value[:200]!r} is no http or https address")
    return value


def file_name(value: str, default: str) -> str:
    """The last part of a file's name, for people and for its suffix; never a path to open."""
    last = value.replace("\\", "/").rpartition("/")[2].strip()
    shown = "".join(letter for letter in last if letter.isprintable())
    return shown[-MOST_NAME:].lstrip(".") or default
