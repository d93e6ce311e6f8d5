"""Keywords: created from text alone, spotted in a stream by a small network.

`load_keyword` opens a bundle of keywords, `KeywordModel.spotter` listens, `create_basic`
makes a bundle from phrases and their pronunciations. A `KeywordListener` adds a second look and
what is said after the keyword, a `KeywordRecognizer` does so in the background.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from attune.keyword.calibration import (
    DEFAULT_SENSITIVITY,
    OperatingCurve,
    false_accepts_per_hour,
    sensitivity_for,
    verified_sensitivity,
)
from attune.keyword.detection import Detection
from attune.keyword.encoded_rows import EncodedRows
from attune.keyword.model import KeywordModel, load_keyword
from attune.keyword.phrase import KeywordPhrase
from attune.keyword.scoring import Peak, scores
from attune.keyword.spotter import Spotter

if TYPE_CHECKING:
    from attune.keyword.audio_streams import AudioInput, PullStream, PushStream
    from attune.keyword.base import base_bundle
    from attune.keyword.base_encoder import BaseEncoder
    from attune.keyword.creation import CreationReport, create_basic
    from attune.keyword.events import (
        Accepted,
        Canceled,
        KeywordEvent,
        Recognized,
        Recognizing,
        Rejected,
    )
    from attune.keyword.recognition import KeywordListener, ListenerStream
    from attune.keyword.recognizer import KeywordRecognizer
    from attune.keyword.verification import (
        EncoderVerifier,
        Look,
        RecognizerVerifier,
        Verdict,
        Verifier,
    )

__all__ = [
    "DEFAULT_SENSITIVITY",
    "Accepted",
    "AudioInput",
    "BaseEncoder",
    "Canceled",
    "CreationReport",
    "Detection",
    "EncodedRows",
    "EncoderVerifier",
    "KeywordEvent",
    "KeywordListener",
    "KeywordModel",
    "KeywordPhrase",
    "KeywordRecognizer",
    "ListenerStream",
    "Look",
    "OperatingCurve",
    "Peak",
    "PullStream",
    "PushStream",
    "Recognized",
    "RecognizerVerifier",
    "Recognizing",
    "Rejected",
    "Spotter",
    "Verdict",
    "Verifier",
    "base_bundle",
    "create_basic",
    "false_accepts_per_hour",
    "load_keyword",
    "scores",
    "sensitivity_for",
    "verified_sensitivity",
]

# What only listens on a small device need not load.
_LAZY = {
    "AudioInput": "audio_streams",
    "PullStream": "audio_streams",
    "PushStream": "audio_streams",
    "base_bundle": "base",
    "BaseEncoder": "base_encoder",
    "CreationReport": "creation",
    "create_basic": "creation",
    "Accepted": "events",
    "Canceled": "events",
    "KeywordEvent": "events",
    "Recognized": "events",
    "Recognizing": "events",
    "Rejected": "events",
    "KeywordListener": "recognition",
    "ListenerStream": "recognition",
    "KeywordRecognizer": "recognizer",
    "EncoderVerifier": "verification",
    "Look": "verification",
    "RecognizerVerifier": "verification",
    "Verdict": "verification",
    "Verifier": "verification",
}


def __getattr__(name: str) -> object:
    """Import what goes beyond spotting on first use."""
    if name in _LAZY:
        return getattr(importlib.import_module(f"attune.keyword.{_LAZY[name]}"), name)
    raise AttributeError(f"module 'attune.keyword' has no attribute {name!r}")
