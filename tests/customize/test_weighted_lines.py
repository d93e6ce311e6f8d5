"""Texts whose lines have weights."""

from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path

import pytest

from attune.customize import read_domain_text
from attune.customize.weighted_lines import read_weighted_lines
from attune.errors import InputError


def test_a_line_counts_as_often_as_its_weight(tmp_path: Path) -> None:
    path = tmp_path / "text.tsv"
    path.write_text("open the gate\t3\n\nclose the gate\t1\n", "utf-8")
    assert Counter(read_weighted_lines(path)) == {"open the gate": 3, "close the gate": 1}
    counts = read_domain_text([path], str.strip).word_counts
    assert (counts["open"], counts["close"], counts["gate"]) == (3, 1, 4)


def test_fractions_keep_their_share_and_the_same_lines(tmp_path: Path) -> None:
    path = tmp_path / "text.tsv.gz"
    path.write_bytes(gzip.compress("".join(f"line {i}\t1.25\n" for i in range(1000)).encode()))
    lines = list(read_weighted_lines(path))
    assert 1200 < len(lines) < 1300
    assert lines == list(read_weighted_lines(path))


def test_other_files_have_no_weights(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("a b\t2\n", "utf-8")
    assert list(read_weighted_lines(path)) == ["a b\t2"]


@pytest.mark.parametrize("weight", ["", "x", "0", "-1", "1001", "nan", "inf"])
def test_a_wrong_weight_is_named(tmp_path: Path, weight: str) -> None:
    path = tmp_path / "text.tsv"
    path.write_text(f"good\t1\nbad\t{weight}\n", "utf-8")
    with pytest.raises(InputError, match=r"text\.tsv:2: .* is not a weight"):
        list(read_weighted_lines(path))
