"""What the stages of a job have told, kept for the next attempt."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from attune.bundle.atomic import replace_file

__all__ = ["StageReports"]


class StageReports:
    """Reports by stage, in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reports: dict[str, Any] = json.loads(path.read_bytes()) if path.exists() else {}

    def has(self, stage: str) -> bool:
        """Whether a stage is done."""
        return stage in self._reports

    def add(self, stage: str, report: dict[str, Any]) -> None:
        """Note that a stage is done."""
        self._reports[stage] = report
        replace_file(self._path, json.dumps(self._reports).encode())

    def all(self) -> dict[str, Any]:
        """All reports."""
        return dict(self._reports)
