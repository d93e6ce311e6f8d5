"""Training speech in another order: words and short phrases cut out of it, with pauses between.

People say keywords alone. An encoder that has only heard sentences expects sentences ("the" before
every noun), and so does its teacher; here the teacher has heard the whole sentence, and its pupil
hears a word or a few of it, with the posteriors that the sentence had at this place.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from attune.acoustic import SAMPLE_RATE
from attune.data import Manifest
from attune.train.acoustic.config import AcousticConfig
from attune.train.acoustic.store import AudioStore, build_store

__all__ = ["Piece", "Rearranged", "TaughtUtterance"]

Floats = NDArray[np.float32]

HOP = SAMPLE_RATE // 25
"""Samples of a row."""

_SYMBOLS = 40
_SURE, _UNLIKELY = -0.005, -9.0  # what the teacher would say of silence
_MORE_WORDS = 0.45  # a piece has n words with the chance 0.45 * 0.55 ** (n - 1), from two on
_MARGIN = 12  # rows kept beyond a piece's first and last phone, at most
_NOISE = 0.06  # the share of samples that are noise alone
_TOGETHER = 0.15  # the chance that a piece follows without a pause
_PAUSE = (2, 22)  # rows
_LEVELS = (-6.0, 4.0)  # dB, of a piece against the others
_LEVEL = 0.05
_FLOOR = (-80.0, -50.0)  # dB of full scale, the noise of the recorder
_FADE = SAMPLE_RATE // 100


@dataclass(frozen=True)
class TaughtUtterance:
    """Number `index` of manifest `source`: the teacher's `rows` float16 [rows, symbols], `places`
    int32 [words, 2] of each word's first and last phone, and the words' `phones`."""

    source: str
    index: int
    rows: NDArray[np.float16]
    places: NDArray[np.int32]
    phones: tuple[NDArray[np.uint8], ...]


@dataclass(frozen=True)
class Piece:
    """float32 `samples` of unit power, the teacher's `rows` of them, and the phones, if known."""

    samples: Floats
    rows: NDArray[np.float16]
    phones: list[int] | None


