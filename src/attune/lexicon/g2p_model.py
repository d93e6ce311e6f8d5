"""The n-gram over graphones as stored and queried: quantised on disk, flat arrays in memory.

The file is a compressed NumPy archive (no pickled objects). Order n is a table of n-grams sorted
by (their first n-1 graphones, their last one); a parent's children are contiguous, so that only
their number is stored. Logarithms are quantised to 255 levels for each order. Every suffix of a
stored n-gram is stored, which lets a query go from short contexts to long ones and stop early.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from attune.bundle.atomic import new_file, write_errors
from attune.errors import InputError

__all__ = [
    "END",
    "FIRST_UNIT",
    "LETTERS",
    "START",
    "GraphoneModel",
    "Order",
    "load_models",
    "spell",
    "write_models",
]

START, END, FIRST_UNIT = 0, 1, 2
"""Symbols of the n-gram: word start, word end, and the number of graphone 0."""

LETTERS = "abcdefghijklmnopqrstuvwxyz'"
"""The letters that a word may have; letter i has number i + 1, 0 is "no letter"."""

_FORMAT = "attune-g2p-1"
_LEVELS = 255
_LETTERS = len(LETTERS) + 1  # and "no letter"

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Arrays = dict[str, npt.NDArray[Any]]


_NUMBERS = {letter: number for number, letter in enumerate(LETTERS, start=1)}


def spell(word: str) -> list[int] | None:
    """Letter numbers of `word`, or None when it is empty or has other characters."""
    numbers = [_NUMBERS.get(letter, 0) for letter in word]
    return numbers if numbers and all(numbers) else None


@dataclass(frozen=True)
class Order:
    """The n-grams of one order, sorted by (prefix, symbol).

    `prefix`: int64 [n-gram] index into the order below (order 1: zeros); `symbol`: int64 [n-gram],
    the last symbol; `log_prob`, `log_backoff`: float64 [n-gram], natural logarithms.
    """

    prefix: Ints
    symbol: Ints
    log_prob: Floats
    log_backoff: Floats


class GraphoneModel:
    """A back-off n-gram that scores graphones after a state.

    `units`: uint8 [graphone, 4], two letters and two phones, 0 where absent. A state is one row of
    int64 [order - 1]: for k = 1, 2, ... the index of the n-gram that the last k symbols are, or -1.
    `longest` is the most letters of a graphone; `spoken` the phones of each symbol.
    """

    def __init__(self, units: npt.NDArray[np.uint8], orders: list[Order]) -> None:
        self.units = units
        self.orders = orders
        self._symbols = len(orders[0].symbol)
        self._keys = [order.prefix * self._symbols + order.symbol for order in orders]
        self._bigram = np.full((self._symbols, self._symbols), -1, dtype=np.int32)
        self._bigram.ravel()[self._keys[1]] = np.arange(len(self._keys[1]))
        self._backoff = [np.append(order.log_backoff, 0.0) for order in orders]
        pairs = units[:, 0].astype(np.int64) * _LETTERS + units[:, 1]
        self._by_letters = np.argsort(pairs, kind="stable") + FIRST_UNIT
        self._begin = np.searchsorted(np.sort(pairs), np.arange(_LETTERS**2 + 1))
        phones = [tuple(phone for phone in unit if phone) for unit in units[:, 2:].tolist()]
        self.spoken: list[tuple[int, ...]] = [(), (), *phones]
        self.longest = 2 if units[:, 1].any() else 1

    def candidates(self, letters: Ints) -> tuple[Ints, Ints]:
        """The graphones that spell each row of `letters`, int64 [row, 1 or 2].

        Returns (row, symbol) of every one, both int64 [graphone], sorted by row. A row whose second
        letter is 0 (the word has ended) has none.
        """
        pair = letters[:, 0] * _LETTERS
        if letters.shape[1] == 2:
            pair = np.where(letters[:, 1] == 0, 0, pair + letters[:, 1])
        begin, end = self._begin[pair], self._begin[pair + 1]
        count = end - begin
        rows = np.repeat(np.arange(len(pair)), count)
        return rows, self._by_letters[np.arange(len(rows)) + (end - np.cumsum(count))[rows]]

    def extend(self, states: Ints, rows: Ints, symbols: Ints) -> tuple[Floats, Ints]:
        """Score `symbols[i]` after state number `rows[i]`.

        `states` is int64 [state, order - 1]. Returns natural-log probabilities float64 [i], and
        the states that follow, int64 [i, order - 1].
        """
        depth = len(self.orders) - 1
        after = np.full((len(rows), depth), -1, dtype=np.int64)
        after[:, 0] = symbols
        backoff = np.zeros((len(states), depth))
        for n in range(depth):
            backoff[:, n] = self._backoff[n][states[:, n]]
        # What is still to be paid if no longer n-gram matches: the weights of longer contexts.
        backoff = np.cumsum(backoff[:, ::-1], axis=1)[:, ::-1]
        scores = self.orders[0].log_prob[symbols] + backoff[rows, 0]
        index = self._bigram[states[rows, 0], symbols].astype(np.int64)
        flat = np.arange(len(rows))
        for n in range(1, depth + 1):
            if n > 1:  # only what matched n symbols can match n + 1
                context = states[rows[flat], n - 1]
                keys = context * self._symbols + symbols[flat]
                index = np.searchsorted(self._keys[n], keys)
                index = np.minimum(index, len(self._keys[n]) - 1)
                index[(self._keys[n][index] != keys) | (context < 0)] = -1
            found = index >= 0
            flat, index = flat[found], index[found]
            scores[flat] = self.orders[n].log_prob[index]
            if n < depth:
                after[flat, n] = index
                scores[flat] += backoff[rows[flat], n]
        return scores, after

    def to_arrays(self) -> Arrays:
        """What is stored of the model."""
        arrays: Arrays = {"units": self.units, "order": np.array(len(self.orders))}
        for n, order in enumerate(self.orders, start=1):
            if n > 1:
                parents = len(self.orders[n - 2].symbol)
                arrays[f"children{n}"] = np.bincount(order.prefix, minlength=parents).astype("<u2")
                arrays[f"symbol{n}"] = order.symbol.astype("<u2")
            arrays[f"prob{n}"], arrays[f"prob_levels{n}"] = _quantise(order.log_prob)
            if n < len(self.orders):
                arrays[f"backoff{n}"], arrays[f"backoff_levels{n}"] = _quantise(order.log_backoff)
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> GraphoneModel:
        """The model of `arrays`; KeyError, ValueError or IndexError when they are not one."""
        units = arrays["units"].astype(np.uint8)
        if units.ndim != 2 or units.shape[1] != 4 or units.max() > 39:
            raise ValueError("its graphones are out of range")
        symbols = len(units) + FIRST_UNIT
        orders: list[Order] = []
        for n in range(1, int(arrays["order"]) + 1):
            if n == 1:
                symbol, prefix = np.arange(symbols), np.zeros(symbols, dtype=np.int64)
            else:
                symbol = arrays[f"symbol{n}"].astype(np.int64)
                children = arrays[f"children{n}"].astype(np.int64)
                prefix = np.repeat(np.arange(len(orders[-1].symbol)), children)
            log_prob = arrays[f"prob_levels{n}"][arrays[f"prob{n}"]].astype(np.float64)
            log_backoff = np.zeros(len(symbol))
            if f"backoff{n}" in arrays:
                levels = arrays[f"backoff_levels{n}"]
                log_backoff = levels[arrays[f"backoff{n}"]].astype(np.float64)
            if not len(symbol) == len(prefix) == len(log_prob) == len(log_backoff) > 0:
                raise ValueError(f"its tables of order {n} differ in length")
            if symbol.max() >= symbols:
                raise ValueError(f"its order {n} names a graphone that it does not have")
            orders.append(Order(prefix, symbol, log_prob, log_backoff))
        if len(orders) < 2:
            raise ValueError("its order is below 2")
        return cls(units, orders)


def write_models(models: Sequence[GraphoneModel], path: str | Path) -> None:
    """Write the models to one file in one atomic step."""
    path = Path(path)
    arrays: Arrays = {"format": np.array(_FORMAT), "models": np.array(len(models))}
    for number, model in enumerate(models):
        arrays.update({f"{number}.{name}": array for name, array in model.to_arrays().items()})
    with write_errors(path), new_file(path) as temporary, open(temporary, "xb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def load_models(path: str | Path) -> list[GraphoneModel]:
    """Read a model file; InputError names it when it is missing, damaged or of another format."""
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = dict(archive)
        if str(arrays["format"]) != _FORMAT:
            raise ValueError(f"its format is {arrays['format']}, expected {_FORMAT}")
        parts: list[Arrays] = [{} for _ in range(int(arrays["models"]))]
        for name, array in arrays.items():
            number, dot, rest = name.partition(".")
            if dot:
                parts[int(number)][rest] = array
        return [GraphoneModel.from_arrays(part) for part in parts]
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file: give the path of a G2P model") from error
    except (
        OSError, KeyError, ValueError, IndexError, TypeError, EOFError, zipfile.BadZipFile,
        zlib.error, NotImplementedError, OverflowError, MemoryError,
    ) as error:  # fmt: skip
        raise InputError(
            f"{path}: not a G2P model, or a damaged one ({error}): train or copy it again"
        ) from error


def _quantise(values: Floats) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    """Codes uint8 and levels float32 [255]: equally filled bins, each level its bin's mean."""
    ordered = np.sort(values)
    bins = np.array_split(ordered, min(_LEVELS, len(ordered)))
    levels = np.unique(np.array([part.mean() for part in bins], dtype=np.float32))
    edges = (levels[1:] + levels[:-1]) / 2
    return np.searchsorted(edges, values).astype(np.uint8), levels
