"""What listening for a keyword tells."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from attune.acoustic import SAMPLE_RATE
from attune.keyword.detection import Detection
from attune.keyword.verification import Verdict

if TYPE_CHECKING:
    from attune.recognize import Result, Word

__all__ = [
    "Accepted",
    "Canceled",
    "CanceledReason",
    "KeywordEvent",
    "Recognized",
    "Recognizing",
    "Rejected",
]

CanceledReason = Literal["end of audio", "stopped", "error"]


@dataclass(frozen=True, slots=True)
class Recognizing:
    """A keyword was spotted, or more of what follows it was heard; the verdict may be pending.

    `text` begins with the keyword; `words` are those so far (none at the hit itself), of which the
    first `stable` will not change any more.
    """

    detection: Detection
    text: str
    words: tuple[Word, ...] = ()
    stable: int = 0


@dataclass(frozen=True, slots=True)
class Accepted:
    """A second look confirmed the keyword; what follows it is being recognised."""

    detection: Detection
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Rejected:
    """A second look found that it was not the keyword; recognition has ended."""

    detection: Detection
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Recognized:
    """A keyword, and with a recogniser the utterance that it began.

    `text` is display text. `verdict` is None without a second stage, `result` without a recogniser;
    its times are those of the stream. `reason` says what ended the utterance ("keyword": there is
    no recogniser). `audio`, float32 [samples] at 16 kHz, goes from before the keyword (pre-roll) to
    the end, and begins at `start` seconds of the stream.
    """

    detection: Detection
    text: str
    verdict: Verdict | None
    result: Result | None
    reason: str
    start: float
    audio: NDArray[np.float32] = field(repr=False, compare=False)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write `audio` as a WAV file; InputError for a path that cannot be written."""
        from attune.audio import write_wav

        write_wav(path, self.audio, SAMPLE_RATE)


@dataclass(frozen=True, slots=True)
class Canceled:
    """Listening has ended: the audio did, somebody stopped it, or an error, in `detail`."""

    reason: CanceledReason
    detail: str = ""


KeywordEvent = Recognizing | Accepted | Rejected | Recognized | Canceled
"""What a `KeywordListener` and a `KeywordRecognizer` tell."""
