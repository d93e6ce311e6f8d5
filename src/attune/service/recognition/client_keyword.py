"""A client's keyword in a stream: verified beside recognition, first words of the result if so."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from attune.keyword import (
    Accepted,
    Detection,
    KeywordPhrase,
    Rejected,
    Verdict,
    Verifier,
)
from attune.keyword.opening import KeywordOpening
from attune.recognize import Prefix
from attune.service.recognition.request import ClientKeyword

__all__ = ["ClientKeywordOpening"]

Floats = NDArray[np.float32]


class ClientKeywordOpening:
    """Finds which of a client's keywords a stream opens with, if any.

    An `attune.recognize.Opening` of a stream whose audio is also given to `hear`. `verdict` is None
    until one keyword is accepted or all are rejected.
    """

    def __init__(
        self,
        keyword: ClientKeyword,
        phrases: Sequence[KeywordPhrase],
        verifier: Verifier,
        row_seconds: float,
    ) -> None:
        self._audio: list[Floats] = []
        nothing = np.zeros(0, np.float32)
        self._detections = [
            Detection(phrase.text, keyword.start, keyword.end, 0.0, 0.0, nothing)
            for phrase in phrases
        ]
        self._openings = [
            KeywordOpening(detection, phrase, verifier, row_seconds, self._heard)
            for detection, phrase in zip(self._detections, phrases, strict=True)
        ]
        self._prefixes: list[Prefix | None] = [None] * len(phrases)
        self._given: Prefix | None = None

    @property
    def verdict(self) -> Verdict | None:
        """That of the accepted keyword; when all are rejected, of the one that came closest."""
        verdicts = [o.verdict for o in self._openings if o.verdict is not None]
        accepted = [verdict for verdict in verdicts if verdict.accepted]
        if accepted:
            return accepted[0]
        if len(verdicts) < len(self._openings):
            return None
        return max(verdicts, key=lambda verdict: verdict.score)

    @property
    def event(self) -> Accepted | Rejected | None:
        """What to tell of the verdict, once there is one."""
        verdict = self.verdict
        if verdict is None:
            return None
        detection = next(d for d in self._detections if d.keyword == verdict.keyword)
        return (Accepted if verdict.accepted else Rejected)(detection, verdict)

    @property
    def settled(self) -> bool:
        """Whether there is a verdict and the keyword has passed."""
        verdict = self.verdict
        if verdict is None:
            return False
        return all(o.settled for o in self._openings if o.verdict is verdict)

    def hear(self, samples: Floats) -> None:
        """Remember the audio that the rows to come are about, as long as it may be needed."""
        if not self.settled:
            self._audio.append(samples)

    def look(self, rows: Floats) -> Prefix | None:
        """The next rows, [rows, symbols]; the keyword and where it ends, when that is known."""
        return self._chosen([opening.look(rows) for opening in self._openings])

    def close(self) -> Prefix | None:
        """No audio follows: a verdict and a prefix by what was heard."""
        return self._chosen([opening.close() for opening in self._openings])

    def _chosen(self, found: Sequence[Prefix | None]) -> Prefix | None:
        """A prefix to tell: among several keywords, that of the accepted one."""
        self._prefixes = [new or old for new, old in zip(found, self._prefixes, strict=True)]
        if len(self._openings) == 1:
            return found[0]
        for opening, prefix in zip(self._openings, self._prefixes, strict=True):
            accepted = opening.verdict is not None and opening.verdict.accepted
            if accepted and prefix is not None and prefix != self._given:
                self._given = prefix
                return prefix
        return None

    def _heard(self) -> Floats:
        return np.concatenate(self._audio)
