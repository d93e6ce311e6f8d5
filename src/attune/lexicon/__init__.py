"""Pronunciations and spellings: the phone set, the lexicon, and words that no dictionary has."""

from __future__ import annotations

from attune.lexicon.cmudict import is_normalised, lexicon_from_cmudict, read_cmudict
from attune.lexicon.compiled import CompiledLexicon, write_compiled, write_extended
from attune.lexicon.derive import Derivation, KnownWords, derive
from attune.lexicon.g2p import G2P
from attune.lexicon.notations import from_ups, to_ipa
from attune.lexicon.phones import PHONE_INDEX, PHONES, VOWELS, parse_phones, strip_stress
from attune.lexicon.pronouncer import Pronouncer, Reading, distinct_readings
from attune.lexicon.pronunciation import Pronunciation
from attune.lexicon.readers import WordReader, bundle_units, speller_of, word_reader
from attune.lexicon.spelling import Speller
from attune.lexicon.table import Lexicon
from attune.lexicon.tokens import (
    SpellingMethod,
    Units,
    read_tokens,
    silent_tokens,
    token_lines,
    units_of,
)

__all__ = [
    "G2P",
    "PHONES",
    "PHONE_INDEX",
    "VOWELS",
    "CompiledLexicon",
    "Derivation",
    "KnownWords",
    "Lexicon",
    "Pronouncer",
    "Pronunciation",
    "Reading",
    "Speller",
    "SpellingMethod",
    "Units",
    "WordReader",
    "bundle_units",
    "derive",
    "distinct_readings",
    "from_ups",
    "is_normalised",
    "lexicon_from_cmudict",
    "parse_phones",
    "read_cmudict",
    "read_tokens",
    "silent_tokens",
    "speller_of",
    "strip_stress",
    "to_ipa",
    "token_lines",
    "units_of",
    "word_reader",
    "write_compiled",
    "write_extended",
]
