"""Small networks as NeMo, WeNet and icefall export them, and those toolkits' features in PyTorch.

An independent reading of each toolkit's conventions: what Attune computes is compared with it.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

RATE = 16000


def speechlike(seconds: float, seed: int = 1) -> NDArray[np.float32]:
    """Noise in bursts: float32 [samples]."""
    random = np.random.default_rng(seed)
    time = np.arange(int(seconds * RATE)) / RATE
    level = 0.02 + 0.1 * np.abs(np.sin(2 * np.pi * 1.7 * time))
    return (level * random.standard_normal(len(time))).astype(np.float32)


def nemo_features(samples: Tensor, bins: int = 80, *, normalize: bool = True) -> Tensor:
    """NeMo's AudioToMelSpectrogramPreprocessor: [bins, samples // 160]."""
    emphasised = torch.cat([samples[:1], samples[1:] - 0.97 * samples[:-1]])
    window = torch.hann_window(400, periodic=False)
    spectrum = torch.stft(
        emphasised, 512, 160, 400, window, center=True, pad_mode="constant", return_complex=True
    )
    mel = torch.log(slaney(bins) @ spectrum.abs() ** 2 + 2**-24)[:, : len(samples) // 160]
    if not normalize:
        return mel
    return (mel - mel.mean(1, keepdim=True)) / (mel.std(1, keepdim=True) + 1e-5)


def slaney(bins: int) -> Tensor:
    """librosa.filters.mel(sr=16000, n_fft=512, n_mels=bins): [bins, 257]."""

    def to_hz(mel: float) -> float:
        return mel * 200 / 3 if mel < 15 else 1000 * 6.4 ** ((mel - 15) / 27)

    top = 15 + 27 * np.log(8) / np.log(6.4)
    edges = [to_hz(top * i / (bins + 1)) for i in range(bins + 2)]
    filters = torch.zeros(bins, 257)
    for b in range(bins):
        low, middle, high = edges[b : b + 3]
        for k in range(257):
            hz = k * RATE / 512
            part = min((hz - low) / (middle - low), (high - hz) / (high - middle))
            filters[b, k] = max(0.0, part) * 2 / (high - low)
    return filters


def kaldi_features(
    samples: Tensor, *, scale: float, high_hz: float, snip_edges: bool, bins: int = 80
) -> Tensor:
    """torchaudio.compliance.kaldi.fbank(dither=0, energy_floor=0): [time, bins]."""
    wave = samples * scale
    if snip_edges:
        count = 1 + (len(wave) - 400) // 160
    else:
        count = (len(wave) + 80) // 160
        before = 200 - 80
        after = (count - 1) * 160 + 400 - before - len(wave)
        wave = torch.cat([wave[:before].flip(0), wave, wave[-max(after, 1) :].flip(0)])
    frames = wave.unfold(0, 400, 160)[:count]
    frames = frames - frames.mean(1, keepdim=True)
    previous = torch.cat([frames[:, :1], frames[:, :-1]], 1)
    frames = frames - 0.97 * previous
    frames = frames * torch.hann_window(400, periodic=False) ** 0.85
    power = torch.fft.rfft(nn.functional.pad(frames, (0, 112))).abs() ** 2

    def mel(hz: Tensor) -> Tensor:
        return 1127 * torch.log(1 + hz / 700)

    edges = torch.linspace(
        float(mel(torch.tensor(20.0))), float(mel(torch.tensor(high_hz))), bins + 2
    )
    points = mel(torch.arange(256) * RATE / 512)[None]
    low, middle, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    filters = torch.minimum((points - low) / (middle - low), (high - points) / (high - middle))
    energies = power[:, :256] @ filters.clamp(min=0).T
    return torch.log(energies.clamp(min=torch.finfo(torch.float32).eps))


class SmallCtc(nn.Module):
    """Two strided convolutions and a head: a row every four frames, log-posteriors."""

    def __init__(
        self,
        bins: int,
        symbols: int,
        cmvn: tuple[Tensor, Tensor] | None = None,
        gain: float = 8.0,
    ) -> None:
        super().__init__()
        torch.manual_seed(symbols)
        self.convolutions = nn.Sequential(
            nn.Conv1d(bins, 24, 3, 2, 1), nn.ReLU(), nn.Conv1d(24, 24, 3, 2, 1), nn.ReLU()
        )
        self.head = nn.Linear(24, symbols)
        self.head.weight.data *= gain
        self.cmvn = cmvn

    def forward(self, features: Tensor) -> Tensor:
        """[batch, time, bins] to [batch, row, symbol]."""
        if self.cmvn is not None:
            features = (features - self.cmvn[0]) * self.cmvn[1]
        hidden = self.convolutions(features.transpose(1, 2)).transpose(1, 2)
        return torch.log_softmax(self.head(hidden), -1)


class NemoExport(nn.Module):
    """audio_signal [batch, bins, time], length [batch] -> logprobs."""

    def __init__(self, network: SmallCtc) -> None:
        super().__init__()
        self.network = network

    def forward(self, audio_signal: Tensor, length: Tensor) -> Tensor:
        return self.network(audio_signal.transpose(1, 2)) + 0 * length[:, None, None]


class WenetExport(nn.Module):
    """x [batch, time, bins], x_lens [batch] -> log_probs, log_probs_lens."""

    def __init__(self, network: SmallCtc) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor, x_lens: Tensor) -> tuple[Tensor, Tensor]:
        return self.network(x), (x_lens + 3) // 4


class PlainExport(NamedTuple):
    """A graph without metadata, which hears x [batch, time, 80]; its tokens, its network."""

    graph: Path
    tokens: Path
    network: SmallCtc


def export(
    network: nn.Module,
    path: Path,
    example: Tensor,
    inputs: list[str],
    outputs: list[str],
    time_axis: int,
    metadata: Mapping[str, str] | None = None,
) -> Path:
    """Write the ONNX file as the toolkits do, with the metadata that sherpa-onnx's scripts add."""
    time = torch.export.Dim.DYNAMIC
    lengths = torch.tensor([example.shape[time_axis]])
    arguments = (example, lengths)[: len(inputs)]
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                network.eval(),
                arguments,
                str(path),
                input_names=inputs,
                output_names=outputs,
                dynamic_shapes=({time_axis: time}, None)[: len(inputs)],
                dynamo=True,
                external_data=False,
                verbose=False,
            )
    finally:
        logging.disable(logging.NOTSET)
    if metadata:
        model = onnx.load(str(path))
        onnx.helper.set_model_props(model, dict(metadata))
        onnx.save(model, str(path))
    return path


def letters(*, blank_first: bool = True) -> list[str]:
    """Lower-case letters, apostrophe and a separator, the blank at either end."""
    plain = ["<space>", *"abcdefghijklmnopqrstuvwxyz'"]
    return ["<blk>", *plain] if blank_first else [*plain, "<blk>"]
