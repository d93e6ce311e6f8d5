"""Recordings in a report: inside it while they fit, linked by path beyond."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from urllib.parse import quote

__all__ = ["AudioSources"]

KINDS = {b"RIFF": "audio/wav", b"fLaC": "audio/flac", b"OggS": "audio/ogg"}


class AudioSources:
    """Hands out the `src` of recordings for a report in the folder `folder`.

    The first ones asked for are embedded as data URIs, until they add up to `limit` bytes.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self.embedded = 0
        self.linked = 0
        self._folder = folder.absolute()
        self._left = limit

    def source(self, path: Path) -> str | None:
        """A data URI or a relative URL of the recording at `path`; None when it is gone."""
        try:
            size = path.stat().st_size
            if size <= self._left:
                content = path.read_bytes()
                self._left -= len(content)
                self.embedded += 1
                return f"data:{media_type(content)};base64,{base64.b64encode(content).decode()}"
        except OSError:
            return None
        self.linked += 1
        try:
            relative = os.path.relpath(path.absolute(), self._folder)
        except ValueError:  # another drive, on Windows
            return path.absolute().as_uri()
        # A leading ./ keeps a colon in the first name from reading as a scheme.
        return "./" + quote(Path(relative).as_posix(), errors="surrogateescape")


def media_type(content: bytes) -> str:
    """The media type of a recording, by its first bytes."""
    return KINDS.get(content[:4], "audio/mpeg")
