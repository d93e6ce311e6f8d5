"""Streaming and whole-file features are the same numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attune.acoustic import FeatureExtractor, FeatureParameters, extract
from attune.errors import InputError

NORMALISED = FeatureParameters(mean=(13.0,) * 80, scale=(0.25,) * 80, window=50, prior=20)


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    return (np.random.default_rng(seed).standard_normal(int(seconds * 16000)) * 0.1).astype(
        np.float32
    )


@settings(max_examples=20, deadline=None)
@given(cuts=st.lists(st.integers(1, 9000), min_size=1, max_size=12))
def test_chunked_features_equal_whole_file_features(cuts: list[int]) -> None:
    samples = noise(2.0)
    extractor = FeatureExtractor(NORMALISED)
    pieces, at = [], 0
    for cut in [*cuts, len(samples)]:
        pieces.append(extractor.accept(samples[at : at + cut]))
        at += cut
    pieces += [extractor.accept(samples[at:]), extractor.finish()]
    assert np.array_equal(np.concatenate(pieces), extract(samples, NORMALISED))


def test_normalisation_follows_a_change_of_level() -> None:
    quiet, loud = noise(3.0), noise(3.0, 1) * 30
    frames = extract(np.concatenate([quiet, loud]), NORMALISED)
    # The prior keeps its share of the mean: 20 frames against a window of 50.
    assert frames[-50:].mean() < 0.6 * frames[300:305].mean()


def test_level_does_not_matter_after_a_while() -> None:
    samples = noise(4.0)
    first, second = extract(samples, NORMALISED), extract(samples * 0.2, NORMALISED)
    gain = np.abs(np.log(0.2**2)) * 0.25
    assert np.abs(first[200:] - second[200:]).mean() < gain / 2


@pytest.mark.parametrize("samples", [0, 1, 399, 400])
def test_short_audio_has_few_frames(samples: int) -> None:
    assert len(extract(np.zeros(samples, np.float32), NORMALISED)) == (samples >= 400)


def test_digital_silence_is_finite() -> None:
    assert np.isfinite(extract(np.zeros(16000, np.float32), NORMALISED)).all()


@pytest.mark.parametrize(
    "values", [{"mean": [1.0]}, {"unknown": 1}, {"mean": ["x"] * 80}, {"scale": [1.0] * 79}]
)
def test_unusable_parameters_are_input_errors(values: dict[str, object]) -> None:
    with pytest.raises(InputError, match="feature parameters"):
        FeatureParameters.from_json(values)


def test_parameters_survive_json() -> None:
    assert FeatureParameters.from_json(NORMALISED.to_json()) == NORMALISED
