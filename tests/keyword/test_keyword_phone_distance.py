"""Sounds that are alike are near, others far: phones, and pronunciations made of them."""

from __future__ import annotations

import pytest

from attune.keyword.guidance import phone_distance, pronunciation_distance
from attune.lexicon import PHONES

NEARER = [
    ("IY IH", "IY AA"),
    ("S Z", "S T"),
    ("T D", "T K"),
    ("M N", "M S"),
    ("ER R", "ER S"),
    ("AH IH", "AH OY"),
    ("TH F", "TH G"),
    ("L R", "L K"),
    ("AA AO", "AA IY"),
    ("W UW", "W IY"),
]


@pytest.mark.parametrize(("near", "far"), NEARER)
def test_what_sounds_alike_is_nearer(near: str, far: str) -> None:
    assert phone_distance(*near.split()) < phone_distance(*far.split())


def test_distances_are_symmetric_within_one_and_zero_for_the_same() -> None:
    for one in PHONES:
        for other in PHONES:
            distance = phone_distance(one, other)
            assert distance == phone_distance(other, one)
            assert (distance == 0) == (one == other)
            assert 0 <= distance <= 1


@pytest.mark.parametrize(
    ("one", "other", "least", "most"),
    [
        ("HH EY AE T L AH S", "HH EY AE T L AH S", 0, 0),
        ("HH EY AE T L AH S", "HH EY AE T L IH S", 0.01, 0.06),
        ("HH EY AE T L AH S", "HH EY AE L AH S", 0.05, 0.12),
        ("M AA R V IH N", "SH IY L AH", 0.6, 1),
        ("S", "Z", 0.15, 0.3),
        ("G OW", "G OW IH NG", 0.3, 0.6),
    ],
)
def test_pronunciations(one: str, other: str, least: float, most: float) -> None:
    distance = pronunciation_distance(one.split(), other.split())
    assert least <= distance <= most
    assert distance == pytest.approx(pronunciation_distance(other.split(), one.split()))
