"""The fast features of training against those of run time."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("scipy")

from attune.acoustic import FeatureParameters, extract
from attune.train.acoustic.batch_features import BatchFeatures

NORMALISED = FeatureParameters(
    mean=tuple(np.linspace(8, 12, 80)), scale=tuple(np.linspace(0.2, 0.5, 80))
)


@pytest.mark.parametrize("parameters", [FeatureParameters(), NORMALISED], ids=["raw", "normalised"])
@pytest.mark.parametrize("level", [1e-4, 0.1, 1.0])
def test_equals_the_extractor_of_run_time(parameters: FeatureParameters, level: float) -> None:
    random = np.random.default_rng(3)
    # Longer than the window of the running mean, with a silent stretch at the floor.
    noise = random.standard_normal(16000 * 8 + 37).astype(np.float32) * np.float32(level / 4)
    tone = np.sin(np.arange(len(noise)) * 0.05).astype(np.float32) * np.float32(level / 2)
    samples = np.clip(noise + tone, -1, 1)
    samples[40000:60000] = 0.0
    expected = extract(samples, parameters)
    found = BatchFeatures(parameters)(samples)
    assert found.shape == expected.shape and found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=2e-3)


@pytest.mark.parametrize("length", [0, 399, 400, 560])
def test_short_recordings_have_as_many_frames(length: int) -> None:
    samples = np.full(length, 0.1, np.float32)
    assert BatchFeatures(NORMALISED)(samples).shape == extract(samples, NORMALISED).shape
