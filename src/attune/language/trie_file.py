"""The n-gram file (`.ngram`): a quantised forward trie that is read in place.

Little endian, every section at a multiple of 64 bytes:

    0   8 bytes magic "ATNGRAM1"
    8   uint32 order N (1..6)
    12  uint32 vocabulary size V
    16  uint32 n-grams of orders 1..6 (0 above N; the first equals V)
    40  (uint64 offset, uint64 length in bytes) of each section, in this order:
        vocab_offsets   uint32 [V + 1] into vocab_blob
        vocab_blob      UTF-8 words without separators
        then for each order k = 1..N
        words           uint24 [n-gram] last word        (length 0 for k = 1: entry i is word i)
        prob            uint8 [n-gram] code of log10 P
        backoff         uint8 [n-gram] code of log10 back-off weight     (length 0 for k = N)
        child           uint32 [n-gram + 1] first continuation in order k + 1  (length 0 for k = N)
        prob_codebook   float32 [256] log10
        backoff_codebook float32 [256] log10                             (length 0 for k = N)

N-grams are sorted by their words; the continuations of entry i of order k are the entries
child[i]..child[i + 1] of order k + 1. Contexts and suffixes of every n-gram are in the file too.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from attune.errors import InputError

from .atomic_file import replacing
from .backoff_model import LOG_ZERO, BackoffModel, child_offsets
from .codebooks import CODES, fit_codebook, quantize
from .vocabulary import Vocabulary

__all__ = [
    "MAGIC",
    "MAX_ORDER",
    "TrieLayout",
    "read_layout",
    "trie_file_size",
    "trie_size_of",
    "write_trie_file",
]

MAGIC = b"ATNGRAM1"
MAX_ORDER = 6
_MAX_WORDS = 1 << 24
_ALIGNMENT = 64
_FIXED_HEADER = struct.Struct(f"<8sII{MAX_ORDER}I")
_SECTION = struct.Struct("<QQ")
_SECTIONS_PER_ORDER = 6


class TrieLayout:
    """Sizes in the header of an n-gram file and the place of each section."""

    def __init__(self, counts: Sequence[int], vocabulary_bytes: int) -> None:
        self.counts = tuple(counts)
        lengths = [4 * (counts[0] + 1), vocabulary_bytes]
        for k, count in enumerate(counts, start=1):
            is_last = k == len(counts)
            lengths += [
                0 if k == 1 else 3 * count,
                count,
                0 if is_last else count,
                0 if is_last else 4 * (count + 1),
                4 * CODES,
                0 if is_last else 4 * CODES,
            ]
        at = _aligned(_FIXED_HEADER.size + _SECTION.size * len(lengths))
        self.sections: list[tuple[int, int]] = []
        for length in lengths:
            self.sections.append((at, length))
            at = _aligned(at + length)
        self.size = at

    def header(self) -> bytes:
        """The first bytes of the file."""
        padded = self.counts + (0,) * (MAX_ORDER - len(self.counts))
        fixed = _FIXED_HEADER.pack(MAGIC, len(self.counts), self.counts[0], *padded)
        return fixed + b"".join(_SECTION.pack(*section) for section in self.sections)

    def order_sections(self, order: int) -> list[tuple[int, int]]:
        """(offset, length) of words, prob, backoff, child and the two codebooks of an order."""
        first = 2 + _SECTIONS_PER_ORDER * (order - 1)
        return self.sections[first : first + _SECTIONS_PER_ORDER]


def _aligned(offset: int) -> int:
    return -(-offset // _ALIGNMENT) * _ALIGNMENT


def read_layout(data: NDArray[np.uint8], path: str | Path) -> TrieLayout:
    """The layout of a whole n-gram file given as bytes.

    Raises InputError when it is no such file, cut short or inconsistent.
    """
    if len(data) < _FIXED_HEADER.size or data[: len(MAGIC)].tobytes() != MAGIC:
        raise InputError(f"{path}: not an n-gram file (.ngram); give a model written by Attune.")
    damaged = InputError(f"{path}: the n-gram file is damaged or cut short; copy it again.")
    _, order, vocabulary_size, *counts = _FIXED_HEADER.unpack(data[: _FIXED_HEADER.size].tobytes())
    if not 1 <= order <= MAX_ORDER or counts[0] != vocabulary_size or any(counts[order:]):
        raise damaged
    blob_entry = _FIXED_HEADER.size + _SECTION.size
    if len(data) < blob_entry + _SECTION.size:
        raise damaged
    _, blob_length = _SECTION.unpack(data[blob_entry : blob_entry + _SECTION.size].tobytes())
    if blob_length > len(data):
        raise damaged
    layout = TrieLayout(counts[:order], blob_length)
    header = layout.header()
    if len(data) != layout.size or data[: len(header)].tobytes() != header:
        raise damaged
    return layout


def trie_file_size(counts: Sequence[int], *, vocabulary_bytes: int) -> int:
    """Bytes of the file of a model with these n-gram counts of orders 1..N."""
    return TrieLayout(counts, vocabulary_bytes).size


def trie_size_of(vocabulary: Vocabulary) -> Callable[[Sequence[int]], int]:
    """`trie_file_size` of models with this vocabulary, by their n-gram counts."""
    vocabulary_bytes = sum(len(word.encode()) for word in vocabulary)
    return partial(trie_file_size, vocabulary_bytes=vocabulary_bytes)


def write_trie_file(model: BackoffModel, path: str | Path) -> None:
    """Quantise a model and write it; the file appears only when it is complete.

    Raises InputError when the vocabulary is larger than 2^24 - 1 words.
    """
    if len(model.vocabulary) >= _MAX_WORDS:
        raise InputError(f"{len(model.vocabulary)} words: an n-gram file holds {_MAX_WORDS - 1}.")
    words = [word.encode() for word in model.vocabulary]
    layout = TrieLayout(model.counts, sum(map(len, words)))
    with replacing(path) as file:
        file.write(layout.header())
        sections = _sections(model, words)
        for (offset, length), section in zip(layout.sections, sections, strict=True):
            file.write(bytes(offset - file.tell()))
            content = section.tobytes()
            if len(content) != length:
                raise AssertionError(f"section of {len(content)} bytes where {length} were planned")
            file.write(content)
        file.write(bytes(layout.size - file.tell()))


def _sections(model: BackoffModel, words: list[bytes]) -> Iterator[NDArray[np.generic]]:
    empty = np.zeros(0, np.uint8)
    yield np.cumsum([0, *map(len, words)]).astype("<u4")
    yield np.frombuffer(b"".join(words), np.uint8)
    for k, order in enumerate(model.orders, start=1):
        is_last = k == model.order
        yield empty if k == 1 else _three_bytes(order.words)
        prob_codebook = fit_codebook(order.log_prob, float(LOG_ZERO))
        yield quantize(order.log_prob, prob_codebook)
        if is_last:
            yield empty
            yield empty
            yield prob_codebook.astype("<f4")
            yield empty
            continue
        backoff_codebook = fit_codebook(order.backoff, 0.0)
        yield quantize(order.backoff, backoff_codebook)
        yield child_offsets(model.orders[k].contexts, len(order)).astype("<u4")
        yield prob_codebook.astype("<f4")
        yield backoff_codebook.astype("<f4")


def _three_bytes(words: NDArray[np.uint32]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(words.astype("<u4").view(np.uint8).reshape(-1, 4)[:, :3])
