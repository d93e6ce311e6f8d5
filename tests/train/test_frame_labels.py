"""Known alignments as frame targets: times, speeds, silence, repeats, files that are wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from attune.errors import InputError
from attune.lexicon import PHONE_INDEX

pytest.importorskip("torch")

from attune.train.acoustic.frame_labels import (
    NO_LABEL,
    Alignment,
    frame_labels,
    read_alignments,
)

B, AA, S = PHONE_INDEX["B"], PHONE_INDEX["AA"], PHONE_INDEX["S"]


def alignment(*marks: tuple[float, int]) -> Alignment:
    return Alignment(
        np.array([start for start, _ in marks]), np.array([phone for _, phone in marks], np.int64)
    )


SAID = alignment((0.0, 0), (0.08, B), (0.16, AA), (0.24, 0))


@pytest.mark.parametrize(
    ("known", "frames", "speed", "delay", "labels"),
    [
        (SAID, 32, 1.0, 0.0, [0, 0, B, B, AA, AA, 0, 0]),
        (SAID, 30, 1.0, 0.0, [0, 0, B, B, AA, AA, 0, 0]),
        (SAID, 32, 1.0, 0.08, [0, 0, 0, 0, B, B, AA, AA]),
        (SAID, 16, 2.0, 0.0, [0, B, AA, 0]),
        (SAID, 32, 0.5, 0.0, [0, 0, 0, 0, B, B, B, B]),
        (alignment((0.0, S), (0.08, S)), 16, 1.0, 0.0, [S, S, 0, S]),
        (alignment((0.08, S)), 16, 1.0, 0.0, [0, 0, S, S]),
        (None, 9, 1.0, 0.0, [NO_LABEL] * 3),
    ],
)
def test_labels(
    known: Alignment | None, frames: int, speed: float, delay: float, labels: list[int]
) -> None:
    assert frame_labels(known, frames, speed=speed, delay=delay).tolist() == labels


def test_files_are_read_by_the_recording(tmp_path: Path) -> None:
    path = tmp_path / "alignments.tsv"
    path.write_text(f"path\tphones\none.wav\t0.00:SIL 0.08:B\n{tmp_path}/two.wav\t0.00:S\n")
    found = read_alignments(path)
    assert found.keys() == {str(tmp_path / "one.wav"), str(tmp_path / "two.wav")}
    assert found[str(tmp_path / "one.wav")].phones.tolist() == [0, B]
    assert found[str(tmp_path / "one.wav")].starts.tolist() == [0.0, 0.08]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("file\tphones\n", ":1: the first line of alignments must be path<TAB>phones"),
        ("path\tphones\na.wav 0.0:S\n", ":2: expected path<TAB>phones"),
        ("path\tphones\na.wav\tS\n", ":2: 'S' is not start:PHONE in seconds"),
        ("path\tphones\na.wav\t0.0:XX\n", ":2: '0.0:XX': 'XX' is not a phone"),
        (
            "path\tphones\na.wav\t0.5:S 0.1:B\n",
            ":2: the phones of a recording must be in the order",
        ),
        ("path\tphones\na.wav\t\n", ":2: the phones of a recording must be in the order"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "alignments.tsv"
    path.write_text(content)
    with pytest.raises(InputError) as error:
        read_alignments(path)
    assert str(error.value).startswith(f"{path}{said}")
