"""Utterances of a whole recording for the content log, cut out of it as they are recognised."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from attune.acoustic import SAMPLE_RATE
from attune.audio import RawFormat, stream_audio
from attune.recognize import Result
from attune.service.recognition.content_log import ContentLog, Spoken
from attune.service.recognition.routing import Target

__all__ = ["RecordingLog"]

_LOG = logging.getLogger(__name__)
_LEAD_SECONDS = 1.0  # that an utterance may be cut wider than its result says


class RecordingLog:
    """Reads a recording a second time, beside its recognition; one thread at a time.

    What goes wrong with it is written to the program's log and hurts nobody.
    """

    def __init__(
        self,
        log: ContentLog,
        target: Target,
        source: Path | bytes,
        raw: RawFormat | None,
        channel: int | None,
    ) -> None:
        self._log, self._target = log, target
        self._blocks: Iterator[NDArray[np.float32]] = stream_audio(source, raw=raw, channel=channel)
        self._spoken = Spoken()
        self._heard = 0

    def add(self, result: Result) -> None:
        """Keep the next utterance."""
        if not result.words:
            return
        try:
            while self._heard < (result.end + _LEAD_SECONDS) * SAMPLE_RATE:
                block = next(self._blocks, None)
                if block is None:
                    break
                self._heard += len(block)
                self._spoken.hear(block)
            self._log.add(self._target, result, self._spoken.taken(result))
        except Exception:
            self._log.lost += 1
            _LOG.exception("an utterance of a recording was not logged")
