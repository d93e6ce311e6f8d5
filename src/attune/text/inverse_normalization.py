"""The one inverse text normaliser: what display text makes of spoken words."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from attune.errors import InputError

from .inverse import InverseRules, WrittenToken, apply_inverse_rules

__all__ = ["inverse_normalize"]


# Imported when it is used: tables and rules that `import attune.recognize` does without.
def _english() -> InverseRules:
    from .inverse_english import ENGLISH_INVERSE

    return ENGLISH_INVERSE


_LANGUAGES = {"en-US": _english}


@cache
def _rules(language: str) -> InverseRules:
    if language not in _LANGUAGES:
        known = ", ".join(sorted(_LANGUAGES))
        raise InputError(f"no inverse normalisation for language {language!r}: use one of {known}")
    return _LANGUAGES[language]()


def inverse_normalize(words: Sequence[str], language: str = "en-US") -> list[WrittenToken]:
    """Written tokens for lower-case spoken `words`, each with the range of words it stands for.

    The tokens cover the words exactly once and in order; capitalisation and punctuation are not
    added. Raises `InputError` for a language without rules.
    """
    return apply_inverse_rules(words, _rules(language))
