"""What was heard in each recording so far: an attempt goes on from where the one before ended."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from attune.bundle.atomic import growing_file, write_errors
from attune.evaluate import Hypothesis, HypothesisWord

__all__ = ["Heard"]


class Heard:
    """Hypotheses by the path of their recording, in a file that only grows. Threads may share it.

    Errors are not kept: what cannot be read now may be later.
    """

    def __init__(self, known: dict[str, Any], file: BinaryIO, root: Path) -> None:
        self._known, self._file, self._root = known, file, root
        self._lock = threading.Lock()

    @classmethod
    @contextmanager
    def open(cls, path: Path, root: Path) -> Iterator[Heard]:
        """Open or begin the file for recordings below `root`; a last line that was cut off is
        dropped."""
        with write_errors(path):
            whole, file = growing_file(path)
            with file:
                yield cls(dict(json.loads(line) for line in whole.splitlines()), file, root)

    def remembering(self, hear: Callable[[Path], Hypothesis]) -> Callable[[Path], Hypothesis]:
        """`hear`, but what is known is not heard again."""

        def heard(path: Path) -> Hypothesis:
            name = path.relative_to(self._root).as_posix()
            known = self._known.get(name)
            if known is not None:
                return _from_json(known)
            began = time.perf_counter()
            found = replace(hear(path), processing_seconds=time.perf_counter() - began)
            line = json.dumps([name, _to_json(found)]).encode() + b"\n"
            with self._lock:
                self._file.write(line)
                self._file.flush()
            return found

        return heard


def _to_json(found: Hypothesis) -> list[Any]:
    words = [[word.text, word.confidence, word.span] for word in found.words]
    return [found.text, words, found.processing_seconds, found.display]


def _from_json(value: list[Any]) -> Hypothesis:
    text, words, seconds, display = value
    return Hypothesis(
        text,
        tuple(HypothesisWord(word, confidence, tuple(span)) for word, confidence, span in words),
        seconds,
        display,
    )
