"""Sensitivity, false accepts an hour and thresholds are one scale."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attune.errors import InputError
from attune.keyword import (
    OperatingCurve,
    false_accepts_per_hour,
    sensitivity_for,
    verified_sensitivity,
)
from attune.keyword.calibration import KeywordCalibration, SaidScores, fit_curve
from attune.keyword.scoring import NOT_SAID

SCALE = [(0.0, 0.05), (0.25, 0.158114), (0.5, 0.5), (0.75, 1.581139), (1.0, 5.0)]


@pytest.mark.parametrize(("sensitivity", "rate"), SCALE)
def test_the_scale_is_the_documented_one(sensitivity: float, rate: float) -> None:
    assert false_accepts_per_hour(sensitivity) == pytest.approx(rate, rel=1e-5)
    assert sensitivity_for(rate) == pytest.approx(sensitivity, abs=1e-5)


@pytest.mark.parametrize("sensitivity", [-0.1, 1.1, math.nan])
def test_sensitivities_outside_the_scale_are_refused(sensitivity: float) -> None:
    with pytest.raises(InputError, match="from 0"):
        false_accepts_per_hour(sensitivity)


@pytest.mark.parametrize("rate", [0.0, -1.0, math.nan, math.inf])
def test_impossible_rates_are_refused(rate: float) -> None:
    with pytest.raises(InputError, match="above 0"):
        sensitivity_for(rate)


@pytest.mark.parametrize(
    ("sensitivity", "spotter"), [(0.0, 0.4), (0.2, 0.6), (0.5, 0.9), (0.6, 1.0), (1.0, 1.0)]
)
def test_a_second_look_leaves_room_for_more(sensitivity: float, spotter: float) -> None:
    assert verified_sensitivity(sensitivity) == pytest.approx(spotter)


def curve_of(
    seed: int, count: int = 400, hours: float = 10.0, slope: float = 4.0
) -> OperatingCurve:
    scores = -1.5 + np.random.default_rng(seed).exponential(1 / slope, count)
    return fit_curve(scores.tolist(), hours, -3.0)


@given(st.integers(0, 2**31), st.integers(0, 500), st.floats(0.5, 30))
def test_thresholds_fall_as_more_is_allowed(seed: int, count: int, hours: float) -> None:
    curve = curve_of(seed, count, hours)
    rates = np.geomspace(0.01, 10, 30)
    thresholds = [curve.threshold(rate) for rate in rates]
    assert all(a >= b for a, b in pairwise(thresholds))
    assert np.isfinite(thresholds).all()


@given(st.integers(0, 2**31), st.floats(0.02, 20))
def test_threshold_and_rate_are_inverse(seed: int, rate: float) -> None:
    curve = curve_of(seed)
    assert curve.false_accepts(curve.threshold(rate)) == pytest.approx(rate, rel=0.02)


def test_rates_beyond_the_hours_heard_follow_the_tail() -> None:
    # Peaks above -1.5 come 40 an hour and thin out by e each 1/4: 0.05 an hour at -1.5 + ln(800)/4.
    found = np.mean([curve_of(seed).threshold(0.05) for seed in range(40)])
    assert found == pytest.approx(-1.5 + math.log(800) / 4, abs=0.1)


def test_a_phrase_that_nothing_is_like_has_a_low_threshold() -> None:
    assert fit_curve([], 10.0, -3.0).threshold(0.5) < -2.5


SAID = SaidScores.of("voices", [-0.5, NOT_SAID, -1.5, -0.25])


@pytest.mark.parametrize(
    ("threshold", "share"), [(0.0, 0.0), (-0.25, 0.25), (-1.0, 0.5), (-2.0, 0.75), (-30.0, 1.0)]
)
def test_what_is_said_is_heard_from_its_score_on(threshold: float, share: float) -> None:
    assert SAID.share(threshold) == share


def test_nothing_said_has_no_share() -> None:
    assert SaidScores.of("recordings", []).share(-1.0) is None


@given(st.integers(0, 2**31), st.integers(1, 2000), st.floats(-3, 3))
def test_many_scores_are_thinned_without_moving_shares(
    seed: int, count: int, threshold: float
) -> None:
    scores = np.random.default_rng(seed).normal(size=count).round(4)  # as they are kept
    said = SaidScores.of("voices", scores)
    assert (said.count, len(said.scores)) == (count, min(count, 400))
    assert said.share(threshold) == pytest.approx((scores >= threshold).mean(), abs=1 / 399)


@pytest.mark.parametrize("said", [(), (SAID, SaidScores.of("recordings", [-1.0]))])
def test_the_part_survives_a_file(tmp_path: Path, said: tuple[SaidScores, ...]) -> None:
    made = KeywordCalibration((curve_of(1), curve_of(2)), 0.4, said)
    (tmp_path / "calibration.json").write_bytes(made.content())
    assert KeywordCalibration.read(tmp_path / "calibration.json") == made


def test_a_part_of_an_older_version_holds_no_scores(tmp_path: Path) -> None:
    made = KeywordCalibration((curve_of(1),), 0.4)
    older = json.loads(made.content())
    del older["said"]
    (tmp_path / "calibration.json").write_text(json.dumps(older))
    assert KeywordCalibration.read(tmp_path / "calibration.json") == made


@pytest.mark.parametrize(
    "said",
    [
        [{"said_by": "voices", "count": 1, "scores": [0.0]}] * 2,
        [{"said_by": "parrots", "count": 1, "scores": [0.0]}],
        [{"said_by": "voices", "count": 1, "scores": ["high"]}],
        [{"said_by": "voices"}],
        3,
    ],
)
def test_damaged_scores_are_refused(tmp_path: Path, said: object) -> None:
    whole = json.loads(KeywordCalibration((curve_of(1),), 0.4).content())
    (tmp_path / "calibration.json").write_text(json.dumps(whole | {"said": said}))
    with pytest.raises(InputError, match="make the keyword again"):
        KeywordCalibration.read(tmp_path / "calibration.json")


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"curves": [{}], "sensitivity": 1}'])
def test_a_damaged_part_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "calibration.json").write_text(content)
    with pytest.raises(InputError, match="not the calibration of a keyword"):
        KeywordCalibration.read(tmp_path / "calibration.json")
