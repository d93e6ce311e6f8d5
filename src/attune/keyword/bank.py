"""The negative bank: what the encoder hears in hours of speech and noise without a keyword.

Posteriors are kept sparse: of each row the best symbols above a floor, in steps of 0.4 (natural
log); rows that are surely blank keep nothing. Recordings keep their words, so that those which
happen to hold a keyword can be left out. What the encoder of the closer look hears in the same
rows is kept in the same way, if the base has one. Beside them the bank keeps the scores that words
said in the recordings get themselves, by their number of phones: what to expect of a phrase that
nobody has said yet.
"""

from __future__ import annotations

import io
import lzma
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from attune.errors import InputError
from attune.keyword.encoded_rows import EncodedRows
from attune.keyword.scoring import SYMBOLS

__all__ = ["BankBuilder", "BankChunk", "NegativeBank", "SparseRows"]

Floats = NDArray[np.float32]

_STEP = 0.4  # natural log
_FLOOR = -4.5  # symbols below are not kept
_MOST = 8  # symbols kept of a row
_REST = -6.0  # what those that were not kept count as: about what they are on average
_SURE = -0.03  # a blank above it is kept as the whole row
_BETWEEN = 8  # rows of blank between two recordings
_CHUNK = 50_000  # rows made dense at a time
_FORMAT = 3


@dataclass(frozen=True)
class SparseRows:
    """Posteriors of rows: `kept` uint8 [rows] counts the symbols of each, `symbols` and `levels`
    (steps below 0), uint8, are those of all rows."""

    kept: NDArray[np.uint8]
    symbols: NDArray[np.uint8]
    levels: NDArray[np.uint8]

    @property
    def whole(self) -> bool:
        """Whether nothing is missing."""
        total = int(self.kept.sum(dtype=np.int64))
        return total == len(self.symbols) == len(self.levels)

    @classmethod
    def of(cls, posteriors: Floats) -> SparseRows:
        """What is kept of log posteriors [rows, 40]."""
        least = np.partition(posteriors, -_MOST, axis=1)[:, -_MOST:].min(1, keepdims=True)
        keep = (posteriors > _FLOOR) & (posteriors >= least)
        keep[posteriors[:, 0] > _SURE] = False
        row, symbol = np.nonzero(keep)
        return cls(
            np.bincount(row, minlength=len(posteriors)).astype(np.uint8),
            symbol.astype(np.uint8),
            np.rint(-posteriors[row, symbol] / _STEP).astype(np.uint8),
        )

    @classmethod
    def joined(cls, parts: Sequence[SparseRows]) -> SparseRows:
        """All of `parts`, in order."""
        return cls(
            *(
                np.concatenate([np.zeros(0, np.uint8), *(getattr(one, name) for one in parts)])
                for name in ("kept", "symbols", "levels")
            )
        )

    def dense(self, begin: int, end: int, place: NDArray[np.int64], total: int) -> Floats:
        """Rows `begin` to `end` at these places of log posteriors [total, 40], blank elsewhere."""
        kept = self.kept[begin:end].astype(np.int64)
        offset = int(self.kept[:begin].sum(dtype=np.int64))
        dense = np.full((total, SYMBOLS), _REST, np.float32)
        dense[:, 0] = 0.0
        dense[place[kept > 0], 0] = _REST
        chosen = slice(offset, offset + int(kept.sum()))
        dense[np.repeat(place, kept), self.symbols[chosen]] = -_STEP * self.levels[chosen]
        return dense


@dataclass(frozen=True)
class BankChunk:
    """Some recordings: `owners` int64 [rows], the recording of each row, -1 between them;
    `posteriors` and `closer` float32 [rows, 40], log posteriors of the encoder and of the closer
    one (None: there is none)."""

    owners: NDArray[np.int64]
    posteriors: Floats
    closer: Floats | None


