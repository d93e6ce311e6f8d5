"""From audio to posteriors: features, encoder sessions, networks made elsewhere."""

from attune.acoustic.encoders import (
    AcousticEncoder,
    PosteriorStream,
    StreamingEncoder,
    open_encoder,
)
from attune.acoustic.features import (
    FRAME_SHIFT,
    SAMPLE_RATE,
    FeatureExtractor,
    FeatureParameters,
    MeanNormalizer,
    extract,
)
from attune.acoustic.front_ends import (
    FrontEnd,
    KaldiFrontEnd,
    NemoFrontEnd,
    WaveformFrontEnd,
    front_end_to_json,
)
from attune.acoustic.sessions import (
    SUBSAMPLING,
    EncoderGeometry,
    EncoderSession,
    EncoderStream,
)
from attune.acoustic.utterances import GraphLayout, InputAxes, UtteranceEncoder, open_graph

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
    "extract",
    "front_end_to_json",
    "open_encoder",
    "open_graph",
]
