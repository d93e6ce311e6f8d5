"""Recognition of recordings and streams with a bundle."""

from attune.recognize.calibration import Calibration
from attune.recognize.model import Model, load
from attune.recognize.opening import Opening, Prefix
from attune.recognize.options import Options, Phrase
from attune.recognize.results import (
    Alternative,
    Event,
    Final,
    Partial,
    Result,
    SpeechStart,
    Token,
    Word,
)
from attune.recognize.stream import Stream

__all__ = [
    "Alternative",
    "Calibration",
    "Event",
    "Final",
    "Model",
    "Opening",
    "Options",
    "Partial",
    "Phrase",
    "Prefix",
    "Result",
    "SpeechStart",
    "Stream",
    "Token",
    "Word",
    "load",
]
