"""What sounds nearly like a phrase but is not it: what a spotter has to learn to leave alone.

Phonetic neighbours that people do say, the phrase with a sound or two changed, its parts, and other
endings and beginnings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from attune.keyword import KeywordPhrase
from attune.keyword.guidance import (
    LanguageFacts,
    SpokenWords,
    phone_distance,
    pronunciation_distance,
)
from attune.lexicon import PHONES, VOWELS

__all__ = ["near_misses"]

_FARTHEST_NEIGHBOUR = 0.45
_SAME = 0.1  # what is nearer is another way to say the phrase
_LEAST_CHANGE, _MOST_CHANGE = 0.2, 0.65


def near_misses(
    phrase: KeywordPhrase,
    facts: LanguageFacts,
    words: Sequence[tuple[str, ...]],
    count: int,
    random: np.random.Generator,
) -> list[SpokenWords]:
    """About `count` near misses, each as the phones of its words, no two alike.

    `words` are frequent words' phones, of which beginnings and endings are made. Fewer when the
    phrase has no more.
    """
    neighbours = facts.phrases.around(phrase.pronunciations).nearest(
        max(1, count // 3), _FARTHEST_NEIGHBOUR, phrase.text
    )
    found: dict[SpokenWords, None] = {}
    sources = [
        iter([(one.phones,) for one in neighbours]),
        _parts(phrase),
        _changed(phrase, random, count),
        _other_ends(phrase, words, random, count),
    ]
    # In turn, so that every kind has its share of a small count.
    while sources and len(found) < count:
        for source in tuple(sources):
            spoken = next(source, None)
            if spoken is None:
                sources.remove(source)
            elif not _is_phrase(tuple(phone for word in spoken for phone in word), phrase):
                found.setdefault(spoken)
    return list(found)[:count]


def _is_phrase(phones: tuple[str, ...], phrase: KeywordPhrase) -> bool:
    """Whether the phrase is in `phones`, or they are nearly the same."""
    return not phones or any(
        f" {' '.join(wanted)} " in f" {' '.join(phones)} "
        or pronunciation_distance(wanted, phones) < _SAME
        for wanted in phrase.pronunciations
    )


def _parts(phrase: KeywordPhrase) -> Iterator[SpokenWords]:
    """Beginnings and ends of the phrase, from the longest on, of two phones or more."""
    for left_out in range(1, max(map(len, phrase.pronunciations)) - 1):
        for phones in phrase.pronunciations:
            if len(phones) - left_out >= 2:
                yield (phones[: len(phones) - left_out],)
                yield (phones[left_out:],)


def _changed(
    phrase: KeywordPhrase, random: np.random.Generator, count: int
) -> Iterator[SpokenWords]:
    """The phrase with one or two phones exchanged for like ones."""
    for _ in range(count):
        phones = list(phrase.pronunciations[random.integers(len(phrase.pronunciations))])
        changes = 1 if len(phones) < 4 else int(random.integers(1, 3))
        for place in random.choice(len(phones), changes, replace=False).tolist():
            like = [
                other
                for other in PHONES
                if (other in VOWELS) is (phones[place] in VOWELS)
                and _LEAST_CHANGE <= phone_distance(phones[place], other) <= _MOST_CHANGE
            ]
            if like:
                phones[place] = like[random.integers(len(like))]
        yield (tuple(phones),)


def _other_ends(
    phrase: KeywordPhrase,
    words: Sequence[tuple[str, ...]],
    random: np.random.Generator,
    count: int,
) -> Iterator[SpokenWords]:
    """The first half of the phrase with another end, or the last half with another beginning."""
    for number in range(count):
        phones = phrase.pronunciations[random.integers(len(phrase.pronunciations))]
        half = max(1, int(random.integers(len(phones) // 2, len(phones))))
        word = words[int(random.integers(len(words)))]
        cut = max(1, len(word) // 2)
        if number % 2:
            yield ((*phones[:half], *word[cut:]),)
        else:
            yield ((*word[:cut], *phones[len(phones) - half :]),)
