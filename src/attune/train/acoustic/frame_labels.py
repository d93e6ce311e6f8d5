"""Known alignments: which phone is spoken when, as a target for every output frame.

An alignment file is UTF-8 text with the header `path<TAB>phones` and a line for each recording:
its path (absolute, or relative to the file) and its phones in order as `start:PHONE`, with the
start in seconds and `SIL` for silence. Any aligner can write it; recordings may be missing.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from attune.acoustic import FRAME_SHIFT, SUBSAMPLING
from attune.data.lines import read_lines
from attune.errors import InputError
from attune.lexicon import PHONE_INDEX

__all__ = ["NO_LABEL", "Alignment", "frame_labels", "read_alignments"]

NO_LABEL = -1
"""Label of a frame whose phone is not known."""

_SILENCE = "SIL"
# The first of an output's four windows of 25 ms is centred at 12.5 ms, the last 30 ms later.
_CENTRE = 0.0275


@dataclass(frozen=True)
class Alignment:
    """`starts` float64 [n] in seconds, ascending; `phones` int64 [n], 0 for silence."""

    starts: NDArray[np.float64]
    phones: NDArray[np.int64]


def read_alignments(path: Path) -> dict[str, Alignment]:
    """Alignments by the real path of their recording. InputError names the line that is wrong."""
    lines = read_lines(path)
    number, header = next(lines, (1, ""))
    if header != "path\tphones":
        raise InputError(f"{path}:{number}: the first line of alignments must be path<TAB>phones")
    found = {}
    for number, line in lines:
        if not line:
            continue
        where = f"{path}:{number}"
        name, tab, marks = line.partition("\t")
        if not tab:
            raise InputError(f"{where}: expected path<TAB>phones")
        found[os.path.realpath(path.parent / name)] = _parse(marks.split(), where)
    return found


def _parse(marks: list[str], where: str) -> Alignment:
    starts, phones = [], []
    for mark in marks:
        start, _, phone = mark.partition(":")
        try:
            starts.append(float(start))
        except ValueError as error:
            raise InputError(f"{where}: {mark!r} is not start:PHONE in seconds") from error
        if phone != _SILENCE and phone not in PHONE_INDEX:
            raise InputError(f"{where}: {mark!r}: {phone!r} is not a phone")
        phones.append(0 if phone == _SILENCE else PHONE_INDEX[phone])
    if not starts or starts != sorted(starts):
        raise InputError(f"{where}: the phones of a recording must be in the order of their starts")
    return Alignment(np.array(starts), np.array(phones, np.int64))


def frame_labels(
    alignment: Alignment | None, frames: int, *, speed: float = 1.0, delay: float = 0.0
) -> NDArray[np.int64]:
    """Targets int64 [output] of a recording of `frames` frames of 10 ms; silence is the blank.

    The recording was played `speed` times as fast after `delay` seconds of silence. Between two
    equal phones a frame is blank, as CTC wants it. Without an alignment all are NO_LABEL.
    """
    outputs = -(-frames // SUBSAMPLING)
    if alignment is None:
        return np.full(outputs, NO_LABEL, np.int64)
    times = (np.arange(outputs) * SUBSAMPLING * FRAME_SHIFT + _CENTRE - delay) * speed
    index = np.searchsorted(alignment.starts, times, side="right") - 1
    labels = np.where(index >= 0, alignment.phones[index], 0)
    again = (labels[1:] == labels[:-1]) & (index[1:] != index[:-1])
    labels[1:][again] = 0
    return labels
