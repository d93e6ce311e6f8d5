"""From audio to posteriors: features, encoder sessions, networks made elsewhere."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from attune.acoustic.feature_parameters import FRAME_SHIFT, SAMPLE_RATE, FeatureParameters
from attune.acoustic.samples import as_float

if TYPE_CHECKING:
    from attune.acoustic.encoders import (
        AcousticEncoder,
        PosteriorStream,
        StreamingEncoder,
        open_encoder,
    )
    from attune.acoustic.features import FeatureExtractor, MeanNormalizer, extract
    from attune.acoustic.front_ends import (
        FrontEnd,
        KaldiFrontEnd,
        NemoFrontEnd,
        WaveformFrontEnd,
        front_end_to_json,
    )
    from attune.acoustic.graphs import open_graph
    from attune.acoustic.sessions import (
        SUBSAMPLING,
        EncoderGeometry,
        EncoderSession,
        EncoderStream,
    )
    from attune.acoustic.utterances import GraphLayout, InputAxes, UtteranceEncoder

__all__ = [
    "FRAME_SHIFT",
    "SAMPLE_RATE",
    "SUBSAMPLING",
    "AcousticEncoder",
    "EncoderGeometry",
    "EncoderSession",
    "EncoderStream",
    "FeatureExtractor",
    "FeatureParameters",
    "FrontEnd",
    "GraphLayout",
    "InputAxes",
    "KaldiFrontEnd",
    "MeanNormalizer",
    "NemoFrontEnd",
    "PosteriorStream",
    "StreamingEncoder",
    "UtteranceEncoder",
    "WaveformFrontEnd",
    "as_float",
    "extract",
    "front_end_to_json",
    "open_encoder",
    "open_graph",
]

# A keyword spotter needs none of them, and ONNX Runtime takes longer to load than all of it.
_LAZY = {
    "AcousticEncoder": "encoders",
    "PosteriorStream": "encoders",
    "StreamingEncoder": "encoders",
    "open_encoder": "encoders",
    "FeatureExtractor": "features",
    "MeanNormalizer": "features",
    "extract": "features",
    "FrontEnd": "front_ends",
    "KaldiFrontEnd": "front_ends",
    "NemoFrontEnd": "front_ends",
    "WaveformFrontEnd": "front_ends",
    "front_end_to_json": "front_ends",
    "open_graph": "graphs",
    "SUBSAMPLING": "sessions",
    "EncoderGeometry": "sessions",
    "EncoderSession": "sessions",
    "EncoderStream": "sessions",
    "GraphLayout": "utterances",
    "InputAxes": "utterances",
    "UtteranceEncoder": "utterances",
}


def __getattr__(name: str) -> object:
    """Import what needs ONNX Runtime or the feature library on first use."""
    if name in _LAZY:
        return getattr(importlib.import_module(f"attune.acoustic.{_LAZY[name]}"), name)
    raise AttributeError(f"module 'attune.acoustic' has no attribute {name!r}")
