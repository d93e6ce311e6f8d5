"""What was heard so far with one model: a file that grows by a line a recording."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from attune.bundle.atomic import growing_file, write_errors
from attune.errors import InputError
from attune.evaluate.keyword.counting import Firings, HeardRecording

__all__ = ["HearingJournal", "open_journal"]

_SIGNATURE = "attune keyword hearing 1"


class HearingJournal:
    """What was heard so far with one model, a line of JSON a recording, in a file that grows."""

    def __init__(self, heard: dict[str, HeardRecording], file: BinaryIO) -> None:
        self._heard = heard
        self._file = file

    def __enter__(self) -> HearingJournal:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def get(self, path: Path) -> HeardRecording | None:
        """What was heard in a recording, None when it is new or has changed since."""
        return self._heard.get(_recording_key(path))

    def add(self, path: Path, heard: HeardRecording) -> None:
        """Keep what was heard in a recording."""
        key = _recording_key(path)
        entry = {
            "recording": key,
            "seconds": heard.seconds,
            "firings": [one.scores.tolist() for one in heard.firings],
            "floors": [None if math.isinf(one.floor) else one.floor for one in heard.firings],
        }
        self._file.write((json.dumps(entry) + "\n").encode("utf-8"))
        self._file.flush()
        self._heard[key] = heard


def open_journal(folder: Path, model: str, phrases: Sequence[str]) -> HearingJournal:
    """Open the journal of the model with this hash in `folder`, which is made when it is missing.

    A last line that was cut off is dropped. InputError when it cannot be read or written.
    """
    name = hashlib.sha256(json.dumps([_SIGNATURE, model, *phrases]).encode("utf-8")).hexdigest()
    path = folder / f"{name[:24]}.jsonl"
    with write_errors(path):
        folder.mkdir(parents=True, exist_ok=True)
        whole, file = growing_file(path)
    heard: dict[str, HeardRecording] = {}
    for number, line in enumerate(whole.splitlines(), 1):
        try:
            entry = json.loads(line)
            heard[entry["recording"]] = _from_json(entry, len(phrases))
        except (ValueError, KeyError, TypeError) as error:
            file.close()
            raise InputError(f"{path}:{number} is damaged: remove {path}") from error
    return HearingJournal(heard, file)


def _recording_key(path: Path) -> str:
    """A recording's name and what changes with its content, nearly always."""
    found = path.stat()
    return f"{path.absolute()}|{found.st_size}|{found.st_mtime_ns}"


def _from_json(entry: dict[str, Any], phrases: int) -> HeardRecording:
    firings = tuple(
        Firings(np.array(scores, np.float64), -math.inf if floor is None else float(floor))
        for scores, floor in zip(entry["firings"], entry["floors"], strict=True)
    )
    if len(firings) != phrases:
        raise ValueError("not of these phrases")
    return HeardRecording(float(entry["seconds"]), firings)
