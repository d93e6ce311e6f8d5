"""The ways a phrase may be said, likeliest first, for a person to listen to and choose from.

Words are read from the lexicon, else from words in them, else by their letters; then as in quick
speech and in some accents (`REDUCTIONS`). Few good ones find a phrase best: each further one lets
more of other speech through, and the network, which learned the dictionary's phones from people who
speak quickly, hears a flap or a weak vowel as what the dictionary has. So only readings that really
differ are chosen unasked, those of a common accent among them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from attune.errors import InputError
from attune.keyword.guidance.language_facts import LanguageFacts
from attune.keyword.guidance.phone_distance import pronunciation_distance
from attune.keyword.reductions import REDUCTIONS, WEAK_FORMS, Reduction, SpokenWords
from attune.lexicon import from_ups, to_ipa

__all__ = [
    "PhrasePronunciation",
    "chosen_pronunciations",
    "marked_pronunciations",
    "phrase_pronunciations",
    "typed_pronunciation",
]

_MOST = 10
_LEAST_WEIGHT = 0.05
_BY_LETTERS = 4  # readings of a word by its letters
_COMBINED = 24  # of the words' readings together
_CHOSEN_WEIGHT, _CHOSEN, _CHOSEN_APART = 0.3, 3, 0.06
_FEWEST_PHONES = 2


@dataclass(frozen=True)
class PhrasePronunciation:
    """A way to say a phrase.

    `id` names it (`1` is the likeliest; `typed` one that a person wrote); `words` are the phones of
    each word, ARPAbet without stress; `source` says where it comes from; `weight` how usual it is,
    the likeliest having 1; `chosen` whether it is taken unless somebody chooses.
    """

    id: str
    words: SpokenWords
    source: str
    weight: float
    chosen: bool

    @property
    def phones(self) -> tuple[str, ...]:
        """All phones in order."""
        return tuple(phone for word in self.words for phone in word)

    def __str__(self) -> str:
        return " | ".join(" ".join(word) for word in self.words)

    def to_json(self) -> dict[str, Any]:
        """For `--json`: `id`, `phones`, `ipa`, `source`, `weight` and `chosen`."""
        return {
            "id": self.id,
            "phones": str(self),
            "ipa": " ".join(to_ipa(word) for word in self.words),
            "source": self.source,
            "weight": round(self.weight, 3),
            "chosen": self.chosen,
        }


def phrase_pronunciations(
    words: Sequence[str], facts: LanguageFacts
) -> tuple[PhrasePronunciation, ...]:
    """Up to ten ways to say the words together, likeliest first, the first ones chosen.

    `words` are normalised (a-z and inner apostrophes). Raises InputError for a word that cannot be
    pronounced.
    """
    found: dict[SpokenWords, _Way] = {}

    def add(spoken: SpokenWords, way: _Way) -> None:
        if spoken not in found or way.weight > found[spoken].weight:
            found[spoken] = way

    for spoken, read in _combined([_readings(word, facts) for word in words]):
        add(spoken, read)
        for rule in REDUCTIONS:
            reduced = rule.apply(spoken)
            if reduced is None:
                continue
            once = read.said(rule)
            add(reduced, once)
            for second in REDUCTIONS:
                twice = second.apply(reduced) if second.kind == rule.kind else None
                if twice is not None and second is not rule:
                    add(twice, once.said(second))
    return _ranked(found)


@dataclass(frozen=True)
class _Way:
    """How usual a way to say something is, where it comes from, and whether quick speech says some
    of it less clearly than the dictionary has it."""

    weight: float
    source: str
    reduced: bool

    def said(self, rule: Reduction) -> _Way:
        """The same way, with a rule applied."""
        reduced = self.reduced or rule.kind == "quick"
        return _Way(self.weight * rule.weight, f"{self.source}; {rule.name}", reduced)


def typed_pronunciation(text: str) -> PhrasePronunciation:
    """A pronunciation that somebody wrote: phones in ARPAbet (stress is ignored), UPS or SAPI.

    Words may be set apart by bars: `HH EY | AE T L AH S`. Raises InputError for what are no phones.
    """
    words = tuple(from_ups(word) for word in text.split("|")) if text.strip() else ()
    if sum(map(len, words)) < _FEWEST_PHONES:
        raise InputError(
            f"pronunciation {text!r} has fewer than {_FEWEST_PHONES} phones: write for example "
            "'HH EY | AE T L AH S'"
        )
    return PhrasePronunciation("typed", words, "typed", 1.0, True)


def chosen_pronunciations(
    found: Sequence[PhrasePronunciation], wanted: Sequence[str]
) -> tuple[PhrasePronunciation, ...]:
    """Those of `found` with the ids in `wanted`, and the phones that are written there.

    Without `wanted`, those that are chosen anyway. Raises InputError for an unknown id and for
    phones that are none.
    """
    if not wanted:
        return tuple(each for each in found if each.chosen)
    by_id = {each.id: each for each in found}
    taken: dict[tuple[str, ...], PhrasePronunciation] = {}
    for name in map(str.strip, wanted):
        if name.isdigit() and name not in by_id:
            raise InputError(
                f"there is no pronunciation {name}: the ids are {', '.join(by_id)} (see "
                "--list-pronunciations), or write phones such as 'HH EY | AE T L AH S'"
            )
        each = by_id.get(name) or typed_pronunciation(name)
        taken.setdefault(each.phones, each)
    return tuple(taken.values())


def marked_pronunciations(
    found: Sequence[PhrasePronunciation], taken: Sequence[PhrasePronunciation]
) -> tuple[PhrasePronunciation, ...]:
    """`found`, of which those in `taken` are chosen, and after them what else is in `taken`."""
    phones = {each.phones for each in taken}
    known = {each.phones for each in found}
    marked = [replace(each, chosen=each.phones in phones) for each in found]
    return (*marked, *(each for each in taken if each.phones not in known))


def _readings(word: str, facts: LanguageFacts) -> list[tuple[tuple[str, ...], _Way]]:
    """The ways to say a word."""
    reading = facts.pronouncer.read(word)
    source = {"listed": "lexicon", "g2p": "letters"}.get(reading.source, "words in it")
    found = [
        (item.phones, _Way(item.probability, source, False)) for item in reading.pronunciations
    ]
    if reading.source != "listed":
        guesses = facts.g2p.pronounce(word, _BY_LETTERS)
        share = (1.0 if reading.source == "g2p" else 0.5) / guesses[0].probability
        found += [
            (item.phones, _Way(share * item.probability, "letters", False)) for item in guesses
        ]
    for phones, weight in WEAK_FORMS.get(word, ()):
        found.append((tuple(phones.split()), _Way(weight, "weak form", True)))
    return found


def _combined(
    readings: list[list[tuple[tuple[str, ...], _Way]]],
) -> list[tuple[SpokenWords, _Way]]:
    """The likeliest combinations of the words' readings."""
    paths: list[tuple[SpokenWords, float, frozenset[str], bool]] = [((), 1.0, frozenset(), False)]
    for options in readings:
        longer = [
            ((*spoken, phones), weight * way.weight, sources | {way.source}, reduced or way.reduced)
            for spoken, weight, sources, reduced in paths
            for phones, way in options
        ]
        paths = sorted(longer, key=lambda path: -path[1])[:_COMBINED]
    return [
        (spoken, _Way(weight, ", ".join(sorted(sources)), reduced))
        for spoken, weight, sources, reduced in paths
    ]


def _ranked(found: dict[SpokenWords, _Way]) -> tuple[PhrasePronunciation, ...]:
    ranked = sorted(found.items(), key=lambda item: (-item[1].weight, item[0]))
    heaviest = ranked[0][1].weight
    listed: list[PhrasePronunciation] = []
    seen: set[tuple[str, ...]] = set()
    chosen: list[tuple[str, ...]] = []
    for spoken, way in ranked:
        each = PhrasePronunciation(
            str(len(listed) + 1), spoken, way.source, way.weight / heaviest, False
        )
        phones = each.phones
        enough = len(phones) >= _FEWEST_PHONES or not listed
        if phones in seen or not enough or each.weight < _LEAST_WEIGHT:
            continue
        seen.add(phones)
        if not chosen or (
            not way.reduced
            and each.weight >= _CHOSEN_WEIGHT
            and len(chosen) < _CHOSEN
            and min(pronunciation_distance(phones, other) for other in chosen) >= _CHOSEN_APART
        ):
            chosen.append(phones)
            each = replace(each, chosen=True)
        listed.append(each)
        if len(listed) == _MOST:
            break
    return tuple(listed)
