"""Output folders: which outputs are there already, from the same job, and so need no new work."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attune.bundle.atomic import replace_file, write_errors
from attune.errors import InputError

__all__ = ["JOB_FILE", "FolderJob"]

JOB_FILE = ".attune-job.json"
"""Written into the output folder when a job starts: the settings that its outputs depend on."""


class FolderJob:
    """Outputs in one folder, each written whole or not at all, all with the same settings.

    An output is finished when it is no older than its recording and than the job. A new job makes
    everything that lies in the folder old; resuming one keeps it. Raises InputError when the folder
    cannot be written, or when it is to be resumed with other settings.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any], *, resume: bool) -> None:
        self.folder = folder
        self._file = folder / JOB_FILE
        wanted = json.loads(json.dumps(settings))
        with write_errors(folder, "choose another output folder"):
            folder.mkdir(parents=True, exist_ok=True)
            if not (resume and self._file.exists()):
                text = json.dumps(wanted, indent=2, ensure_ascii=False) + "\n"
                replace_file(self._file, text.encode("utf-8", "surrogateescape"))
                return
        self._check(wanted)

    def _check(self, wanted: Mapping[str, Any]) -> None:
        try:
            known = json.loads(self._file.read_bytes())
        except (OSError, ValueError):
            known = None
        if not isinstance(known, dict):
            raise InputError(
                f"{self._file} cannot be read: start again without --resume, or choose another "
                "output folder"
            )
        changed = sorted(name for name in {*known, *wanted} if known.get(name) != wanted.get(name))
        if changed:
            raise InputError(
                f"{self.folder} was begun with other settings ({', '.join(changed)}): give the "
                "same ones, or start again without --resume, or choose another output folder"
            )

    def is_finished(self, name: Path, source: Path | None) -> bool:
        """Whether the output `name` is there and neither `source` nor the job is newer."""
        try:
            written = (self.folder / name).stat().st_mtime_ns
            begun = self._file.stat().st_mtime_ns
            recorded = source.stat().st_mtime_ns if source is not None else written + 1
        except OSError:
            return False
        return written >= begun and written >= recorded

    def write(self, name: Path, content: str) -> None:
        """Write an output; raises InputError (AttuneError for a full disk) when that fails."""
        target = self.folder / name
        with write_errors(target, "choose another output folder"):
            target.parent.mkdir(parents=True, exist_ok=True)
            replace_file(target, content.encode("utf-8", "backslashreplace"))
