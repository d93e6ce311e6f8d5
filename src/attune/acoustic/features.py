"""Log-mel filter-bank frames, normalised online: one implementation for training and run time.

Frames come from kaldi-native-fbank (Povey window, 25 ms, every 10 ms). Each is normalised with the
mean of the frames before it (at most `window`), started from the training data's mean as if
`prior` frames of it had been heard: the causal cepstral mean normalisation of Viikki & Laurila
(1998), on log-mel channels. A chunked stream and a whole file give bit-identical frames.
"""

from __future__ import annotations

import kaldi_native_fbank as knf
import numpy as np
from numpy.typing import NDArray

from attune.acoustic.feature_parameters import FeatureParameters

__all__ = ["FeatureExtractor", "MeanNormalizer", "extract"]

Floats = NDArray[np.float32]


class FeatureExtractor:
    """Streaming features of one channel. Not thread-safe: one extractor for each stream."""

    def __init__(self, parameters: FeatureParameters) -> None:
        options = knf.FbankOptions()
        options.frame_opts.samp_freq = parameters.sample_rate
        options.frame_opts.frame_length_ms = parameters.frame_length_ms
        options.frame_opts.frame_shift_ms = parameters.frame_shift_ms
        options.frame_opts.dither = 0.0
        options.frame_opts.snip_edges = True
        options.mel_opts.num_bins = parameters.bins
        options.mel_opts.low_freq = parameters.low_hz
        options.mel_opts.high_freq = parameters.high_hz
        self.parameters = parameters
        self._fbank = knf.OnlineFbank(options)
        self._taken = 0
        self._normalized = MeanNormalizer(parameters) if parameters.mean else None

    def accept(self, samples: Floats) -> Floats:
        """Frames that `samples` (float32 in [-1, 1], any number) complete: [time, bins]."""
        # Kaldi's log floor is meant for 16-bit sample values.
        self._fbank.accept_waveform(
            self.parameters.sample_rate, np.asarray(samples, np.float32) * np.float32(32768.0)
        )
        return self._ready()

    def finish(self) -> Floats:
        """Frames that the end of the audio completes."""
        self._fbank.input_finished()
        return self._ready()

    def _ready(self) -> Floats:
        ready = self._fbank.num_frames_ready
        # The library gives views of memory that pop() frees.
        rows = [self._fbank.get_frame(i).copy() for i in range(self._taken, ready)]
        self._fbank.pop(len(rows))
        self._taken = ready
        if not rows:
            return np.zeros((0, self.parameters.bins), np.float32)
        frames = np.maximum(np.stack(rows), np.float32(self.parameters.floor))
        return frames if self._normalized is None else self._normalized(frames)


class MeanNormalizer:
    """Subtracts the running mean (of a frame itself and those before) of one stream, and scales."""

    def __init__(self, parameters: FeatureParameters) -> None:
        self.parameters = parameters
        self._mean = np.asarray(parameters.mean, np.float64)
        self._scale = np.asarray(parameters.scale, np.float64)
        # Running sums of the last `window` frames; row i holds the sum up to and with that frame.
        self._sums = np.zeros((1, parameters.bins), np.float64)

    def __call__(self, frames: Floats) -> Floats:
        """The next frames, [time, bins], normalised."""
        window, prior = self.parameters.window, self.parameters.prior
        known = len(self._sums)
        sums = np.cumsum(np.concatenate([self._sums[-1:], frames]), axis=0, dtype=np.float64)
        sums = np.concatenate([self._sums, sums[1:]])
        newest = np.arange(known, len(sums))
        count = np.minimum(newest, window)
        mean = (sums[newest] - sums[newest - count] + prior * self._mean) / (count + prior)[:, None]
        self._sums = sums[-(window + 1) :]
        result: Floats = ((frames - mean) * self._scale).astype(np.float32)
        return result


def extract(samples: Floats, parameters: FeatureParameters) -> Floats:
    """Frames of a whole recording: [time, bins]."""
    extractor = FeatureExtractor(parameters)
    return np.concatenate([extractor.accept(samples), extractor.finish()])
