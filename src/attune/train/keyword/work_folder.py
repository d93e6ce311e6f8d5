"""The folder in which an advanced keyword is made, claimed for one keyword."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attune.bundle.atomic import replace_file, write_errors
from attune.errors import InputError

__all__ = ["WorkFolder"]

_REQUEST = "request.json"


class WorkFolder:
    """A folder of stages' results, claimed for one request.

    InputError when `path` holds something else, or what other settings made.
    """

    def __init__(self, path: Path, request: Mapping[str, Any]) -> None:
        self.path = path
        # Through JSON, so that what is compared has JSON's types.
        wanted = json.loads(json.dumps(request))
        file = path / _REQUEST
        with write_errors(path):
            path.mkdir(parents=True, exist_ok=True)
            if not file.exists():
                if any(path.iterdir()):
                    raise InputError(f"{path} is not empty: choose a new folder for the work")
                replace_file(file, (json.dumps(wanted, indent=1) + "\n").encode("utf-8"))
                return
        found = self._read(file)
        for name, value in wanted.items():
            if found.get(name) != value:
                raise InputError(
                    f"{path} holds the work on a keyword with other {name.replace('_', ' ')}: "
                    "choose a new folder, or remove it"
                )

    def keep(self, name: str, content: bytes) -> None:
        """Leave a file of a stage."""
        file = self.path / name
        with write_errors(file):
            replace_file(file, content)

    def _read(self, file: Path) -> dict[str, Any]:
        try:
            value = json.loads(file.read_bytes())
        except (ValueError, OSError):
            value = None
        if not isinstance(value, dict):
            raise InputError(f"{file} is damaged: remove {self.path} and start again")
        return value
