"""Training for keywords: the encoder that listens all day, and second passes of single keywords."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from attune.train.keyword.advanced import create_advanced, run_stages
from attune.train.keyword.prompts import PromptCounts
from attune.train.keyword.stages import STAGES, AdvancedRequest, Stage

if TYPE_CHECKING:
    from attune.train.keyword.export import KEYWORD_ENCODER_KEY, export_keyword_encoder

__all__ = [
    "KEYWORD_ENCODER_KEY",
    "STAGES",
    "AdvancedRequest",
    "PromptCounts",
    "Stage",
    "create_advanced",
    "export_keyword_encoder",
    "run_stages",
]

_OF_EXPORT = {"KEYWORD_ENCODER_KEY", "export_keyword_encoder"}


def __getattr__(name: str) -> object:
    """Import what needs PyTorch on first use: making a keyword does not."""
    if name in _OF_EXPORT:
        return getattr(importlib.import_module("attune.train.keyword.export"), name)
    raise AttributeError(f"module 'attune.train.keyword' has no attribute {name!r}")
