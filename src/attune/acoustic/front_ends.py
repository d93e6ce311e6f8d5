"""Features of networks that were made elsewhere, as the toolkits that train them compute them.

Whole utterances at a time, in NumPy and kaldi-native-fbank: the runtime needs no PyTorch. Sources:
NeMo's `FilterbankFeatures` and transformers' `ParakeetFeatureExtractor` (the same method), the
mel scale of Slaney's Auditory Toolbox (1998) as in librosa; `torchaudio.compliance.kaldi.fbank`,
which WeNet calls; icefall's lhotse fbank; transformers' `Wav2Vec2FeatureExtractor`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Protocol

import kaldi_native_fbank as knf
import numpy as np
from numpy.typing import NDArray

from attune.acoustic.feature_parameters import SAMPLE_RATE
from attune.errors import InputError

__all__ = [
    "FRONT_ENDS",
    "FrontEnd",
    "KaldiFrontEnd",
    "NemoFrontEnd",
    "WaveformFrontEnd",
    "front_end_from_json",
    "front_end_to_json",
]

Floats = NDArray[np.float32]

_NEMO_GUARD = 2.0**-24
_NEMO_EPSILON = 1e-5


class FrontEnd(Protocol):
    """What a network hears of an utterance."""

    @property
    def bins(self) -> int | None:
        """Features a frame; None where the network hears samples."""
        ...

    def compute(self, samples: Floats) -> Floats:
        """`samples` (float32 in [-1, 1], 16 kHz) to [time, bins], or to [samples]."""
        ...


@dataclass(frozen=True)
class WaveformFrontEnd:
    """Samples as they are; `normalize`: brought to mean 0 and variance 1 over the utterance."""

    normalize: bool = False

    @property
    def bins(self) -> None:
        """None: the network hears samples."""
        return None

    def compute(self, samples: Floats) -> Floats:
        """[samples] to [samples]."""
        if not self.normalize:
            return samples
        result: Floats = (samples - samples.mean()) / np.sqrt(samples.var() + np.float32(1e-7))
        return result.astype(np.float32)


@dataclass(frozen=True)
class NemoFrontEnd:
    """NeMo's log-mel channels: pre-emphasis over the utterance, centred Hann windows, no dither.

    `window` and `hop` are in samples. `normalize`: each channel to mean 0 and standard deviation 1
    over the utterance (NeMo's `per_feature`).
    """

    bins: int = 80
    fft: int = 512
    window: int = 400
    hop: int = 160
    preemphasis: float = 0.97
    normalize: bool = True

    def compute(self, samples: Floats) -> Floats:
        """[samples] to [samples // hop, bins]: the frames that NeMo counts as valid."""
        emphasised = samples.copy()
        emphasised[1:] -= np.float32(self.preemphasis) * samples[:-1]
        frames = np.lib.stride_tricks.sliding_window_view(
            np.pad(emphasised, self.fft // 2), self.fft
        )[:: self.hop][: len(samples) // self.hop]
        spectrum = np.fft.rfft(frames * _padded_hann(self.window, self.fft))
        power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
        mel = np.log(power @ _slaney_filters(self.bins, self.fft) + np.float32(_NEMO_GUARD))
        if self.normalize:
            mel = (mel - mel.mean(0)) / (mel.std(0, ddof=1) + np.float32(_NEMO_EPSILON))
        return np.asarray(mel, np.float32)


@dataclass(frozen=True)
class KaldiFrontEnd:
    """Kaldi's log-mel channels: Povey window, 25 ms every 10 ms, no dither.

    `scale` is what samples in [-1, 1] are multiplied with. `high_hz` of 0 or less counts from half
    the sample rate. `snip_edges`: only frames that lie wholly inside the utterance. `mean` and
    `inverse_std` (of each channel, over training data) are applied where the graph does not.
    """

    bins: int = 80
    scale: float = 1.0
    low_hz: float = 20.0
    high_hz: float = -400.0
    snip_edges: bool = False
    mean: tuple[float, ...] = ()
    inverse_std: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        for name in ("mean", "inverse_std"):
            if len(getattr(self, name)) not in (0, self.bins):
                raise InputError(
                    f"feature parameters: {name} has {len(getattr(self, name))} values, expected "
                    f"{self.bins}"
                )

    def compute(self, samples: Floats) -> Floats:
        """[samples] to [time, bins]; InputError for channels that cannot be laid out."""
        options = knf.FbankOptions()
        options.frame_opts.samp_freq = SAMPLE_RATE
        options.frame_opts.dither = 0.0
        options.frame_opts.snip_edges = self.snip_edges
        options.mel_opts.num_bins = self.bins
        options.mel_opts.low_freq = self.low_hz
        options.mel_opts.high_freq = self.high_hz
        try:
            fbank = knf.OnlineFbank(options)
        except (ValueError, RuntimeError) as error:
            raise InputError(f"feature settings cannot be used: {error}") from error
        fbank.accept_waveform(SAMPLE_RATE, samples * np.float32(self.scale))
        fbank.input_finished()
        rows = [fbank.get_frame(i).copy() for i in range(fbank.num_frames_ready)]
        frames = np.stack(rows) if rows else np.zeros((0, self.bins), np.float32)
        if self.mean:
            frames = frames - np.asarray(self.mean, np.float32)
        if self.inverse_std:
            frames = frames * np.asarray(self.inverse_std, np.float32)
        return np.asarray(frames, np.float32)


FRONT_ENDS: Mapping[str, type[WaveformFrontEnd] | type[NemoFrontEnd] | type[KaldiFrontEnd]] = {
    "waveform": WaveformFrontEnd,
    "nemo": NemoFrontEnd,
    "kaldi": KaldiFrontEnd,
}
"""Name in a bundle's `features` settings -> front end."""


def front_end_to_json(front_end: FrontEnd) -> dict[str, Any]:
    """Plain values for a bundle's `features` settings; `front_end` names which it is."""
    name = next(name for name, kind in FRONT_ENDS.items() if type(front_end) is kind)
    return {"front_end": name, **asdict(front_end)}  # type: ignore[call-overload]


def front_end_from_json(values: Mapping[str, object]) -> FrontEnd:
    """Inverse of `front_end_to_json`; InputError names what cannot be used."""
    name = values.get("front_end")
    kind = FRONT_ENDS.get(str(name))
    if kind is None:
        raise InputError(
            f"feature settings: front_end {name!r} is not one of {', '.join(FRONT_ENDS)}"
        )
    chosen = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in values.items()
        if key != "front_end"
    }
    try:
        return kind(**chosen)  # type: ignore[arg-type]
    except TypeError as error:
        raise InputError(f"feature settings cannot be read: {error}") from error


@cache
def _padded_hann(window: int, fft: int) -> Floats:
    """A symmetric Hann window in the middle of `fft` points, as torch.stft places it."""
    left = (fft - window) // 2
    points = np.zeros(fft, np.float32)
    points[left : left + window] = np.hanning(window)
    return points


@cache
def _slaney_filters(bins: int, fft: int) -> Floats:
    """Triangular mel filters of equal area between 0 Hz and half the sample rate.

    float32 [fft // 2 + 1, bins]: linear below 1 kHz, logarithmic above (librosa's default).
    """
    step = np.log(6.4) / 27.0
    top = SAMPLE_RATE / 2
    mels = np.linspace(0.0, 15.0 + np.log(top / 1000.0) / step, bins + 2)
    edges = np.where(mels < 15.0, mels * 200.0 / 3.0, 1000.0 * np.exp(step * (mels - 15.0)))
    points = np.linspace(0.0, top, fft // 2 + 1)[:, None]
    rising = (points - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - points) / (edges[2:] - edges[1:-1])
    filters = np.maximum(0.0, np.minimum(rising, falling)) * (2.0 / (edges[2:] - edges[:-2]))
    return np.asarray(filters, np.float32)
