"""Finding phrases in display text: whatever their case, by how they are written or how they sound.

"1 star motors" is found where the default rules wrote "1 Star Motors", and where the words "one
star motors" stand as they were said.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

from attune.errors import InputError

from .inverse import WrittenToken
from .normalization import normalize

__all__ = ["GRAMMAR_PUNCTUATION", "PhraseTable", "phrase_keys"]

GRAMMAR_PUNCTUATION = ".,?!:;、？。，¿¡।؟،"  # noqa: RUF001
"""Marks that do not count in a phrase at the edges of its words."""

Value = TypeVar("Value")


def phrase_keys(text: str) -> tuple[str, ...]:
    """The words of `text` as they are compared: lower case, no punctuation at their edges."""
    keys = (word.lower().strip(GRAMMAR_PUNCTUATION) for word in text.split())
    return tuple(key for key in keys if key)


class PhraseTable(Generic[Value]):
    """Phrases with a value each; of several that fit, the one of most words wins."""

    def __init__(self, phrases: Sequence[tuple[str, Value]], language: str) -> None:
        self._written = _Table[Value]()
        self._spoken = _Table[Value]()
        for text, value in phrases:
            self._written.add(phrase_keys(text), value)
            self._spoken.add(_spoken_keys(text, language), value)

    def find(
        self, words: Sequence[str], tokens: Sequence[WrittenToken]
    ) -> list[tuple[int, int, Value]]:
        """(first token, token after the last, value) of the phrases found, from right to left.

        `tokens` are the display text of the lower-case `words`. Matches do not overlap; they are
        chosen from left to right.
        """
        if not self._written.values:
            return []
        keys: list[str] = []
        first_key = [0]  # Of each token, and of the end.
        for token in tokens:
            keys += phrase_keys(token.text)
            first_key.append(len(keys))
        token_at_key = {key: index for index, key in enumerate(first_key)}
        token_at_word = {token.start: index for index, token in enumerate(tokens)}
        token_at_word[len(words)] = len(tokens)
        found: list[tuple[int, int, Value]] = []
        index = 0
        while index < len(tokens):
            written = self._written.longest(keys, first_key[index], token_at_key, index)
            spoken = self._spoken.longest(words, tokens[index].start, token_at_word, index)
            best = max((written, spoken), key=lambda item: item[0] if item else index)
            if best is None or best[0] <= index:
                index += 1
                continue
            found.append((index, *best))
            index = best[0]
        return found[::-1]


class _Table(Generic[Value]):
    """Key sequences with values, looked up from a position on."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, ...], Value] = {}
        self._lengths: dict[str, set[int]] = {}

    def add(self, keys: tuple[str, ...], value: Value) -> None:
        if keys and keys not in self.values:
            self.values[keys] = value
            self._lengths.setdefault(keys[0], set()).add(len(keys))

    def longest(
        self, keys: Sequence[str], start: int, token_at: dict[int, int], token: int
    ) -> tuple[int, Value] | None:
        """The token after the longest phrase from `keys[start]` that ends where a token does."""
        if start >= len(keys):
            return None
        for length in sorted(self._lengths.get(keys[start], ()), reverse=True):
            value = self.values.get(tuple(keys[start : start + length]))
            end = token_at.get(start + length, 0)
            if value is not None and end > token:
                return end, value
        return None


def _spoken_keys(text: str, language: str) -> tuple[str, ...]:
    try:
        return tuple(normalize(text, language).split())
    except InputError:  # No rules for this language: as it is written, then.
        return phrase_keys(text)
