"""Intervals of rates against published tables and their own definitions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attune.evaluate.keyword import poisson_interval, wilson_interval


@pytest.mark.parametrize(
    ("events", "low", "high"),
    # Garwood's table, as in Ulm, "A simple method to calculate the confidence interval of a
    # standardized mortality ratio", Am J Epidemiol 1990.
    [
        (0, 0.0, 3.689),
        (1, 0.0253, 5.572),
        (2, 0.242, 7.225),
        (10, 4.795, 18.39),
        (100, 81.36, 121.6),
    ],
)
def test_events(events, low, high):
    found = poisson_interval(events, 1.0)
    assert (found.low, found.high) == pytest.approx((low, high), rel=2e-3)


def test_hours_scale_the_interval():
    one, many = poisson_interval(12, 1.0), poisson_interval(12, 24.0)
    assert many.high == pytest.approx(one.high / 24)
    assert (round(many.low, 2), round(many.high, 2)) == (0.26, 0.87)


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662), (1, 1, 0.2065, 1.0)],
)
def test_hits(hits, trials, low, high):
    found = wilson_interval(hits, trials)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-3)


@given(st.integers(0, 500))
def test_the_rate_is_within_its_interval(events):
    found = poisson_interval(events, 2.0)
    assert found.low <= events / 2 <= found.high
    assert poisson_interval(events + 1, 2.0).high > found.high
