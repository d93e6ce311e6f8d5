"""What training does to its recordings changes them as it says, and draws the same again."""

from __future__ import annotations

import numpy as np

from attune.train.acoustic.augment import AugmentConfig, Augmenter, mask_spectrogram

NOTHING = AugmentConfig(noise=0.0, room=0.0, band=0.0, gain=(0.0, 0.0), padding=0.0)


def tones(*hertz: float) -> np.ndarray:
    time = np.arange(16_000) / 16_000
    return sum(0.05 * np.sin(2 * np.pi * one * time) for one in hertz).astype(np.float32)


def test_nothing_asked_for_changes_nothing() -> None:
    heard = Augmenter(NOTHING, [], [], 0).distort(tones(440), np.random.default_rng(0))
    np.testing.assert_allclose(heard, tones(440), atol=1e-6)


def test_masks_are_zeros_in_bands() -> None:
    frames = np.ones((200, 80), np.float32)
    config = AugmentConfig(frequency_masks=2, frequency_width=10, time_masks=0.0)
    masked = mask_spectrogram(frames, config, np.random.default_rng(1))
    assert (frames == 1.0).all()
    assert set(np.unique(masked)) <= {0.0, 1.0}
    assert (masked == masked[0]).all()
    assert 0 < (masked[0] == 0).sum() <= 20
