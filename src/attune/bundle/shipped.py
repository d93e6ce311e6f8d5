"""The bundles that come with the package."""

from __future__ import annotations

from pathlib import Path

from attune.bundle.archive import DESCRIPTION_FILE
from attune.errors import InputError

__all__ = ["shipped_bundle_path", "shipped_languages"]

_FOLDER = Path(__file__).resolve().parents[1] / "models"


def shipped_languages() -> tuple[str, ...]:
    """The languages of the bundles that come with the package, sorted."""
    return tuple(sorted(path.parent.name for path in _FOLDER.glob(f"*/{DESCRIPTION_FILE}")))


def shipped_bundle_path(language: str = "en-US") -> Path:
    """The folder of the shipped bundle of a language.

    Raises InputError when none is shipped for it.
    """
    languages = shipped_languages()
    if language not in languages:
        raise InputError(
            f"no bundle for {language!r} comes with this installation (there is: "
            f"{', '.join(languages) or 'none'}): name a bundle, or install the package again"
        )
    return _FOLDER / language
