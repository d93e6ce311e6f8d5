"""What reads words that a lexicon lacks: by phones, or by spelling, as the bundle asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, cast

from attune.bundle import Bundle
from attune.errors import InputError
from attune.lexicon.derive import KnownWords
from attune.lexicon.g2p import G2P
from attune.lexicon.pronouncer import Pronouncer, Reading
from attune.lexicon.spelling import Speller
from attune.lexicon.tokens import SPELLING_METHODS, UNITS, SpellingMethod, Units, read_tokens

__all__ = ["WordReader", "bundle_units", "speller_of", "word_reader"]


class WordReader(Protocol):
    """Finds out how words are said, or spelled, in the symbols of a network."""

    takes_phones: bool
    """Whether pronunciations may be given in phones."""

    def can_read(self, word: str) -> bool:
        """Whether `read_all` takes the word."""
        ...

    def read(self, word: str) -> Reading:
        """How the word is said; InputError for a word that cannot be."""
        ...

    def read_all(self, words: Sequence[str]) -> list[Reading]:
        """How each word is said; InputError for a word that cannot be."""
        ...


def bundle_units(bundle: Bundle) -> Units:
    """What the symbols of a bundle's network are; InputError for a setting of another kind."""
    return cast(Units, _setting(bundle.setting_group("encoder"), "units", UNITS, "phones", bundle))


def speller_of(bundle: Bundle) -> Speller | None:
    """What spells words for a bundle whose network has no phones; None if it has."""
    units = bundle_units(bundle)
    if units == "phones":
        return None
    group = bundle.setting_group("encoder")
    method = cast(SpellingMethod, _setting(group, "spelling", SPELLING_METHODS, "longest", bundle))
    listed = read_tokens(bundle.part_path("symbols"))
    scores = None if listed.scores is None else listed.scores[1:]
    return Speller(listed.tokens[1:], units, method, scores)


def word_reader(bundle: Bundle, lexicon: KnownWords) -> WordReader | None:
    """What reads new words for a bundle: its spelling, or its lexicon and g2p model; None if it
    has neither."""
    speller = speller_of(bundle)
    if speller is not None:
        return speller
    if not bundle.has("g2p"):
        return None
    return Pronouncer(lexicon, G2P.load(bundle.part_path("g2p")))


def _setting(
    group: Mapping[str, object], name: str, known: Sequence[str], default: str, bundle: Bundle
) -> str:
    value = group.get(name, default)
    if value not in known:
        raise InputError(
            f"{bundle.path}: encoder setting {name}: {value!r} is not one of {', '.join(known)}"
        )
    return str(value)