class Rearranged:
    """Draws samples from everything that a teacher has heard at some speeds; the share `whole` of
    their pieces are whole utterances."""

    def __init__(
        self, config: AcousticConfig, folder: Path, speeds: tuple[str, ...], whole: float = 0.25
    ) -> None:
        self._whole = whole
        self._pools: dict[float, list[TaughtUtterance]] = {}
        self._chances: dict[float, NDArray[np.float64]] = {}
        weights = {source.manifest.stem: source.weight for source in config.train}
        for speed in speeds:
            every = [one for part in sorted(folder.glob(f"{speed}-*.npz")) for one in _read(part)]
            lengths = [weights[one.source] * len(one.rows) for one in every]
            self._pools[float(speed)] = every
            self._chances[float(speed)] = np.cumsum(lengths) / np.sum(lengths)
        self._stores: dict[str, AudioStore] = {
            source.manifest.stem: build_store(list(Manifest(source.manifest)), config.work)
            for source in config.train
        }
        self._noises = [
            (source.manifest.stem, i)
            for source in config.train
            if source.silent
            for i in range(len(self._stores[source.manifest.stem].lengths))
        ]

    def sample(
        self, random: np.random.Generator, rows: int
    ) -> tuple[Floats, Floats, list[int] | None]:
        """float32 [640 rows] of speech or noise, what the teacher says of it, float32
        [rows, symbols], and its phones (None where they are not known)."""
        taught = np.full((rows, _SYMBOLS), _UNLIKELY, np.float32)
        taught[:, 0] = _SURE
        if self._noises and random.random() < _NOISE:
            return self._noise(random, rows), taught, []
        samples = np.zeros(rows * HOP, np.float32)
        phones: list[int] | None = []
        at = int(random.integers(0, 15))
        while at < rows - 4:
            piece = self.piece(random)
            if piece is None:
                continue
            end = at + len(piece.rows)
            if end > rows:
                if at > rows // 2 and random.random() < 0.3:
                    break
                continue
            level = np.float32(10 ** (random.uniform(*_LEVELS) / 20))
            samples[at * HOP : at * HOP + len(piece.samples)] += piece.samples * level
            taught[at:end] = piece.rows
            known = phones is not None and piece.phones is not None
            phones = [*phones, *piece.phones] if known else None  # type: ignore[misc]
            at = end
            if random.random() >= _TOGETHER:
                at += int(random.integers(*_PAUSE))
        hiss = random.standard_normal(len(samples), dtype=np.float32)
        samples = samples * np.float32(_LEVEL)
        return samples + hiss * np.float32(10 ** (random.uniform(*_FLOOR) / 20)), taught, phones

    def piece(self, random: np.random.Generator) -> Piece | None:
        """Some neighbouring words of an utterance, or all of it; None if nothing is left."""
        speed = float(random.choice(list(self._pools)))
        place = int(np.searchsorted(self._chances[speed], random.random()))
        one = self._pools[speed][min(place, len(self._pools[speed]) - 1)]
        samples = self._stores[one.source].read(one.index)
        if speed != 1.0:
            samples = soxr.resample(samples, SAMPLE_RATE, SAMPLE_RATE / speed, "MQ")
        samples = samples / np.sqrt(np.mean(np.square(samples)) + np.float32(1e-9))
        words = len(one.places)
        if words == 0:
            return Piece(samples, one.rows, None) if random.random() < 0.5 else None
        first, count = 0, words
        if random.random() >= self._whole:
            count = min(words, 1 + int(random.geometric(_MORE_WORDS)))
            first = int(random.integers(0, words - count + 1))
        begin, end = _bounds(one, first, count)
        if end - begin < 3:
            return None
        cut = samples[begin * HOP : end * HOP].astype(np.float32)
        fade = min(_FADE, len(cut) // 4)
        if fade:
            ramp = np.linspace(0, 1, fade, dtype=np.float32)
            cut[:fade] *= ramp
            cut[-fade:] *= ramp[::-1]
        rows = one.rows[begin : begin + -(-len(cut) // HOP)]
        phones = [int(code) for word in one.phones[first : first + count] for code in word]
        return Piece(cut, rows, phones)

    def _noise(self, random: np.random.Generator, rows: int) -> Floats:
        source, index = self._noises[random.integers(len(self._noises))]
        noise = self._stores[source].read(index)
        turned = np.roll(noise, -int(random.integers(len(noise))))
        return np.resize(turned, rows * HOP).astype(np.float32)


def _bounds(one: TaughtUtterance, first: int, count: int) -> tuple[int, int]:
    """The rows of some words: half way to their neighbours, not far beyond their phones."""
    places, after = one.places, first + count
    begin = 0 if first == 0 else -(-(places[first - 1, 1] + places[first, 0] + 1) // 2)
    end = len(one.rows)
    if after < len(places):
        end = (places[after - 1, 1] + places[after, 0]) // 2 + 1
    least, most = places[first, 0] - _MARGIN, places[after - 1, 1] + _MARGIN
    return int(max(begin, least)), int(min(end, most, len(one.rows)))


def _read(path: Path) -> list[TaughtUtterance]:
    """What teacher_rows.py wrote."""
    with np.load(path) as file:
        table = {name: file[name] for name in file.files}
    rows = np.split(table["rows"], np.cumsum(table["rows_of"])[:-1])
    words = np.split(table["phones"], np.cumsum(table["phones_of"])[:-1])
    bounds = np.concatenate([[0], np.cumsum(table["words_of"])])
    return [
        TaughtUtterance(
            str(table["sources"][i]),
            int(table["indices"][i]),
            rows[i],
            table["places"][bounds[i] : bounds[i + 1]],
            tuple(words[bounds[i] : bounds[i + 1]]),
        )
        for i in range(len(rows))
    ]
