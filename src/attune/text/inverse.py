"""Inverse text normalisation: spoken words to written tokens that remember their words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["InverseRule", "InverseRules", "Written", "WrittenToken", "apply_inverse_rules"]


@dataclass(frozen=True, slots=True)
class WrittenToken:
    """Written text that stands for `words[start:end]`; `rule` names what wrote it, "" as said."""

    text: str
    start: int
    end: int
    rule: str = ""


Written = tuple[tuple[str, int], ...]
"""What a rule writes: texts, each with the position after the words that it stands for."""


@dataclass(frozen=True, slots=True)
class InverseRule:
    """A named rule: `write` returns what to write from a position on, or None to pass."""

    name: str
    write: Callable[[Sequence[str], int], Written | None]


class InverseRules(NamedTuple):
    """The rules of a language, in their order. Only words in `first_words`, or in front of a word
    in `second_words`, are offered to them."""

    rules: tuple[InverseRule, ...]
    first_words: frozenset[str]
    second_words: frozenset[str]


def apply_inverse_rules(words: Sequence[str], language: InverseRules) -> list[WrittenToken]:
    """From left to right, the first rule that writes something wins.

    The tokens cover every word exactly once and in order.
    """
    rules, first_words, second_words = language
    tokens: list[WrittenToken] = []
    position = 0
    while position < len(words):
        word = words[position]
        following = words[position + 1] if position + 1 < len(words) else ""
        if word in first_words or following in second_words:
            for rule in rules:
                written = rule.write(words, position)
                if written:
                    for text, end in written:
                        tokens.append(WrittenToken(text, position, end, rule.name))
                        position = end
                    break
            else:
                tokens.append(WrittenToken(word, position, position + 1))
                position += 1
        else:
            tokens.append(WrittenToken(word, position, position + 1))
            position += 1
    return tokens
