"""Pronunciations of words built from known words: inflections, affixes, spellings, compounds.

A word is read as its stem is, plus what the affix adds. The endings -s and -ed follow the standard
allomorphy of English (Quirk et al., "A Comprehensive Grammar of the English Language", 3.5, 3.18
and 5.80): voiceless after voiceless sounds, a syllable after sounds that are too alike, voiced
elsewhere. Affixes that are also the ends of many names (-er, re-) need a stem in common use.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from typing import Protocol

from attune.lexicon.phones import VOWELS
from attune.lexicon.pronunciation import Pronunciation

__all__ = ["Derivation", "KnownWords", "derive"]

Phones = tuple[str, ...]
Change = Callable[[Phones], Phones]

_SIBILANTS = frozenset({"S", "Z", "SH", "ZH", "CH", "JH"})
_VOICELESS = frozenset({"P", "T", "K", "F", "TH", "S", "SH", "CH"})


class KnownWords(Protocol):
    """A lexicon, compiled or not."""

    def pronunciations(self, word: str) -> tuple[Pronunciation, ...]:
        """The pronunciations of `word`, likeliest first; empty when it is not known."""
        ...

    def __contains__(self, word: object) -> bool: ...


@dataclass(frozen=True)
class Derivation:
    """How a word was pronounced: `rule` names the affix or process, `stems` the known words."""

    rule: str
    stems: tuple[str, ...]
    pronunciations: tuple[Pronunciation, ...]


def _add_s(stem: Phones) -> Phones:
    if stem[-1] in _SIBILANTS:
        return (*stem, "IH", "Z")
    return (*stem, "S" if stem[-1] in _VOICELESS else "Z")


def _add_ed(stem: Phones) -> Phones:
    if stem[-1] in {"T", "D"}:
        return (*stem, "IH", "D")
    return (*stem, "T" if stem[-1] in _VOICELESS else "D")


def _add_ly(stem: Phones) -> Phones:
    if stem[-3:] == ("B", "AH", "L"):  # tolerable, tolerably
        return (*stem[:-2], "L", "IY")
    if stem[-1] == "L":  # natural, naturally
        return (*stem, "IY")
    if stem[-1] == "IY" and len(stem) > 2:  # happy, happily
        return (*stem[:-1], "AH", "L", "IY")
    return (*stem, "L", "IY")


def _add(*suffix: str) -> Change:
    """A suffix; before a vowel a syllabic `AH L` loses its own vowel (settle, settler)."""

    def add(stem: Phones) -> Phones:
        syllabic = len(stem) > 3 and stem[-2:] == ("AH", "L")
        if suffix[0] in VOWELS - {"IH"} and syllabic and stem[-3] not in VOWELS | {"R", "L"}:
            stem = (*stem[:-2], "L")
        return stem + suffix

    return add


def _prepend(start: Phones) -> Change:
    return lambda stem: start + stem


def _contract(after_vowel: Phones, after_consonant: Phones) -> Change:
    def add(stem: Phones) -> Phones:
        return stem + (after_vowel if stem[-1] in VOWELS else after_consonant)

    return add


# What is written, and what it adds to the stem's phones; longer endings before what they end with.
_INFLECTIONS: tuple[tuple[str, Change], ...] = (
    ("'s", _add_s),
    ("'d", _contract(("D",), ("AH", "D"))),
    ("'ll", _contract(("L",), ("AH", "L"))),
    ("'ve", _contract(("V",), ("AH", "V"))),
    ("'re", _contract(("R",), ("ER",))),
    ("s", _add_s),
    ("ed", _add_ed),
    ("ing", _add("IH", "NG")),
)
_SUFFIXES: tuple[tuple[str, Change], ...] = (
    ("fully", _add("F", "AH", "L", "IY")),
    ("ly", _add_ly),
    ("ness", _add("N", "AH", "S")),
    ("less", _add("L", "AH", "S")),
    ("ful", _add("F", "AH", "L")),
    ("ment", _add("M", "AH", "N", "T")),
    ("ship", _add("SH", "IH", "P")),
    ("hood", _add("HH", "UH", "D")),
    ("like", _add("L", "AY", "K")),
    ("ward", _add("W", "ER", "D")),
    ("woman", _add("W", "UH", "M", "AH", "N")),
    ("women", _add("W", "IH", "M", "AH", "N")),
    ("man", _add("M", "AH", "N")),
    ("men", _add("M", "EH", "N")),
    ("able", _add("AH", "B", "AH", "L")),
    ("ish", _add("IH", "SH")),
    ("est", _add("AH", "S", "T")),
    ("er", _add("ER")),
)
_PREFIXES: tuple[tuple[str, Phones], ...] = (
    ("un", ("AH", "N")),
    ("non", ("N", "AA", "N")),
    ("over", ("OW", "V", "ER")),
    ("under", ("AH", "N", "D", "ER")),
    ("out", ("AW", "T")),
    ("inter", ("IH", "N", "T", "ER")),
    ("counter", ("K", "AW", "N", "T", "ER")),
    ("super", ("S", "UW", "P", "ER")),
    ("semi", ("S", "EH", "M", "IY")),
    ("mis", ("M", "IH", "S")),
    ("dis", ("D", "IH", "S")),
    ("pre", ("P", "R", "IY")),
    ("re", ("R", "IY")),
    ("sub", ("S", "AH", "B")),
)

# A British spelling and the one that CMUdict lists.
_SPELLINGS = (
    ("isation", "ization"),
    ("ise", "ize"),
    ("isi", "izi"),
    ("yse", "yze"),
    ("ysi", "yzi"),
    ("our", "or"),
    ("ilment", "illment"),
    ("ence", "ense"),
    ("ilf", "illf"),
    ("bre", "ber"),
    ("gre", "ger"),
    ("tre", "ter"),
    ("iae", "ie"),
    ("ogue", "og"),
    ("grey", "gray"),
)


def derive(
    word: str, lexicon: KnownWords, common: Container[str] = (), depth: int = 2
) -> Derivation | None:
    """Pronounce `word` from words in `lexicon` (never from its own entry), or None.

    Rules are tried from the surest to the least sure: letters without a vowel are spelled, a lost
    apostrophe, an inflection, a British spelling, then with `common` stems only (CMUdict has so
    many surnames that any word would split otherwise) a prefix, a suffix and a compound. `depth`
    bounds how many affixes are peeled off.
    """
    for attempt in (_letters, _apostrophe, _inflection, _spelling, _prefix, _suffix):
        found = attempt(word, lexicon, common, depth)
        if found is not None:
            return found
    return _compound(word, lexicon, common)


def _stem(
    word: str, lexicon: KnownWords, common: Container[str], depth: int
) -> tuple[Pronunciation, ...]:
    """The pronunciations of a stem in the lexicon, or derived in its turn."""
    listed = lexicon.pronunciations(word)
    if listed or depth <= 1 or len(word) < 5:
        return listed
    for attempt in (_inflection, _spelling, _prefix, _suffix):
        found = attempt(word, lexicon, common, depth - 1)
        if found is not None:
            return found.pronunciations
    return ()


def _change(
    rule: str, stems: tuple[str, ...], readings: tuple[Pronunciation, ...], change: Change
) -> Derivation:
    changed = tuple(Pronunciation(change(item.phones), item.log_prob) for item in readings)
    return Derivation(rule, stems, changed)


def _letters(
    word: str, lexicon: KnownWords, common: Container[str], depth: int
) -> Derivation | None:
    """An abbreviation that can only be spelled: two to five letters without a vowel."""
    if not 2 <= len(word) <= 5 or not set(word).isdisjoint("aeiouy'"):
        return None
    names = [lexicon.pronunciations(letter) for letter in word]
    if not all(names):
        return None
    spoken = tuple(phone for readings in names for phone in readings[0].phones)
    return Derivation("letters", tuple(word), (Pronunciation(spoken),))


def _apostrophe(
    word: str, lexicon: KnownWords, common: Container[str], depth: int
) -> Derivation | None:
    """A word without its apostrophe: `dont`, `youre`, `oclock`, `goin`."""
    for ending in ("t", "re", "ve", "ll", "d", "m"):
        full = f"{word.removesuffix(ending)}'{ending}"
        if word.endswith(ending) and full in lexicon:
            return Derivation("apostrophe", (full,), lexicon.pronunciations(full))
    if word.startswith("o") and "o'" + word[1:] in lexicon:
        full = "o'" + word[1:]
        return Derivation("apostrophe", (full,), lexicon.pronunciations(full))
    if word.endswith("in") and len(word) > 3:
        readings = lexicon.pronunciations(word + "g")
        if not readings:
            found = _inflection(word + "g", lexicon, common, 1)
            if found is not None and found.stems[0] in common:
                readings = found.pronunciations
        if readings and readings[0].phones[-2:] == ("IH", "NG"):
            return _change("-in'", (word + "g",), readings, lambda stem: (*stem[:-1], "N"))
    return None


def _inflection(
    word: str, lexicon: KnownWords, common: Container[str], depth: int
) -> Derivation | None:
    for letters, change in _INFLECTIONS:
        if word.endswith(letters):
            for stem in _stems(word[: -len(letters)], letters):
                readings = _stem(stem, lexicon, common, depth)
                if readings:
                    return _change("-" + letters, (stem,), readings, change)
    return None


def _spelling(
    word: str, lexicon: KnownWords, common: Container[str], depth: int
) -> Derivation | None:
    for british, listed in _SPELLINGS:
        at = word.rfind(british)
        if at > 1:
            respelled = word[:at] + listed + word[at + len(british) :]
            readings = _stem(respelled, lexicon, common, depth)
            if readings:
                return Derivation("spelling", (respelled,), readings)
    return None


def _suffix(
    word: str, lexicon: KnownWords, common: Container[str], depth: int
) -> Derivation | None:
    for letters, change in _SUFFIXES:
        if word.endswith(letters):
            for stem in _stems(word[: -len(letters)], letters):
                readings = _stem(stem, lexicon, common, depth)
                if readings and (stem in common or stem not in lexicon):
                    return _change("-" + letters, (stem,), readings, change)
    return None


def _prefix(
    word: str, lexicon: KnownWords, common: Container[str], depth: int
) -> Derivation | None:
    for letters, phones in _PREFIXES:
        rest = word[len(letters) :]
        if word.startswith(letters) and len(rest) > 3:
            readings = _stem(rest, lexicon, common, depth)
            if readings and (rest in common or rest not in lexicon):
                return _change(letters + "-", (rest,), readings, _prepend(phones))
    return None


def _compound(word: str, lexicon: KnownWords, common: Container[str]) -> Derivation | None:
    """Two common words of three letters or more, where the shorter of the two is longest."""
    best: tuple[int, str, str] | None = None
    for at in range(3, len(word) - 2):
        first, second = word[:at], word[at:]
        if first in common and second in common and first in lexicon and second in lexicon:
            balance = min(at, len(word) - at)
            if best is None or balance > best[0]:
                best = (balance, first, second)
    if best is None:
        return None
    _, first, second = best
    start = lexicon.pronunciations(first)[0].phones
    return _change("compound", (first, second), lexicon.pronunciations(second), _prepend(start))


def _stems(base: str, suffix: str) -> Iterator[str]:
    """Spellings of the stem that `base` + `suffix` may come from, likeliest first."""
    if suffix.startswith("'"):
        yield base
    elif len(base) < 3:
        return
    elif suffix == "s":
        yield from _stems_before_s(base)
    else:
        if suffix == "ly" and base[-1] in "bgpdt":  # tolerably, nobly, subtly
            yield base + "le"
        if base[-1] == "i":  # happiness, readily
            yield base[:-1] + "y"
        if suffix[0] in "aei":
            yield from _stems_before_vowel(base)
        else:
            yield base


def _stems_before_s(base: str) -> Iterator[str]:
    if base[-1] in "siu":  # boss, basis, virus are no plurals
        return
    if base.endswith("ie"):
        yield base[:-2] + "y"
    yield base
    if base.endswith("e") and base[:-1].endswith(("s", "x", "z", "ch", "sh", "o")):
        yield base[:-1]


def _stems_before_vowel(base: str) -> Iterator[str]:
    doubled = base[-1] == base[-2] and base[-1] not in "aeiou"
    if doubled and base[-1] not in "lsfz" and len(base) > 3:  # topping
        yield base[:-1]
        return
    single = base[-1] not in "aeiouwxy" and base[-2] in "aeiouy" and base[-3] not in "aeiou"
    if single or base[-1] in "cgvsu":  # hoping, arriving, arguing
        yield base + "e"
        yield base
    else:
        yield base
        yield base + "e"
    if doubled:  # jewelled
        yield base[:-1]
