"""The ARPA text format, read and written by every n-gram toolkit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from math import isfinite
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from attune.errors import InputError

from .atomic_file import replacing
from .backoff_model import LOG_ZERO, BackoffModel, NgramOrder
from .ngram_rows import NgramRows, build_model
from .text_files import read_lines
from .vocabulary import Vocabulary

__all__ = ["read_arpa", "write_arpa"]

_ROWS_PER_BLOCK = 100_000
_COUNT = re.compile(r"ngram\s+(\d+)\s*=\s*(\d+)")
_SECTION = re.compile(r"\\(\d+)-grams:")


def write_arpa(model: BackoffModel, path: str | Path) -> None:
    """Write a model as text; the file appears only when it is complete."""
    with replacing(path) as file:
        counts = "".join(f"ngram {k}={n}\n" for k, n in enumerate(model.counts, start=1))
        file.write(f"\\data\\\n{counts}".encode())
        words = np.array(model.vocabulary.words, np.object_)
        for k in range(1, model.order + 1):
            file.write(f"\n\\{k}-grams:\n".encode())
            _write_order(file, model.orders[:k], words, with_backoff=k < model.order)
        file.write(b"\n\\end\\\n")


def _write_order(
    file: BinaryIO,
    orders: tuple[NgramOrder, ...],
    words: NDArray[np.object_],
    *,
    with_backoff: bool,
) -> None:
    entries = orders[-1]
    for begin in range(0, len(entries), _ROWS_PER_BLOCK):
        block = slice(begin, begin + _ROWS_PER_BLOCK)
        texts, at = words[entries.words[block]], entries.contexts[block]
        for order in reversed(orders[:-1]):
            texts, at = words[order.words[at]] + " " + texts, order.contexts[at]
        columns = [entries.log_prob[block].astype(str).tolist(), texts.tolist()]
        if with_backoff:
            columns.append(entries.backoff[block].astype(str).tolist())
        lines = map("\t".join, zip(*columns, strict=True))
        file.write(("\n".join(lines) + "\n").encode())


def read_arpa(path: str | Path) -> BackoffModel:
    """Read a model (`.arpa`, also `.gz` or `.xz`).

    Contexts and suffixes that the file leaves out are added with the probability that backing off
    gives, which changes nothing. Words without an entry of their own cannot occur; `<unk>`, `<s>`
    and `</s>` get log10 P = -99 when missing. Raises InputError naming the line that is wrong.
    """
    reader = _ArpaReader(path)
    counts = reader.read_counts()
    names: list[str] = []

    def remember(words: list[str]) -> list[int]:
        names.extend(words)
        return [0]

    unigrams = reader.read_section(1, counts[0], remember)
    vocabulary = Vocabulary(names)
    if len(set(names)) < len(names):
        raise InputError(f"{path}: a word has two entries; keep one of them.")
    rows = [replace(unigrams, words=vocabulary.encode(names).reshape(-1, 1))]
    for k, count in enumerate(counts[1:], start=2):
        rows.append(reader.read_section(k, count, reader.encoder(vocabulary)))
    reader.read_end()
    return build_model(vocabulary, rows)


class _ArpaReader:
    """The parts of an ARPA file in the order in which they come."""

    def __init__(self, path: str | Path) -> None:
        self._path = path
        self._line_number = 0
        self._lines = self._content(read_lines(path))
        self._next = next(self._lines, "")
        # What stands before the header is a comment.
        while self._next and self._next != "\\data\\":
            self._advance()
        if not self._next:
            raise InputError(f"{path}: no \\data\\ line; give a model in ARPA format.")
        self._advance()

    def _content(self, lines: Iterator[str]) -> Iterator[str]:
        for number, line in enumerate(lines, start=1):
            self._line_number = number
            if line and not line.isspace():
                yield line

    def _advance(self) -> None:
        self._next = next(self._lines, "")

    def _error(self, problem: str) -> InputError:
        return InputError(f"{self._path}, line {self._line_number}: {problem}")

    def read_counts(self) -> list[int]:
        """Numbers of n-grams, from the header."""
        counts: list[int] = []
        while match := _COUNT.fullmatch(self._next.strip()):
            if int(match[1]) != len(counts) + 1:
                raise self._error(f"'ngram {len(counts) + 1}=' should come here.")
            counts.append(int(match[2]))
            self._advance()
        if not counts:
            raise self._error("the header should say 'ngram 1=' and the number of words.")
        return counts

    def read_section(
        self, order: int, count: int, encode: Callable[[list[str]], Sequence[int]]
    ) -> NgramRows:
        """The n-grams of one order; `encode` turns the words of each into ids."""
        match = _SECTION.fullmatch(self._next.strip())
        if match is None or int(match[1]) != order:
            raise self._error(
                f"'\\{order}-grams:' should come here; check the counts in the header."
            )
        words = np.zeros((count, order), np.uint32)
        values = np.zeros((count, 2), np.float32)
        for row in range(count):
            self._advance()
            fields = self._next.split()
            values[row] = self._numbers(fields, order)
            words[row] = encode(fields[1 : order + 1])
        self._advance()
        return NgramRows(words, np.maximum(values[:, 0], LOG_ZERO), values[:, 1])

    def _numbers(self, fields: list[str], order: int) -> tuple[float, float]:
        """log10 probability and back-off weight of an n-gram's line."""
        try:
            numbers = [float(fields[i]) for i in (0, *range(order + 1, len(fields)))]
        except (ValueError, IndexError):
            numbers = []
        if len(numbers) not in (1, 2) or len(fields) <= order or not all(map(isfinite, numbers)):
            raise self._error(
                f"expected a log10 probability, {order} word(s) and perhaps a back-off weight."
            )
        return numbers[0], numbers[1] if len(numbers) == 2 else 0.0

    def encoder(self, vocabulary: Vocabulary) -> Callable[[list[str]], Sequence[int]]:
        """Ids of words that must be in the vocabulary."""

        def encode(words: list[str]) -> list[int]:
            for word in words:
                if word not in vocabulary:
                    raise self._error(f"the word '{word}' has no 1-gram; add it.")
            return [vocabulary.id(word) for word in words]

        return encode

    def read_end(self) -> None:
        if self._next.strip() != "\\end\\":
            raise self._error("'\\end\\' should come here.")
