"""Text with a weight for each line: `sentence<TAB>weight`, in files called `.tsv`.

A line of weight 3 counts as if it stood there three times; of 0.5, as if half of such lines did:
which half depends on what they say, so that the same text always gives the same model.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

from attune.errors import InputError
from attune.language import read_lines

__all__ = ["MOST_WEIGHT", "read_weighted_lines"]

MOST_WEIGHT = 1000.0
"""The greatest weight of a line."""

_PACKED = (".gz", ".xz")
_SHARES = 1 << 32


def read_weighted_lines(path: Path) -> Iterator[str]:
    """Lines of a text file, each as often as it counts.

    Files other than `.tsv` (`.tsv.gz`, `.tsv.xz`) have no weights. Raises InputError as
    `attune.language.read_lines` does, and for a weight that is not a number over 0 and up to
    `MOST_WEIGHT`, naming its line.
    """
    name = path.with_suffix("") if path.suffix in _PACKED else path
    if name.suffix != ".tsv":
        yield from read_lines(path)
        return
    for number, line in enumerate(read_lines(path), start=1):
        if not line.strip():
            continue
        sentence, _, written = line.partition("\t")
        weight = _weight(written, f"{path}:{number}")
        share = zlib.crc32(sentence.encode()) / _SHARES
        for _ in range(int(weight) + (share < weight % 1.0)):
            yield sentence


def _weight(written: str, where: str) -> float:
    try:
        weight = float(written)
    except ValueError:
        weight = 0.0
    if not 0.0 < weight <= MOST_WEIGHT:
        raise InputError(
            f"{where}: {written!r} is not a weight: a .tsv text has lines of "
            f"sentence<TAB>weight, a weight being over 0 and at most {MOST_WEIGHT:g}"
        )
    return weight
