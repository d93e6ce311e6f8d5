"""A back-off n-gram over graphones: modified Kneser-Ney estimation and entropy pruning.

Short sequences (a word has about eight graphones) and high orders: every order is a table of
n-grams numbered by (its first n-1 graphones, its last one), so that each step is one vectorised
sort. Sources: Chen and Goodman, "An empirical study of smoothing techniques for language
modeling" (1998), interpolated modified Kneser-Ney; Stolcke, "Entropy-based pruning of backoff
language models" (1998), with the history's probability taken from its own count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from attune.lexicon.g2p_model import END, START

__all__ = ["NgramTable", "estimate", "prune"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass
class NgramTable:
    """The n-grams of one order, sorted by (prefix, symbol).

    `prefix`: index [n-gram] into the order below of all but the last symbol (order 1: zeros).
    `suffix`: index [n-gram] into the order below of all but the first symbol (order 1: zeros).
    `symbol`: the last symbol. `share`: how often the n-gram occurs, as a share of all positions.
    `log_prob`: natural log of the conditional probability. `log_backoff`: of the back-off weight.
    """

    prefix: Ints
    suffix: Ints
    symbol: Ints
    share: Floats
    log_prob: Floats
    log_backoff: Floats

    def __len__(self) -> int:
        return len(self.symbol)


def estimate(sequences: Sequence[Sequence[int]], symbols: int, order: int) -> list[NgramTable]:
    """Interpolated modified Kneser-Ney over graphone `sequences`, one table per order.

    `symbols` counts all symbols, START and END included; sequences hold graphones numbered from
    FIRST_UNIT. Unseen graphones share what the unigrams' discounts leave.
    """
    flat = np.concatenate([np.array([START, *sequence, END]) for sequence in sequences])
    lengths = np.array([len(sequence) + 2 for sequence in sequences])
    place = np.arange(len(flat)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    current, tables, raw = flat, [], []
    starts: list[npt.NDArray[np.int64]] = []
    for n in range(1, order + 1):
        where = np.flatnonzero(place >= n - 1)
        if n == 1:
            count = np.bincount(flat, minlength=symbols)
            blank = np.zeros(symbols, dtype=np.int64)
            prefix, suffix, symbol, first = blank, blank, np.arange(symbols), np.arange(symbols)
        else:
            keys = current[where - 1] * symbols + flat[where]
            unique, index, count = np.unique(keys, return_inverse=True, return_counts=True)
            prefix, symbol = unique // symbols, unique % symbols
            suffix = np.empty(len(unique), dtype=np.int64)
            suffix[index] = current[where]
            first = starts[-1][prefix]
            current = np.full(len(flat), -1, dtype=np.int64)
            current[where] = index
        zeros = np.zeros(len(symbol))
        share = count / len(flat)
        tables.append(NgramTable(prefix, suffix, symbol, share, zeros, zeros.copy()))
        raw.append(count)
        starts.append(first)
    for n, table in enumerate(tables):
        adjusted = raw[n]
        if n + 1 < order:
            contexts = np.bincount(tables[n + 1].suffix, minlength=len(table))
            adjusted = np.where(starts[n] == START, raw[n], contexts)
        _smooth(tables, n, adjusted)
    return tables


def _smooth(tables: list[NgramTable], n: int, adjusted: Ints) -> None:
    """Fill order n+1's probabilities and the back-off weights of its contexts (order n)."""
    table = tables[n]
    adjusted = adjusted.copy()
    if n == 0:
        adjusted[START] = 0
    discount = _discounts(adjusted)[np.minimum(adjusted, 3)]
    parents = 1 if n == 0 else len(tables[n - 1])
    total = np.bincount(table.prefix, weights=adjusted, minlength=parents)
    removed = np.bincount(table.prefix, weights=discount, minlength=parents)
    left = np.divide(removed, total, out=np.ones(parents), where=total > 0)
    lower = np.full(1, 1.0 / (len(table) - 1)) if n == 0 else np.exp(tables[n - 1].log_prob)
    own = np.divide(adjusted - discount, total[table.prefix])
    probability = own + left[table.prefix] * lower[table.suffix]
    if n == 0:
        probability[START] = 1e-30
    else:
        tables[n - 1].log_backoff[:] = np.log(left)
    table.log_prob[:] = np.log(probability)


def _discounts(adjusted: Ints) -> Floats:
    """Discounts [4] of counts 0, 1, 2 and 3 or more, from the counts of counts."""
    n1, n2, n3, n4 = (int(np.count_nonzero(adjusted == count)) for count in (1, 2, 3, 4))
    if not (n1 and n2 and n3 and n4):
        return np.array([0.0, 0.5, 1.0, 1.5])  # too little data to estimate them
    y = n1 / (n1 + 2 * n2)
    values = [1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3]
    return np.array([0.0, *np.clip(values, 0.05, [0.95, 1.95, 2.95])])


def prune(tables: list[NgramTable], threshold: float) -> list[NgramTable]:
    """Drop n-grams whose loss raises the relative entropy by less than `threshold` (nats).

    Prefixes and suffixes of kept n-grams stay, all unigrams stay, weights are renormalised.
    """
    keep = [np.ones(len(table), dtype=bool) for table in tables]
    for n in range(len(tables) - 1, 0, -1):
        needed = np.zeros(len(tables[n]), dtype=bool)
        if n + 1 < len(tables):
            above = tables[n + 1]
            needed[above.prefix[keep[n + 1]]] = True
            needed[above.suffix[keep[n + 1]]] = True
        keep[n] = needed | (_entropy_change(tables, n) >= threshold)
    pruned: list[NgramTable] = []
    number = [np.cumsum(kept) - 1 for kept in keep]
    for n, (table, kept) in enumerate(zip(tables, keep, strict=True)):
        below = number[n - 1] if n else np.zeros(1, dtype=np.int64)
        pruned.append(
            NgramTable(
                below[table.prefix[kept]],
                below[table.suffix[kept]],
                table.symbol[kept],
                table.share[kept],
                table.log_prob[kept],
                np.zeros(int(kept.sum())),
            )
        )
    for n in range(1, len(pruned)):
        _renormalise(pruned, n)
    return pruned


def _masses(tables: list[NgramTable], n: int) -> tuple[Floats, Floats]:
    """What the contexts of order n leave to unlisted symbols: by order n+1, and by order n."""
    table, below = tables[n], tables[n - 1]
    listed = np.bincount(table.prefix, weights=np.exp(table.log_prob), minlength=len(below))
    lower = np.exp(below.log_prob[table.suffix])
    backed = np.bincount(table.prefix, weights=lower, minlength=len(below))
    return np.maximum(1.0 - listed, 1e-9), np.maximum(1.0 - backed, 1e-9)


def _renormalise(tables: list[NgramTable], n: int) -> None:
    own, lower = _masses(tables, n)
    tables[n - 1].log_backoff[:] = np.log(own) - np.log(lower)


def _entropy_change(tables: list[NgramTable], n: int) -> Floats:
    """Relative entropy [n-gram of order n+1] of the model without it, the others kept."""
    table, below = tables[n], tables[n - 1]
    own, lower = _masses(tables, n)
    own, lower = own[table.prefix], lower[table.prefix]
    fallback = below.log_prob[table.suffix]
    probability = np.exp(table.log_prob)
    weight = np.log(own + probability) - np.log(lower + np.exp(fallback))
    change = weight - (np.log(own) - np.log(lower))
    loss: Floats = -below.share[table.prefix] * (
        probability * (fallback + weight - table.log_prob) + own * change
    )
    return loss
