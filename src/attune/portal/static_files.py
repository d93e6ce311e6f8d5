"""What the browser fetches beside pages: styles, scripts, icons and a font, all from here.

Every file's address holds a hash over all of them. So browsers keep them for good and still never
mix two releases, and modules import each other by relative names.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

__all__ = ["StaticFiles"]

_FOLDER = Path(__file__).parent / "static"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}
_FOR_GOOD = "public, max-age=31536000, immutable"
_PACKED = {".css", ".js", ".svg", ".txt"}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file's bytes, as they are and packed where that pays."""

    media_type: str
    content: bytes
    packed: bytes | None


class StaticFiles:
    """All static files in memory (about 200 KB), under `/static/<version>/`."""

    def __init__(self) -> None:
        self._files = dict(_read(_FOLDER))
        digest = hashlib.sha256()
        for name, file in sorted(self._files.items()):
            digest.update(name.encode() + b"\0" + file.content)
        self.version = digest.hexdigest()[:12]

    def address(self, name: str) -> str:
        """The path that a page uses for the file called `name`."""
        if name not in self._files:
            raise KeyError(name)
        return f"/static/{self.version}/{name}"

    def respond(self, request: Request) -> Response:
        """The file that a request asks for; 404 for any other name."""
        file = self._files.get(request.path_params["name"])
        if file is None:
            return Response("there is no such file", 404, media_type="text/plain")
        current = request.path_params["version"] == self.version
        headers = {
            "Cache-Control": _FOR_GOOD if current else "no-cache",
            "Vary": "Accept-Encoding",
            "X-Content-Type-Options": "nosniff",
        }
        if file.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            return Response(file.packed, headers=headers, media_type=file.media_type)
        return Response(file.content, headers=headers, media_type=file.media_type)


def _read(folder: Path) -> Mapping[str, StaticFile]:
    files = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix in _TYPES:
            content = path.read_bytes()
            packed = gzip.compress(content, 9, mtime=0) if path.suffix in _PACKED else None
            name = path.relative_to(folder).as_posix()
            files[name] = StaticFile(_TYPES[path.suffix], content, packed)
    return files
