"""From audio to phone posteriors: features and encoder sessions."""

from attune.acoustic.features import (
    FRAME_SHIFT,
    SAMPLE_RATE,
    FeatureExtractor,
    FeatureParameters,
    extract,
)
from attune.acoustic.sessions import (
    SUBSAMPLING,
    EncoderGeometry,
    EncoderSession,
    EncoderStream,
)

__all__ = [
    "FRAME_SHIFT",
    "SAMPLE_RATE",
    "SUBSAMPLING",
    "EncoderGeometry",
    "EncoderSession",
    "EncoderStream",
    "FeatureExtractor",
    "FeatureParameters",
    "extract",
]
