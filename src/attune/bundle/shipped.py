"""The bundles that come with the package."""

from __future__ import annotations

from pathlib import Path

from attune.bundle.archive import DESCRIPTION_FILE
from attune.errors import InputError

__all__ = ["shipped_bundle_path", "shipped_keyword_base_path", "shipped_languages"]

_FOLDER = Path(__file__).resolve().parents[1] / "models"
_KEYWORD = "keyword-"


def shipped_languages() -> tuple[str, ...]:
    """The languages of the recognisers that come with the package, sorted."""
    names = (path.parent.name for path in _FOLDER.glob(f"*/{DESCRIPTION_FILE}"))
    return tuple(sorted(name for name in names if not name.startswith(_KEYWORD)))


def shipped_bundle_path(language: str = "en-US") -> Path:
    """The folder of the shipped recogniser of a language.

    Raises InputError when none is shipped for it.
    """
    languages = shipped_languages()
    if language not in languages:
        raise InputError(
            f"no bundle for {language!r} comes with this installation (there is: "
            f"{', '.join(languages) or 'none'}): name a bundle, or install the package again"
        )
    return _FOLDER / language


def shipped_keyword_base_path(language: str = "en-US") -> Path:
    """The folder of the shipped base that keywords of a language are made from.

    Raises InputError when none is shipped for it.
    """
    path = _FOLDER / f"{_KEYWORD}{language}"
    if not (path / DESCRIPTION_FILE).is_file():
        raise InputError(
            f"no base for keywords in {language!r} comes with this installation: name a base, or "
            "install the package again"
        )
    return path
