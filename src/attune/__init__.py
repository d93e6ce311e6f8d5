"""Attune: speech recognition that people tune to their words, their speakers and their rooms."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from attune.errors import AttuneError, InputError

if TYPE_CHECKING:
    from attune.keyword import KeywordModel, load_keyword
    from attune.recognize import Model, Options, Phrase, Result, load

__version__ = "0.1.0"
__all__ = [
    "AttuneError",
    "InputError",
    "KeywordModel",
    "Model",
    "Options",
    "Phrase",
    "Result",
    "__version__",
    "load",
    "load_keyword",
]

# ONNX Runtime would report its use to Microsoft, and reads this when it is imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

_LAZY = {"Model", "Options", "Phrase", "Result", "load"}
_LAZY_KEYWORD = {"KeywordModel", "load_keyword"}


def __getattr__(name: str) -> object:
    """Import what is asked for on first use: `import attune` alone costs next to nothing."""
    if name in _LAZY:
        from attune import recognize

        return getattr(recognize, name)
    if name in _LAZY_KEYWORD:
        from attune import keyword

        return getattr(keyword, name)
    raise AttributeError(f"module 'attune' has no attribute {name!r}")