@dataclass(frozen=True)
class NegativeBank:
    """Recordings in order: `rows` [recordings] of each, its words, and what was heard.

    `words` uint32 [all words] are the hashes of what is said, `word_counts` int64 [recordings] how
    many of them belong to each recording.

    `heard` is what the encoder hears in all rows, `closer` the one of the closer look, None
    without. `spoken_phones` uint8 and `spoken_scores` float32 describe words that were said.
    `row_seconds` lie between rows.
    """

    rows: NDArray[np.int64]
    words: NDArray[np.uint32]
    word_counts: NDArray[np.int64]
    heard: SparseRows
    closer: SparseRows | None
    spoken_phones: NDArray[np.uint8]
    spoken_scores: Floats
    row_seconds: float

    @property
    def hours(self) -> float:
        """Hours of all recordings."""
        return float(self.rows.sum()) * self.row_seconds / 3600

    def without(self, phrase: str) -> NDArray[np.bool_]:
        """Which recordings, [recordings], do not hold the phrase by their words."""
        wanted = _hashes(phrase.split())
        usable = np.ones(len(self.rows), np.bool_)
        if not 0 < len(wanted) <= len(self.words):
            return usable
        windows = sliding_window_view(self.words, len(wanted))
        begins = np.flatnonzero((windows == wanted).all(1))
        owner = np.repeat(np.arange(len(self.rows)), self.word_counts)
        # A phrase does not go on from one recording to the next.
        within = owner[begins] == owner[begins + len(wanted) - 1]
        usable[owner[begins[within]]] = False
        return usable

    def chunks(self) -> Iterator[BankChunk]:
        """Some recordings at a time, in memory that does not grow with the bank."""
        ends = np.cumsum(self.rows)
        first = 0
        while first < len(self.rows):
            before = int(ends[first - 1]) if first else 0
            last = int(np.searchsorted(ends, before + _CHUNK, side="right"))
            last = max(first + 1, last)
            yield self._dense(first, last, before, int(ends[last - 1]))
            first = last

    def _dense(self, first: int, last: int, begin: int, end: int) -> BankChunk:
        counts = self.rows[first:last]
        gaps = np.repeat(np.arange(last - first) * _BETWEEN, counts)
        place = np.arange(end - begin) + gaps
        total = end - begin + (last - first) * _BETWEEN
        owners = np.full(total, -1, np.int64)
        owners[place] = np.repeat(np.arange(first, last), counts)
        return BankChunk(
            owners,
            self.heard.dense(begin, end, place, total),
            None if self.closer is None else self.closer.dense(begin, end, place, total),
        )

    @classmethod
    def read(cls, path: Path) -> NegativeBank:
        """The bank at `path`; InputError when it is damaged."""
        try:
            with np.load(io.BytesIO(lzma.decompress(path.read_bytes()))) as held:
                if int(held["format"]) != _FORMAT:
                    raise ValueError(f"format {int(held['format'])} instead of {_FORMAT}")
                bank = cls(
                    rows=held["rows"].astype(np.int64),
                    words=held["vocabulary"][held["words"]],
                    word_counts=held["word_counts"].astype(np.int64),
                    heard=_sparse(held, "heard"),
                    closer=_sparse(held, "closer") if "closer.kept" in held else None,
                    spoken_phones=held["spoken_phones"],
                    spoken_scores=held["spoken_scores"].astype(np.float32),
                    row_seconds=float(held["row_seconds"]),
                )
        except (ValueError, IndexError, KeyError, EOFError, OSError, lzma.LZMAError) as error:
            raise InputError(f"{path}: not a negative bank ({error}): build it again") from error
        parts = [part for part in (bank.heard, bank.closer) if part is not None]
        whole = (
            all(part.whole and len(part.kept) == bank.rows.sum() for part in parts)
            and len(bank.word_counts) == len(bank.rows)
            and bank.word_counts.sum() == len(bank.words)
        )
        if not whole:
            raise InputError(f"{path}: a damaged negative bank: build it again")
        return bank


class BankBuilder:
    """Collects recordings for a bank."""

    def __init__(self, row_seconds: float) -> None:
        self._row_seconds = row_seconds
        self._rows: list[int] = []
        self._words: list[str] = []
        self._word_counts: list[int] = []
        self._heard: list[SparseRows] = []
        self._closer: list[SparseRows] = []

    def add(self, rows: EncodedRows, words: Sequence[str]) -> None:
        """One recording: what is heard in it, and its words."""
        self._rows.append(len(rows.log_posteriors))
        self._words += words
        self._word_counts.append(len(words))
        self._heard.append(SparseRows.of(rows.log_posteriors))
        if rows.closer is not None:
            self._closer.append(SparseRows.of(rows.closer))

    def content(self, spoken: Sequence[tuple[int, float]] = ()) -> bytes:
        """The bank's file. `spoken` gives (phones, score) of words said in the recordings."""
        buffer = io.BytesIO()
        # Few words make up most of what is said: places in a vocabulary take less room than hashes.
        vocabulary, places = np.unique(_hashes(self._words), return_inverse=True)
        np.savez(
            buffer,
            format=np.int64(_FORMAT),
            rows=np.array(self._rows, np.int32),
            vocabulary=vocabulary,
            words=places.astype(np.uint16 if len(vocabulary) <= 1 << 16 else np.uint32),
            word_counts=np.array(self._word_counts, np.uint16),
            **_arrays("heard", self._heard),
            **(_arrays("closer", self._closer) if self._closer else {}),
            spoken_phones=np.array([phones for phones, _ in spoken], np.uint8),
            spoken_scores=np.array([score for _, score in spoken], np.float16),
            row_seconds=np.float64(self._row_seconds),
        )
        return lzma.compress(buffer.getvalue(), preset=6)


def _hashes(words: Sequence[str]) -> NDArray[np.uint32]:
    return np.array([zlib.crc32(word.lower().encode("utf-8")) for word in words], np.uint32)


def _arrays(name: str, parts: Sequence[SparseRows]) -> dict[str, Any]:
    return {f"{name}.{field}": value for field, value in vars(SparseRows.joined(parts)).items()}


def _sparse(held: Mapping[str, NDArray[np.uint8]], name: str) -> SparseRows:
    return SparseRows(*(held[f"{name}.{field}"] for field in ("kept", "symbols", "levels")))
