"""How far an adaptation goes: what is gained against what is lost in general."""

from __future__ import annotations

import pytest

from attune.train.adaptation.strength import Trial, best_trial

BASE = Trial(0.0, 0.50, 0.20)


@pytest.mark.parametrize(
    ("trials", "strength"),
    [
        # Nothing is lost: as far as it gets better.
        ([Trial(1.0, 0.30, 0.20), Trial(0.7, 0.35, 0.20)], 1.0),
        ([Trial(1.0, 0.36, 0.20), Trial(0.7, 0.35, 0.20)], 0.7),
        # Two points lost for sure are dearer than three gained.
        ([Trial(1.0, 0.30, 0.22), Trial(0.7, 0.33, 0.20)], 0.7),
        # Chance may have lost them.
        ([Trial(1.0, 0.30, 0.22, 0.02), Trial(0.7, 0.33, 0.20, 0.01)], 1.0),
        # Only as much as chance explains.
        ([Trial(1.0, 0.30, 0.24, 0.02), Trial(0.7, 0.33, 0.20, 0.01)], 0.7),
        # Less than half a point is allowed in any case.
        ([Trial(1.0, 0.30, 0.2035), Trial(0.7, 0.301, 0.20)], 1.0),
        # Of two equals the stronger, and without a general set what was held out alone.
        ([Trial(1.0, 0.30, 0.20), Trial(0.7, 0.30, 0.20)], 1.0),
        ([Trial(1.0, 0.31, None), Trial(0.7, 0.30, None)], 0.7),
    ],
)
def test_the_strength_weighs_gain_against_loss(trials: list[Trial], strength: float) -> None:
    assert best_trial([BASE, *trials]).strength == strength
