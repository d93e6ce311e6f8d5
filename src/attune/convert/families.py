"""The features that each family of models was trained with, by name or by what a file says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from attune.acoustic import (
    SAMPLE_RATE,
    FrontEnd,
    KaldiFrontEnd,
    NemoFrontEnd,
    WaveformFrontEnd,
)
from attune.errors import InputError

__all__ = ["FAMILIES", "family_of_metadata", "read_cmvn", "with_bins"]

FAMILIES: Mapping[str, FrontEnd] = {
    "nemo": NemoFrontEnd(),
    "nemo-unnormalized": NemoFrontEnd(normalize=False),
    "wenet": KaldiFrontEnd(scale=32768.0, high_hz=0.0, snip_edges=True),
    "kaldi": KaldiFrontEnd(),
    "waveform": WaveformFrontEnd(),
    "waveform-normalized": WaveformFrontEnd(normalize=True),
}
"""Name for `--features` -> front end. `kaldi` is that of icefall and sherpa-onnx."""

_MODEL_TYPES = {
    "wenet_ctc": "wenet",
    "zipformer2_ctc": "kaldi",
    "zipformer_ctc": "kaldi",
    "omnilingual-asr": "waveform-normalized",
}


def family_of_metadata(metadata: Mapping[str, str], where: str) -> str | None:
    """The family that a graph's metadata (as sherpa-onnx writes it) names; None when it says none.

    InputError for a model that is of no supported family, or of another sample rate.
    """
    rate = metadata.get("sample_rate")
    if rate is not None and rate.strip() != str(SAMPLE_RATE):
        raise InputError(
            f"{where}: its metadata says sample_rate {rate}: Attune hears {SAMPLE_RATE} Hz; use a "
            "model of that rate"
        )
    kind = metadata.get("model_type")
    if kind is None:
        return None
    if metadata.get("is_giga_am", "0") not in ("", "0"):
        raise InputError(f"{where}: a GigaAM model: its features are not supported")
    if kind.startswith("EncDec"):
        normal = metadata.get("normalize_type", "per_feature")
        if normal not in ("per_feature", "", "NA"):
            raise InputError(
                f"{where}: its metadata says normalize_type {normal!r}: only per_feature and none "
                "are supported"
            )
        return "nemo" if normal == "per_feature" else "nemo-unnormalized"
    if kind not in _MODEL_TYPES:
        raise InputError(
            f"{where}: its metadata says model_type {kind!r}, which is not supported: NeMo "
            f"(EncDec...) and {', '.join(_MODEL_TYPES)} are; name the features with --features if "
            "they are the same"
        )
    return _MODEL_TYPES[kind]


def with_bins(front_end: FrontEnd, bins: int) -> FrontEnd:
    """The same features with another number of channels."""
    if isinstance(front_end, NemoFrontEnd | KaldiFrontEnd):
        return replace(front_end, bins=bins)
    return front_end


def read_cmvn(path: Path, front_end: FrontEnd) -> FrontEnd:
    """The front end with the mean and variance of WeNet's `global_cmvn` (JSON of sums) applied.

    InputError when it cannot be read or does not fit.
    """
    if not isinstance(front_end, KaldiFrontEnd):
        raise InputError(f"{path}: --cmvn goes with --features wenet or kaldi: leave it out")
    try:
        stored = json.loads(path.read_text("utf-8"))
        count = float(stored["frame_num"])
        sums = [np.array(stored[name], np.float64) for name in ("mean_stat", "var_stat")]
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path}: not a global_cmvn of WeNet (JSON with mean_stat, var_stat and frame_num)"
        ) from error
    shape = (front_end.bins,)
    if count <= 0 or any(s.shape != shape or not np.isfinite(s).all() for s in sums):
        raise InputError(
            f"{path}: expected frame_num above 0, and {front_end.bins} numbers each in mean_stat "
            "and var_stat, as the network has channels"
        )
    mean = sums[0] / count
    variance = np.maximum(sums[1] / count - mean**2, 1e-20)
    return replace(
        front_end,
        mean=tuple(mean.tolist()),
        inverse_std=tuple((1.0 / np.sqrt(variance)).tolist()),
    )
