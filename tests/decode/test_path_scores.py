"""Scores of keyword paths, against a reference that adds up every alignment."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attune.decode import PathScorer, SpotOptions
from attune.errors import InputError

OPEN = SpotOptions(
    relative=0.4, phone_minimum=-30.0, blank_floor=-3.0, lowest=-30.0, mid_speech=-1.0
)


def posteriors(rows: int, symbols: int, seed: int, sharpness: float = 2.0) -> np.ndarray:
    logits = np.random.default_rng(seed).normal(0, sharpness, (rows, symbols))
    return (logits - np.log(np.exp(logits).sum(1, keepdims=True))).astype(np.float32)


def collapsed(path: tuple[int, ...]) -> list[int]:
    return [s for i, s in enumerate(path) if s and (i == 0 or path[i - 1] != s)]


def reference(rows: np.ndarray, phones: list[int], end: int, options: SpotOptions) -> float:
    """The score a phone of `phones` whose last row is `end`: every path of every length, added."""
    best = rows.max(1)
    quiet = [options.pause_rows]
    for row in rows:
        quiet.append(quiet[-1] + 1 if row[0] == row.max() else 0)
    total = -math.inf
    for start in range(end + 1):
        for path in itertools.product({0, *phones}, repeat=end + 1 - start):
            if path[0] == 0 or path[-1] == 0 or collapsed(path) != phones:
                continue
            score = 0.0 if quiet[start] >= options.pause_rows else options.mid_speech
            for t, symbol in enumerate(path, start):
                if symbol:
                    score += rows[t, symbol] - options.relative * best[t]
                else:
                    score += max(rows[t, 0] - best[t], options.blank_floor)
            total = np.logaddexp(total, score)
    return float(total) / len(phones)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**31),
    st.lists(st.integers(1, 3), min_size=1, max_size=3),
    st.integers(1, 6),
    st.sampled_from([0, 2]),
)
def test_every_alignment_counts(seed: int, phones: list[int], rows: int, pause: int) -> None:
    options = SpotOptions(**{**{n: getattr(OPEN, n) for n in OPEN.__slots__}, "pause_rows": pause})
    given_rows = posteriors(rows, 4, seed)
    scores, _ = PathScorer([[phones]], 4, options).advance(given_rows)
    for end in range(rows):
        wanted = reference(given_rows, phones, end, options)
        if wanted == -math.inf:
            assert scores[end, 0] == -math.inf
        else:
            assert scores[end, 0] == pytest.approx(wanted, abs=1e-3)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), st.lists(st.integers(1, 60), max_size=6))
def test_a_stream_scores_as_the_whole(seed: int, cuts: list[int]) -> None:
    rows = posteriors(60, 6, seed)
    keywords = [[[1, 2], [2, 1, 3]], [[4, 5, 4]]]
    whole = PathScorer(keywords, 6).advance(rows)
    stream = PathScorer(keywords, 6)
    parts = [stream.advance(part) for part in np.split(rows, sorted(cuts))]
    assert np.array_equal(whole[0], np.concatenate([scores for scores, _ in parts]))
    assert np.array_equal(whole[1], np.concatenate([lengths for _, lengths in parts]))
    stream.reset()
    assert np.array_equal(stream.advance(rows)[0], whole[0])


def sure(symbols: list[int], count: int = 6) -> np.ndarray:
    """Rows that are nearly sure of one symbol each."""
    rows = np.full((len(symbols), count), math.log(1e-6), np.float32)
    rows[np.arange(len(symbols)), symbols] = math.log(1 - 5e-6)
    return rows


CASES = [
    ([1, 2, 3], [0, 1, 2, 3, 0], True),
    ([1, 2, 3], [0, 1, 0, 2, 2, 0, 3], True),
    ([1, 2, 3], [0, 1, 2, 0, 0, 0, 0], False),  # a part of it is not it
    ([1, 2, 3], [0, 1, 3, 0, 0, 0, 0], False),
    ([1, 1, 2], [0, 1, 1, 2, 0], False),  # the same phone twice needs a blank
    ([1, 1, 2], [0, 1, 0, 1, 2, 0], True),
    ([1, 2, 3], [0, 1, *[0] * 20, 2, 3], False),  # too slow
]


@pytest.mark.parametrize(("phones", "heard", "found"), CASES)
def test_what_is_a_keyword(phones: list[int], heard: list[int], found: bool) -> None:
    scores, lengths = PathScorer([[phones]], 6).advance(sure(heard))
    assert (scores.max() > -0.01) == found
    if found:
        end = int(scores[:, 0].argmax())
        assert heard[end + 1 - lengths[end, 0]] == phones[0]


def test_mid_speech_costs_what_the_options_say() -> None:
    pause = [0] * (SpotOptions().pause_rows + 2)
    after_pause = PathScorer([[[1, 2]]], 6).advance(sure([5, *pause, 1, 2]))[0].max()
    in_speech = PathScorer([[[1, 2]]], 6).advance(sure([*pause, 5, 1, 2]))[0].max()
    assert after_pause - in_speech == pytest.approx(-SpotOptions().mid_speech / 2, abs=1e-3)


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ([], "every keyword needs a pronunciation"),
        ([[]], "every keyword needs a pronunciation"),
        ([[[]]], "pronunciation 0"),
        ([[[1]], [[9]]], "pronunciation 1"),
        ([[[0]]], "pronunciation 0"),
    ],
)
def test_unusable_keywords_are_refused(keywords: list[list[list[int]]], message: str) -> None:
    with pytest.raises(InputError, match=message):
        PathScorer(keywords, 6)


def test_rows_that_cannot_be_posteriors_are_refused() -> None:
    scorer = PathScorer([[[1]]], 6)
    rows = sure([0, 1])
    rows[1, 2] = np.nan
    with pytest.raises(InputError, match="frame 1 has a NaN"):
        scorer.advance(rows)
    with pytest.raises(InputError, match=r"expected \[rows, 6\]"):
        scorer.advance(sure([1], 5))


@pytest.mark.parametrize("name", ["phone_minimum", "blank_floor", "lowest"])
def test_unusable_options_are_refused(name: str) -> None:
    with pytest.raises(InputError, match="spotting options"):
        PathScorer([[[1]]], 6, SpotOptions(**{name: 0.5}))
