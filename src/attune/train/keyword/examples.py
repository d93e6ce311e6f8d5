"""Candidates of a phrase as a classifier is taught by them: how phones were heard, and the truth.

Pronunciations of a phrase differ in length. Each phone stands at a place of the first one, the
reference, so that all candidates have the same features.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from attune.keyword import EncodedRows, KeywordPhrase, Peak
from attune.keyword.guidance import phone_distance
from attune.keyword.path_features import PATH_FEATURES, hear_phones, path_features

__all__ = [
    "OWN_NEGATIVE",
    "OWN_POSITIVE",
    "ExampleBuilder",
    "Examples",
    "Unheard",
    "joined_examples",
    "phone_places",
]

OWN_POSITIVE, OWN_NEGATIVE = "recording", "negative recording"
"""The kinds of examples from recordings that were given."""

Floats = NDArray[np.float32]

_SKIP = 0.7  # what leaving out a phone costs, in distances of phones


@dataclass(frozen=True)
class Examples:
    """Candidates of one phrase: everything has as many rows as there are candidates.

    `said` bool, whether the phrase was said there; `path` float32 [n, len(PATH_FEATURES)];
    `phones` float32 [n, places, 2], evidence and margin; `hidden` float16 [n, places, D];
    `present` bool [n, places], whether the pronunciation that fits has a phone there, `clear`
    whether its hidden activations are known; `pauses` float32 [n] is what follows the candidate
    (`Peak.pause`), which no classifier weighs; `sources` names what they are from (a voice, a
    speaker), `kinds` what they are.
    """

    said: NDArray[np.bool_]
    path: Floats
    phones: Floats
    hidden: NDArray[np.float16]
    present: NDArray[np.bool_]
    clear: NDArray[np.bool_]
    pauses: Floats
    sources: NDArray[np.str_]
    kinds: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.said)

    def chosen(self, which: NDArray[np.bool_]) -> Examples:
        """Those of a mask [n]."""
        return Examples(*(getattr(self, field.name)[which] for field in fields(self)))

    def on_axes(self, mean: Floats, columns: Floats) -> Examples:
        """The same with hidden activations on axes: `mean` [D], `columns` [D, C]."""
        centred = self.hidden.astype(np.float32) - mean
        return replace(self, hidden=(centred @ columns).astype(np.float16))


def joined_examples(parts: Sequence[Examples]) -> Examples:
    """All of one phrase's `parts`, at least one, in order."""
    return Examples(
        *(np.concatenate([getattr(one, field.name) for one in parts]) for field in fields(Examples))
    )


@dataclass(frozen=True)
class Unheard:
    """In how many copies a phrase was said without a candidate: by synthesised `voices`, and in
    `recordings` that were given."""

    voices: int
    recordings: int = 0


class ExampleBuilder:
    """Collects the examples of one phrase, of an encoder with `width` hidden activations."""

    def __init__(self, phrase: KeywordPhrase, width: int) -> None:
        self._phrase, self._width = phrase, width
        self.places = phone_places(phrase)
        self._said: list[bool] = []
        self._path: list[Floats] = []
        self._phones: list[Floats] = []
        self._hidden: list[NDArray[np.float16]] = []
        self._present: list[NDArray[np.bool_]] = []
        self._clear: list[NDArray[np.bool_]] = []
        self._pauses: list[float] = []
        self._sources: list[str] = []
        self._kinds: list[str] = []

    def add(self, peak: Peak, rows: EncodedRows, said: bool, source: str, kind: str) -> bool:
        """A candidate, `rows` its own; False when the phrase does not fit into them."""
        heard = hear_phones(rows.log_posteriors, self._phrase)
        if heard is None:
            return False
        places = self.places[heard.variant]
        present = places >= 0
        at = places[present]
        phones = np.zeros((len(places), 2), np.float32)
        phones[present, 0], phones[present, 1] = heard.evidence[at], heard.margin[at]
        clear = np.zeros(len(places), np.bool_)
        clear[present] = heard.clear[at]
        hidden = np.zeros((len(places), self._width), np.float16)
        hidden[present] = rows.hidden[heard.rows[at]]
        self._said.append(said)
        self._path.append(path_features(heard, peak.score, len(rows.log_posteriors)))
        self._phones.append(phones)
        self._hidden.append(hidden)
        self._present.append(present)
        self._clear.append(clear)
        self._pauses.append(peak.pause)
        self._sources.append(source)
        self._kinds.append(kind)
        return True

    def examples(self) -> Examples:
        """What was collected so far."""
        count, places = len(self._said), self.places.shape[1]
        return Examples(
            np.array(self._said, np.bool_),
            np.array(self._path, np.float32).reshape(count, len(PATH_FEATURES)),
            np.array(self._phones, np.float32).reshape(count, places, 2),
            np.array(self._hidden, np.float16).reshape(count, places, self._width),
            np.array(self._present, np.bool_).reshape(count, places),
            np.array(self._clear, np.bool_).reshape(count, places),
            np.array(self._pauses, np.float32),
            np.array(self._sources, np.str_),
            np.array(self._kinds, np.str_),
        )


def phone_places(phrase: KeywordPhrase) -> NDArray[np.int64]:
    """Which phone of each pronunciation stands at each place of the first one: int64
    [pronunciations, places], -1 for none."""
    reference = phrase.pronunciations[0]
    found = np.full((len(phrase.pronunciations), len(reference)), -1, np.int64)
    for variant, phones in enumerate(phrase.pronunciations):
        for place, phone in _pairs(reference, phones):
            found[variant, place] = phone
    return found


def _pairs(reference: Sequence[str], phones: Sequence[str]) -> Iterator[tuple[int, int]]:
    """(place in the reference, place in `phones`) of the cheapest alignment."""
    rows, columns = len(reference) + 1, len(phones) + 1
    cost = np.zeros((rows, columns))
    cost[:, 0], cost[0] = _SKIP * np.arange(rows), _SKIP * np.arange(columns)
    for i in range(1, rows):
        for j in range(1, columns):
            cost[i, j] = min(
                cost[i - 1, j - 1] + phone_distance(reference[i - 1], phones[j - 1]),
                cost[i - 1, j] + _SKIP,
                cost[i, j - 1] + _SKIP,
            )
    i, j = rows - 1, columns - 1
    while i and j:
        if cost[i, j] == cost[i - 1, j - 1] + phone_distance(reference[i - 1], phones[j - 1]):
            i, j = i - 1, j - 1
            yield i, j
        elif cost[i, j] == cost[i - 1, j] + _SKIP:
            i -= 1
        else:
            j -= 1
