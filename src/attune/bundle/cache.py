"""The user's cache folder, for what can be made again: expanded bundles, checked hashes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

__all__ = ["cache_folder"]


def cache_folder() -> Path:
    """The folder for things that can be made again; it need not exist yet.

    `ATTUNE_CACHE` when set, else the platform's place: ``$XDG_CACHE_HOME/attune`` or
    ``~/.cache/attune``, on macOS ``~/Library/Caches/attune``, on Windows
    ``%LOCALAPPDATA%\\attune\\cache``.
    """
    chosen = os.environ.get("ATTUNE_CACHE")
    if chosen:
        return Path(chosen)
    home = Path(os.path.expanduser("~"))
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local")) / "attune" / "cache"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "attune"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "attune"
