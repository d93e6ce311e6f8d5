"""Features of other toolkits, against readings of their own code in PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attune.acoustic import KaldiFrontEnd, NemoFrontEnd, WaveformFrontEnd, front_end_to_json
from attune.acoustic.front_ends import FrontEnd, front_end_from_json
from attune.errors import InputError

FRONT_ENDS: list[FrontEnd] = [
    NemoFrontEnd(),
    NemoFrontEnd(bins=64, fft=1024, window=512, hop=128, normalize=False),
    KaldiFrontEnd(),
    KaldiFrontEnd(bins=3, scale=32768.0, mean=(1.0, 2.0, 3.0), inverse_std=(0.5, 0.25, 1.0)),
    WaveformFrontEnd(),
    WaveformFrontEnd(normalize=True),
]


def noise(count: int) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.1, count).astype(np.float32)


@pytest.mark.parametrize("front_end", FRONT_ENDS)
def test_settings_come_back(front_end: FrontEnd) -> None:
    assert front_end_from_json(front_end_to_json(front_end)) == front_end


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "front_end None is not one of waveform, nemo, kaldi"),
        ({"front_end": "mfcc"}, "front_end 'mfcc'"),
        ({"front_end": "nemo", "bands": 3}, "bands"),
        ({"front_end": "kaldi", "mean": [1.0]}, "mean has 1 values, expected 80"),
    ],
)
def test_settings_that_cannot_be_used(values: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        front_end_from_json(values)


@given(st.integers(4000, 20_000))
def test_numbers_of_frames(count: int) -> None:
    samples = noise(count)
    assert NemoFrontEnd().compute(samples).shape == (count // 160, 80)
    assert KaldiFrontEnd().compute(samples).shape == ((count + 80) // 160, 80)
    snipped = KaldiFrontEnd(snip_edges=True, bins=40)
    assert snipped.compute(samples).shape == (1 + (count - 400) // 160, 40)
    assert WaveformFrontEnd(normalize=True).compute(samples).shape == (count,)


@pytest.mark.parametrize("front_end", FRONT_ENDS)
def test_input_stays_and_output_is_float32(front_end: FrontEnd) -> None:
    samples = noise(16_000)
    before = samples.copy()
    features = front_end.compute(samples)
    assert features.dtype == np.float32 and np.isfinite(features).all()
    assert (samples == before).all()


def test_channels_that_cannot_be_laid_out() -> None:
    with pytest.raises(InputError, match=r"feature settings cannot be used: .*3 mel bins"):
        KaldiFrontEnd(bins=2).compute(noise(4000))


def test_silence_is_finite() -> None:
    for front_end in FRONT_ENDS:
        assert np.isfinite(front_end.compute(np.zeros(8000, np.float32))).all()


def test_parakeet_features_are_those_of_transformers() -> None:
    transformers = pytest.importorskip("transformers")
    samples = noise(30_001)
    theirs = transformers.ParakeetFeatureExtractor()(samples, sampling_rate=16_000)
    expected = np.asarray(theirs["input_features"])[0]
    ours = NemoFrontEnd().compute(samples)
    assert expected.shape[0] == len(ours) + 1  # the last one is masked
    assert np.abs(ours - expected[:-1]).max() < 1e-3


def test_normalised_samples_are_those_of_transformers() -> None:
    transformers = pytest.importorskip("transformers")
    samples = noise(30_001) + np.float32(0.3)
    extractor = transformers.Wav2Vec2FeatureExtractor(do_normalize=True)
    expected = np.asarray(extractor(samples, sampling_rate=16_000)["input_values"])[0]
    assert np.abs(WaveformFrontEnd(normalize=True).compute(samples) - expected).max() < 1e-5
