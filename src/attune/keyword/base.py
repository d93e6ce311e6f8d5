"""The base that every keyword is made from: the shared encoder and the negative bank."""

from __future__ import annotations

from attune.bundle import Bundle, shipped_keyword_base_path

__all__ = ["base_bundle"]


def base_bundle(language: str = "en-US") -> Bundle:
    """The base that comes with the package; InputError when there is none for the language."""
    return Bundle.open(shipped_keyword_base_path(language))
