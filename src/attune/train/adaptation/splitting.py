"""Which recordings to learn from, and which to keep for measuring: the same ones every time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from attune.data import Utterance

__all__ = ["Split", "split_rows"]

_LEAST_SECONDS, _MOST_SECONDS = 120.0, 900.0
_LARGEST_SHARE = 0.25  # what is held out of little data would be missed in training
_FEWEST_SPEAKERS = 5


@dataclass(frozen=True)
class Split:
    """Rows to learn from and rows to measure on; `by` says what parts them: speaker or sentence."""

    training: tuple[Utterance, ...]
    held_out: tuple[Utterance, ...]
    by: str


def split_rows(
    rows: Sequence[Utterance], normalize: Callable[[str], str], share: float = 0.12
) -> Split:
    """Hold out a share of the speech: 2 to 15 minutes, and never more than a quarter.

    With five speakers or more whole speakers are held out, which says how the model will do with
    new ones. Otherwise sentences are, every recording of a sentence together, so that none that is
    measured was learnt by heart. Which ones depends on a hash of their names alone: more data added
    later moves none from one side to the other, unless the amount asks for it.
    """
    total = sum(row.seconds for row in rows)
    wanted = min(max(share * total, _LEAST_SECONDS), _MOST_SECONDS, _LARGEST_SHARE * total)
    speakers = {row.speaker for row in rows}
    if "" not in speakers and len(speakers) >= _FEWEST_SPEAKERS:
        chosen = _chosen(rows, lambda row: row.speaker, wanted)
        if sum(row.seconds for row in chosen) <= 2 * wanted:
            return _parted(rows, chosen, "speaker")
    sentence = {row: normalize(row.text) or str(row.path) for row in rows}
    return _parted(rows, _chosen(rows, sentence.__getitem__, wanted), "sentence")


def _chosen(
    rows: Sequence[Utterance], group_of: Callable[[Utterance], str], wanted: float
) -> set[Utterance]:
    """Whole groups, in the order of their hashes, until `wanted` seconds are reached."""
    groups: dict[str, list[Utterance]] = {}
    for row in rows:
        groups.setdefault(group_of(row), []).append(row)
    order = sorted(groups, key=lambda name: hashlib.sha256(name.encode()).digest())
    found: set[Utterance] = set()
    seconds = 0.0
    for name in order[:-1]:
        if seconds >= wanted:
            break
        found.update(groups[name])
        seconds += sum(row.seconds for row in groups[name])
    return found


def _parted(rows: Sequence[Utterance], held_out: set[Utterance], by: str) -> Split:
    return Split(
        tuple(row for row in rows if row not in held_out),
        tuple(row for row in rows if row in held_out),
        by,
    )
