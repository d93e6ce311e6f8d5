"""The edit distance alone, without an alignment: for characters."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

__all__ = ["edit_distance"]


def edit_distance(first: Sequence[Hashable], second: Sequence[Hashable]) -> int:
    """Fewest substitutions, deletions and insertions that turn one sequence into the other.

    Bit-parallel (Myers 1999, in the form of Hyyrö, "Explaining and extending the bit-parallel
    approximate string matching algorithm of Myers", 2001) over integers as long as `first`: a
    sentence costs microseconds, the transcript of hours seconds.
    """
    if not first:
        return len(second)
    places: dict[Hashable, int] = {}
    for place, item in enumerate(first):
        places[item] = places.get(item, 0) | 1 << place
    mask = (1 << len(first)) - 1
    last = 1 << (len(first) - 1)
    # Bit i tells whether the distance grows (rises) or shrinks (falls) from row i to row i + 1.
    rises, falls, distance = mask, 0, len(first)
    for item in second:
        equal = places.get(item, 0)
        across = (((equal & rises) + rises) ^ rises) | equal
        right_rises = falls | ~(across | rises) & mask
        right_falls = rises & across
        if right_rises & last:
            distance += 1
        elif right_falls & last:
            distance -= 1
        right_rises = right_rises << 1 | 1
        right_falls <<= 1
        vertical = equal | falls
        rises = (right_falls | ~(vertical | right_rises)) & mask
        falls = right_rises & vertical & mask
    return distance
