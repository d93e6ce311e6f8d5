"""Writing KenLM's binary format (probing hash tables, version 5), readable by KenLM itself.

After K. Heafield, "KenLM: Faster and Smaller Language Model Queries" (2011), and KenLM's
lm/binary_format.cc, lm/vocab.cc and lm/search_hashed.cc.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from attune.errors import InputError

from .atomic_file import replacing
from .backoff_model import BackoffModel, NgramOrder

__all__ = ["murmur_hashes", "write_kenlm_binary"]

_MAGIC = b"mmap lm http://kheafield.com/code format version 5\n\0\0"
_MULTIPLIER = 1.5
_PROBING_MODEL = 0
_HASH_CONTEXT = np.uint64(8978948897894561157)
_HASH_WORD = np.uint64(17894857484156487943)
_WORD_ENTRY = np.dtype([("key", "<u8"), ("id", "<u4")])
_MIDDLE_ENTRY = np.dtype([("key", "<u8"), ("prob", "<f4"), ("backoff", "<f4")])
_LONGEST_ENTRY = np.dtype([("key", "<u8"), ("prob", "<f4")])
_UNIGRAM_ENTRY = np.dtype([("prob", "<f4"), ("backoff", "<f4")])


def write_kenlm_binary(model: BackoffModel, path: str | Path) -> None:
    """Write a model of order >= 2; the file appears only when it is complete.

    Raises InputError for a model of order 1, which KenLM does not read.
    """
    if model.order < 2:
        raise InputError("KenLM reads models of order 2 or more: train one with order >= 2.")
    with replacing(path) as file:
        file.write(_header(model.counts))
        file.write(struct.pack("<II", 0, len(model.vocabulary)))
        file.write(_vocabulary_table(model).tobytes())
        for table in _search_tables(model):
            file.write(table.tobytes())
        file.write(b"".join(word.encode() + b"\0" for word in model.vocabulary))


def _header(counts: tuple[int, ...]) -> bytes:
    sanity = struct.pack("<3f3IQ", 0.0, 1.0, -0.5, 1, 0xFFFFFFFF, 0, 1)
    fixed = struct.pack("<B3xfi?3xI", len(counts), _MULTIPLIER, _PROBING_MODEL, True, 0)
    header = _padded(_MAGIC) + sanity + fixed + struct.pack(f"<{len(counts)}Q", *counts)
    return _padded(header)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 8)


def _vocabulary_table(model: BackoffModel) -> NDArray[np.void]:
    # <unk> is what a failed look-up gives; it has no entry.
    keys = murmur_hashes([word.encode() for word in model.vocabulary][1:])
    return _hash_table(
        keys, _WORD_ENTRY, len(model.vocabulary), id=np.arange(1, len(model.vocabulary))
    )


def _search_tables(model: BackoffModel) -> Iterator[NDArray[np.void]]:
    unigrams = np.zeros(len(model.vocabulary) + 1, _UNIGRAM_ENTRY)
    prob, backoff = _signed(model, 1)
    unigrams["prob"][:-1], unigrams["backoff"][:-1] = prob, backoff
    yield unigrams
    for k in range(2, model.order + 1):
        keys, count = _ngram_keys(model.orders[:k]), model.counts[k - 1]
        prob, backoff = _signed(model, k)
        if k < model.order:
            yield _hash_table(keys, _MIDDLE_ENTRY, count, prob=prob, backoff=backoff)
        else:
            yield _hash_table(keys, _LONGEST_ENTRY, count, prob=prob)


def _signed(model: BackoffModel, order: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Probabilities and back-off weights of an order, with what KenLM keeps in their sign bits.

    A probability is negative unless a longer n-gram ends in this one; a back-off weight of zero is
    negative unless a longer n-gram begins with this one.
    """
    entries = model.orders[order - 1]
    prob = -np.abs(entries.log_prob)
    backoff = np.where(entries.backoff == 0, np.float32(-0.0), entries.backoff)
    if order < model.order:
        above: NgramOrder = model.orders[order]
        prob[above.suffixes] = np.abs(prob[above.suffixes])
        begins = np.zeros(len(entries), np.bool_)
        begins[above.contexts] = True
        backoff[begins & (backoff == 0)] = 0.0
    return prob, backoff


def _ngram_keys(orders: tuple[NgramOrder, ...]) -> NDArray[np.uint64]:
    """KenLM's hash of each n-gram of the last order: its words combined from last to first."""
    keys = orders[-1].words.astype(np.uint64)
    at = orders[-1].contexts
    for order in reversed(orders[:-1]):
        keys = (keys * _HASH_CONTEXT) ^ ((order.words[at] + np.uint64(1)) * _HASH_WORD)
        at = order.contexts[at]
    return keys


def _hash_table(
    keys: NDArray[np.uint64],
    entry: np.dtype[np.void],
    count: int,
    **values: NDArray[np.generic],
) -> NDArray[np.void]:
    """A table with linear probing from bucket key % buckets; empty buckets are zero."""
    # KenLM computes the size in single precision.
    buckets = max(count + 1, int(np.float32(_MULTIPLIER) * np.float32(count)))
    ideal = keys % np.uint64(buckets)
    by_bucket = np.argsort(ideal, kind="stable")
    steps = np.arange(len(keys))
    slots = np.maximum.accumulate(ideal[by_bucket].astype(np.int64) - steps) + steps
    # What runs over the end goes on from the beginning, into the first free buckets.
    over = slots >= buckets
    if over.any():
        free = np.ones(buckets, np.bool_)
        free[slots[~over]] = False
        slots[over] = np.flatnonzero(free)[: np.count_nonzero(over)]
    table = np.zeros(buckets, entry)
    table["key"][slots] = keys[by_bucket]
    for name, column in values.items():
        table[name][slots] = column[by_bucket]
    return table


def murmur_hashes(words: list[bytes]) -> NDArray[np.uint64]:
    """MurmurHash64A with seed 0 (A. Appleby, public domain) of each word, uint64 [word]."""
    hashes = np.zeros(len(words), np.uint64)
    lengths = np.array([len(word) for word in words], np.int64)
    multiplier, shift = np.uint64(0xC6A4A7935BD1E995), np.uint64(47)
    for length in np.unique(lengths):
        chosen = np.flatnonzero(lengths == length)
        padded = b"".join(words[i] + bytes(-int(length) % 8) for i in chosen)
        blocks = np.frombuffer(padded, "<u8").reshape(len(chosen), -(-int(length) // 8))
        value = np.full(len(chosen), length, np.uint64) * multiplier
        for i in range(int(length) // 8):
            block = blocks[:, i] * multiplier
            block ^= block >> shift
            value = (value ^ (block * multiplier)) * multiplier
        if length % 8:
            value = (value ^ blocks[:, -1]) * multiplier
        value ^= value >> shift
        value *= multiplier
        hashes[chosen] = value ^ (value >> shift)
    return hashes
