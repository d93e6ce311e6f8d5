"""Reading the fields of a JSON object strictly: every complaint names the field and the cure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from attune.errors import InputError

__all__ = ["Fields", "JsonValue"]

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"


class Fields:
    """One JSON object whose fields are taken one by one; `finish` refuses what nobody took.

    `where` is the name that messages use, such as ``my.attune: bundle.json: lineage``.
    """

    def __init__(self, value: object, where: str) -> None:
        if not isinstance(value, dict):
            raise InputError(f"{where} must be a JSON object, found {_kind(value)}")
        self._values: dict[str, JsonValue] = value
        self._where = where
        self._taken: set[str] = set()

    def _take(self, key: str) -> JsonValue:
        self._taken.add(key)
        if key not in self._values:
            raise InputError(f"{self._where} lacks the field {key!r}")
        return self._values[key]

    def _wrong(self, key: str, expected: str, value: object) -> InputError:
        return InputError(f"{self._where}: {key!r} must be {expected}, found {_kind(value)}")

    def text(self, key: str) -> str:
        """A string field."""
        value = self._take(key)
        if not isinstance(value, str):
            raise self._wrong(key, "text", value)
        return value

    def optional_text(self, key: str) -> str | None:
        """A string field, or null."""
        value = self._take(key)
        if value is not None and not isinstance(value, str):
            raise self._wrong(key, "text or null", value)
        return value

    def count(self, key: str) -> int:
        """A whole number that is not negative."""
        value = self._take(key)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise self._wrong(key, "a whole number, 0 or more", value)
        return value

    def number(self, key: str) -> float:
        """A number, as float."""
        value = self._take(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._wrong(key, "a number", value)
        try:
            return float(value)
        except OverflowError:
            raise self._wrong(key, "a number within float64", value) from None

    def optional_number(self, key: str) -> float | None:
        """A number as float, or null."""
        if self._values.get(key, 0) is None:
            self._taken.add(key)
            return None
        return self.number(key)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of strings."""
        value = self._take(key)
        if not isinstance(value, list):
            raise self._wrong(key, "a list of texts", value)
        texts: list[str] = []
        for item in value:
            if not isinstance(item, str):
                raise self._wrong(key, "a list of texts", item)
            texts.append(item)
        return tuple(texts)

    def object(self, key: str) -> Mapping[str, JsonValue]:
        """A nested object, taken as it is."""
        value = self._take(key)
        if not isinstance(value, dict):
            raise self._wrong(key, "a JSON object", value)
        return value

    def fields(self, key: str) -> Fields:
        """A nested object whose fields are read one by one."""
        return Fields(self._take(key), f"{self._where}: {key}")

    def list_of_fields(self, key: str) -> list[Fields]:
        """A list of nested objects."""
        value = self._take(key)
        if not isinstance(value, list):
            raise self._wrong(key, "a list", value)
        return [Fields(item, f"{self._where}: {key}[{i}]") for i, item in enumerate(value)]

    def names(self) -> tuple[str, ...]:
        """The names of all fields in their order."""
        return tuple(self._values)

    def finish(self) -> None:
        """Refuse fields that nobody took: they would be lost on the next write."""
        unknown = [key for key in self._values if key not in self._taken]
        if unknown:
            raise InputError(
                f"{self._where} has the unknown field {unknown[0]!r}: "
                "it was edited by hand or written by another version of Attune"
            )


def _kind(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
