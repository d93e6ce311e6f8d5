"""When a spotter fires, at one threshold and at all: the refractory time, ties, long recordings."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attune.evaluate.keyword import count_firings, firing_times, sweep_firings

candidates = st.lists(
    st.tuples(st.integers(0, 200), st.integers(0, 12)), max_size=40, unique_by=lambda one: one[0]
).map(sorted)


def arrays(rows):
    table = np.array(rows, np.float64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


@pytest.mark.parametrize(
    ("rows", "threshold", "fires"),
    [
        ([], 1, []),
        ([(0.0, 1), (0.5, 1), (1.0, 1)], 1, [0.0, 1.0]),
        ([(0.0, 1), (0.99, 1)], 1, [0.0]),
        # A weak candidate hides a strong one soon after it...
        ([(0.0, 1), (0.9, 3), (1.8, 3)], 1, [0.0, 1.8]),
        # ...but not at a threshold that it does not reach.
        ([(0.0, 1), (0.9, 3), (1.8, 3)], 2, [0.9]),
        ([(0.0, 1), (2.0, 2), (4.0, 3)], 2, [2.0, 4.0]),
        ([(0.0, 1)], 1.01, []),
        # 25 rows of 40 ms are a second, whatever they add up to.
        ([(4.12, 1), (5.12, 1), (6.12, 1), (7.12, 1)], 1, [4.12, 5.12, 6.12, 7.12]),
    ],
)
def test_firing(rows, threshold, fires):
    assert firing_times(*arrays(rows), threshold) == fires


@pytest.mark.parametrize(
    ("rows", "scores"),
    [
        ([], []),
        ([(0.0, 2)], [2]),
        ([(0.0, 2), (0.5, 5)], [5]),
        ([(0.0, 2), (1.0, 5)], [5, 2]),
        # Two further firings at once: the weak one between moves neither.
        ([(0.0, 4), (0.6, 1), (1.2, 4)], [4, 4]),
        # At 1 the first hides the second, and the third, hidden until then, is heard.
        ([(0.0, 1), (0.9, 3), (1.8, 3)], [3, 1]),
    ],
)
def test_each_further_firing_has_the_score_at_which_it_appears(rows, scores):
    assert sweep_firings(*arrays(rows), 10.0).scores.tolist() == scores


@given(candidates, st.integers(-1, 13))
def test_a_sweep_counts_what_a_spotter_would_fire(rows, threshold):
    times, scores = arrays([(time / 10, score) for time, score in rows])
    sweep = sweep_firings(times, scores, 20.0)
    fires = firing_times(times, scores, threshold)
    assert count_firings(sweep.scores, threshold) == len(fires)
    assert all(later - earlier > 0.999 for earlier, later in pairwise(fires))


@given(candidates)
def test_a_lower_threshold_never_fires_less(rows):
    times, scores = arrays([(time / 10, score) for time, score in rows])
    counts = [len(firing_times(times, scores, threshold)) for threshold in range(13, -2, -1)]
    assert counts == sorted(counts)


def test_best_is_the_highest_threshold_that_fires():
    assert sweep_firings(*arrays([(0.0, 2), (0.2, 7)]), 1.0).best == 7
    assert sweep_firings(*arrays([]), 1.0).best == -math.inf


def test_of_very_many_candidates_the_lowest_are_dropped_and_the_floor_says_so():
    times = np.arange(5000) * 1.5
    scores = np.random.default_rng(1).permutation(5000).astype(np.float64)
    sweep = sweep_firings(times, scores, 7500.0)
    assert len(sweep.scores) == 500
    assert 4499 < sweep.floor <= 4500
    for threshold in (4999, 4800, 4500):
        assert count_firings(sweep.scores, threshold) == 5000 - threshold


def test_candidates_that_equal_the_highest_dropped_one_go_as_well():
    times, scores = np.arange(600) * 2.0, np.repeat([3.0, 1.0], [100, 500])
    sweep = sweep_firings(times, scores, 1200.0)
    assert sweep.scores.tolist() == [3.0] * 100
    assert sweep.floor > 1.0
