"""Recognition of recordings and streams with a bundle.

What describes requests and results loads nothing heavy, so that a program that has its audio
recognised elsewhere needs no ONNX Runtime.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from attune.recognize.calibration import Calibration
    from attune.recognize.model import Model, load
    from attune.recognize.opening import Opening, Prefix
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

_LAZY = {
    "Calibration": "calibration",
    "Model": "model",
    "load": "model",
    "Opening": "opening",
    "Prefix": "opening",
    "Stream": "stream",
}


def __getattr__(name: str) -> object:
    """Import the recogniser itself on first use."""
    if name in _LAZY:
        return getattr(importlib.import_module(f"attune.recognize.{_LAZY[name]}"), name)
    raise AttributeError(f"module 'attune.recognize' has no attribute {name!r}")
