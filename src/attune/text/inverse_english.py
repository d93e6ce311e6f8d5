"""en-US inverse text normalisation: the rules in their order."""

from __future__ import annotations

from . import inverse_dates, inverse_letters, inverse_numbers
from .english_tables import MONTHS
from .inverse import InverseRules
from .spoken_numbers import DIGITS, NUMBER_WORDS, ORDINAL_WORDS

__all__ = ["ENGLISH_INVERSE"]

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
ENGLISH_INVERSE = InverseRules(_RULES, _FIRST_WORDS, _SECOND_WORDS)
