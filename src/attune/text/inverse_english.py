"""en-US inverse text normalisation: the rules in their order."""

from __future__ import annotations

from collections.abc import Sequence

from attune.errors import InputError

from . import inverse_dates, inverse_letters, inverse_numbers
from .english_tables import MONTHS
from .inverse import WrittenToken, apply_inverse_rules
from .spoken_numbers import DIGITS, NUMBER_WORDS, ORDINAL_WORDS

__all__ = ["inverse_normalize"]

_RULES = (
    *inverse_letters.ADDRESS_RULES,
    inverse_letters.RULES[0],
    *inverse_dates.RULES,
    *inverse_numbers.RULES,
    *inverse_letters.RULES[1:],
)
_FIRST_WORDS = (
    NUMBER_WORDS | ORDINAL_WORDS | inverse_letters.FIRST_WORDS | frozenset((*MONTHS, "minus"))
)
# What may follow the first word of an e-mail or web address.
_SECOND_WORDS = frozenset(("at", "dot", "underscore", "dash", "hyphen", *DIGITS))
_RULES_BY_LANGUAGE = {"en-US": (_RULES, _FIRST_WORDS, _SECOND_WORDS)}


def inverse_normalize(words: Sequence[str], language: str = "en-US") -> list[WrittenToken]:
    """Written tokens for lower-case spoken `words`, each with the range of words it stands for.

    The tokens cover the words exactly once and in order; capitalisation and punctuation are not
    added. Raises `InputError` for a language without rules.
    """
    if language not in _RULES_BY_LANGUAGE:
        known = ", ".join(sorted(_RULES_BY_LANGUAGE))
        raise InputError(f"no inverse normalisation for language {language!r}: use one of {known}")
    return apply_inverse_rules(words, *_RULES_BY_LANGUAGE[language])
