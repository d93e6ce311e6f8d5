"""What synthesisers want to know of phones without stress: which syllable is strong, and where
syllables end."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from attune.errors import InputError
from attune.lexicon import PHONE_INDEX, VOWELS

__all__ = ["SpokenWord", "checked_words", "stand_in", "strong_vowel", "syllables"]

SpokenWord = tuple[str, ...]
"""The phones of one word: ARPAbet without stress."""

MOST_PHONES = 200

# What may begin an English syllable besides one consonant.
_CLUSTERS = (
    "P R,P L,B R,B L,T R,T W,D R,D W,K R,K L,K W,G R,G L,G W,F R,F L,TH R,TH W,SH R,S P,S T,S K,"
    "S M,S N,S L,S W,S F,P Y,B Y,K Y,G Y,F Y,V Y,M Y,HH Y,S P R,S P L,S T R,S K R,S K W,S K Y,S P Y"
)
_ONSETS = frozenset(_CLUSTERS.split(","))


def checked_words(words: Sequence[Sequence[str]]) -> tuple[SpokenWord, ...]:
    """The phones of words, each an ARPAbet phone without stress.

    Raises InputError for no word, a word without a phone, an unknown phone, or more than 200.
    """
    spoken = tuple(tuple(word) for word in words)
    if not spoken or not all(spoken):
        raise InputError("there are no phones to say: give at least one a word")
    for phone in (phone for word in spoken for phone in word):
        if phone not in PHONE_INDEX:
            raise InputError(
                f"{phone!r} is not a phone: use the ARPAbet phones {' '.join(PHONE_INDEX)}"
            )
    if sum(map(len, spoken)) > MOST_PHONES:
        raise InputError(f"more than {MOST_PHONES} phones to say at once: give fewer")
    return spoken


def strong_vowel(word: SpokenWord) -> int | None:
    """The place of the vowel that most likely has the stress; None in a word without vowel.

    The first that English does not reduce: schwa and r-coloured schwa are weak, IH is often, and
    so are IY and OW at a word's end.
    """
    places = [place for place, phone in enumerate(word) if phone in VOWELS]
    if not places:
        return None

    def weakness(place: int) -> int:
        phone = word[place]
        if phone in {"AH", "ER"}:
            return 3
        if place == len(word) - 1 and phone in {"IY", "OW"}:
            return 2
        return int(phone == "IH")

    return min(places, key=lambda place: (weakness(place), place))


def syllables(word: SpokenWord) -> list[SpokenWord]:
    """The word cut into syllables, each with as many first consonants as English allows."""
    vowels = [place for place, phone in enumerate(word) if phone in VOWELS]
    if not vowels:
        return [word]
    cuts = [0]
    for left, right in pairwise(vowels):
        cut = right
        while cut - 1 > left and _may_begin(word[cut - 1 : right]):
            cut -= 1
        cuts.append(cut)
    return [word[a:b] for a, b in zip(cuts, [*cuts[1:], len(word)], strict=True)]


def _may_begin(consonants: SpokenWord) -> bool:
    if len(consonants) == 1:
        return consonants[0] not in {"NG", "ZH"}
    return " ".join(consonants) in _ONSETS


def stand_in(number: int) -> str:
    """A spelling for the word of this number (0 to 675): one that can be read, but is no word.

    Engines that read words only are given entries for such spellings.
    """
    return f"word{chr(ord('a') + number // 26)}{chr(ord('a') + number % 26)}"
