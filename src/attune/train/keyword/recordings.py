"""Recordings that somebody gives: the keyword in their own voice, speech and noise without it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from attune.acoustic import SAMPLE_RATE
from attune.audio import read_audio
from attune.data import Manifest, Utterance
from attune.errors import InputError
from attune.evaluate.keyword.roles import PhraseFinder
from attune.keyword import KeywordPhrase
from attune.train.keyword.examples import OWN_NEGATIVE, OWN_POSITIVE
from attune.train.keyword.hearing import Sound

__all__ = ["FEWEST_RECORDINGS", "GivenRecordings", "read_recordings"]

FEWEST_RECORDINGS = 3
"""Recordings of a keyword; fewer say too little of a voice."""

_POSITIVE_COPIES = 6
_MOST_NOISES, _NOISE_SECONDS = 40, 20.0

Floats = NDArray[np.float32]


class GivenRecordings:
    """The rows of manifests by what they are to the phrases.

    `rows` are those to hear with the phrases said in them, `noises` those of `negatives` that have
    no words: they are mixed with synthesised speech.
    """

    def __init__(
        self, rows: Sequence[tuple[Utterance, frozenset[int]]], noises: Sequence[Utterance]
    ) -> None:
        self.rows, self._noises = tuple(rows), tuple(noises[:_MOST_NOISES])

    def positives(self, place: int) -> int:
        """How many recordings a phrase is said in."""
        return sum(place in said for _, said in self.rows)

    def fingerprint(self) -> list[list[str | int]]:
        """What makes these recordings others than others: paths, sizes, texts."""
        return [
            [str(row.path), row.path.stat().st_size, row.text]
            for row in (*(row for row, _ in self.rows), *self._noises)
        ]

    def sounds(self, first: int) -> list[Sound]:
        """The recordings to hear, numbered from `first`: those of a keyword degraded as well."""
        return [
            Sound(
                first + place,
                partial(read_audio, row.path),
                said,
                row.speaker or str(row.path),
                OWN_POSITIVE if said else OWN_NEGATIVE,
                _POSITIVE_COPIES if said else 0,
                plain=True,
            )
            for place, (row, said) in enumerate(self.rows)
        ]

    def noises(self) -> list[Floats]:
        """The beginnings of the recordings without words, float32 at 16 kHz."""
        return [read_audio(row.path)[: round(_NOISE_SECONDS * SAMPLE_RATE)] for row in self._noises]


def read_recordings(
    phrases: Sequence[KeywordPhrase],
    recordings: Path | None,
    negatives: Sequence[Path],
    language: str,
) -> GivenRecordings:
    """The rows of `recordings` (people who say a phrase: its text holds it) and of `negatives`.

    Rows of `negatives` that hold a phrase are left out, rows of `recordings` without one count as
    negatives. InputError for manifests that cannot be used, and for fewer than three recordings of
    a phrase that is said in any.
    """
    finders = [PhraseFinder(phrase.text, (), language) for phrase in phrases]
    rows: list[tuple[Utterance, frozenset[int]]] = []
    noises: list[Utterance] = []
    for path in [recordings] if recordings is not None else []:
        rows += [(row, _said(row, finders)) for row in _checked(path)]
        counts = [sum(place in said for _, said in rows) for place in range(len(phrases))]
        if not any(counts):
            raise InputError(
                f"{path}: no row's text holds {phrases[0].text!r}: fill the text column with what "
                "is said"
            )
        for phrase, count in zip(phrases, counts, strict=True):
            if 0 < count < FEWEST_RECORDINGS:
                raise InputError(
                    f"{path}: {count} recordings of {phrase.text!r} say too little of a voice: "
                    f"give {FEWEST_RECORDINGS} or more, or none"
                )
    for path in negatives:
        for row in _checked(path):
            said = _said(row, finders)
            if said:
                continue
            rows.append((row, said))
            if not row.text.strip():
                noises.append(row)
    return GivenRecordings(rows, noises)


def _checked(path: Path) -> list[Utterance]:
    manifest = Manifest(path)
    manifest.check().require()
    return list(manifest)


def _said(row: Utterance, finders: Sequence[PhraseFinder]) -> frozenset[int]:
    return frozenset(place for place, one in enumerate(finders) if one.is_said_in(row.text))
