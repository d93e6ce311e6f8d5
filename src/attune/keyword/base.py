"""The base that every keyword is made from: the shared encoder and the negative bank."""

from __future__ import annotations

from attune.bundle import Bundle, shipped_keyword_base_path
from attune.errors import InputError

__all__ = ["base_bundle", "base_with_bank"]


def base_bundle(language: str = "en-US") -> Bundle:
    """The base that comes with the package; InputError when there is none for the language."""
    return Bundle.open(shipped_keyword_base_path(language))


def base_with_bank(given: Bundle | None) -> Bundle:
    """`given`, or the base that comes with the package; InputError without a negative bank."""
    base = given or base_bundle()
    if not base.has("negative_bank"):
        raise InputError(
            f"{base.path} has no negative bank: use the base that keywords are made of"
        )
    return base
