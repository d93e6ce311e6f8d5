"""The one text normaliser: what training, language models and scoring do to every transcript."""

from __future__ import annotations

from collections.abc import Container
from functools import cache

from attune.errors import InputError

from .rules import Change, Rules

__all__ = ["explain", "normal_symbols", "normalize"]


# Each language is imported when it is used: hundreds of patterns to compile, which recognition
# does without.
def _english() -> Rules:
    from .english import ENGLISH

    return ENGLISH


def _german() -> Rules:
    from .german import GERMAN

    return GERMAN


def _chinese() -> Rules:
    from .chinese import CHINESE

    return CHINESE


_LANGUAGES = {"de-DE": _german, "en-US": _english, "zh-CN": _chinese}


@cache
def _rules(language: str) -> Rules:
    for tag, load in _LANGUAGES.items():
        if tag.lower() == language.lower():
            return load()
    known = ", ".join(sorted(_LANGUAGES))
    raise InputError(f"no text normalisation for language {language!r}: use one of {known}")


def normalize(text: str, language: str = "en-US") -> str:
    """Lexical form of `text`: what is said, as words separated by one space.

    Idempotent. For en-US the output holds only `a`-`z`, space and word-internal straight
    apostrophes; for de-DE `a`-`z`, `ä`, `ö`, `ü`, `ß` and space; for zh-CN Han characters,
    `A`-`Z` and space. The language's letter case does not matter. Raises `InputError` for a
    language without rules.
    """
    return _rules(language).normalize(text)


def explain(text: str, language: str = "en-US") -> tuple[str, tuple[Change, ...]]:
    """`normalize(text)` and the named changes that led to it, in order of application."""
    return _rules(language).explain(text)


def normal_symbols(language: str = "en-US") -> Container[str]:
    """The characters of what `normalize` makes of a language; InputError for one without rules."""
    return _rules(language).symbols
