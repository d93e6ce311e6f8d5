"""What stands in the way of using a manifest: rows, files, transcripts, and the audio if asked."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from attune.audio import stream_audio
from attune.cli.progress import ProgressBar, clock
from attune.data import Manifest, ManifestCheck, Problem, Reason, Utterance
from attune.data.transcripts import TranscriptCheck
from attune.errors import InputError
from attune.text import normalize

__all__ = ["ManifestReport", "check_manifest"]

EXAMPLES = 5
SAMPLE_RATE = 16_000
DURATION_TOLERANCE = 0.1
"""Seconds by which a stated duration may differ from the recording's."""


@dataclass(frozen=True)
class ManifestReport:
    """The findings about one manifest.

    `problems` must be mended; `empty` rows without a transcript and `wrong_durations` (row and the
    recording's seconds) need not be, and neither need files that are listed twice.
    """

    found: ManifestCheck
    problems: tuple[Problem, ...]
    empty: int
    wrong_durations: tuple[tuple[Utterance, float], ...]

    @property
    def ok(self) -> bool:
        """Whether training and measuring can use all of it."""
        return not self.problems

    @property
    def summary(self) -> str:
        """What is wrong, in a line."""
        counts = Counter(problem.reason for problem in self.problems)
        return ", ".join(f"{count:,} x {reason.value}" for reason, count in counts.most_common())

    def to_json(self) -> dict[str, Any]:
        """The findings as a JSON-ready dictionary."""
        return {
            "manifest": str(self.found.path),
            "ok": self.ok,
            "utterances": self.found.utterances,
            "seconds": round(self.found.seconds, 3),
            "speakers": self.found.speakers,
            "problems": [
                {
                    "reason": problem.reason.value,
                    "where": problem.where,
                    "detail": problem.detail,
                    "advice": problem.reason.advice,
                }
                for problem in self.problems
            ],
            "empty_transcripts": self.empty,
            "duplicates": [
                {"line": row.line, "path": str(row.path), "first_line": first}
                for row, first in self.found.duplicates
            ],
            "wrong_durations": [
                {
                    "line": row.line,
                    "path": str(row.path),
                    "stated": row.seconds,
                    "seconds": round(seconds, 3),
                }
                for row, seconds in self.wrong_durations
            ],
        }

    def to_text(self) -> str:
        """The findings for people."""
        found = self.found
        lines = [
            f"{found.path}: {found.utterances:,} utterances, {found.seconds / 3600:.2f} h, "
            f"{found.speakers:,} speakers"
        ]
        groups: dict[Reason, list[Problem]] = {}
        for problem in self.problems:
            groups.setdefault(problem.reason, []).append(problem)
        for reason, problems in groups.items():
            lines.append(f"{len(problems):,} {reason.value}: {reason.advice}")
            lines += _some([f"{problem.where}: {problem.detail}" for problem in problems])
        if self.empty:
            lines.append(f"{self.empty:,} without a transcript: of no use to training and scoring")
        if found.duplicates:
            lines.append(f"{len(found.duplicates):,} listed twice: they weigh double in training")
            lines += _some(
                [
                    f"{found.path}:{row.line}: {row.path} was on line {first}"
                    for row, first in found.duplicates
                ]
            )
        if self.wrong_durations:
            lines.append(f"{len(self.wrong_durations):,} with another duration than stated")
            lines += _some(
                [
                    f"{found.path}:{row.line}: {row.seconds:.2f} s stated, {seconds:.2f} s found"
                    for row, seconds in self.wrong_durations
                ]
            )
        if len(lines) == 1:
            lines.append("no problems")
        return "\n".join(lines) + "\n"


def check_manifest(path: Path, *, language: str, audio: bool) -> ManifestReport:
    """Look through a manifest; `audio` reads every recording as well.

    Raises InputError for what is no manifest, or has a malformed row.
    """
    manifest = Manifest(path)
    found = manifest.check()
    gone = {row.line for row in found.missing}
    problems = [
        Problem(Reason.NO_FILE, f"{path}:{row.line}", f"there is no file {row.path}")
        for row in found.missing
    ]
    check = TranscriptCheck(partial(normalize, language=language))
    empty = 0
    durations: list[tuple[Utterance, float]] = []
    with ProgressBar("checking", found.seconds, shown=audio) as bar:
        done = 0.0
        for row in manifest:
            if not row.text:
                empty += 1
            elif problem := check(row.text, f"{path}:{row.line}"):
                problems.append(problem)
            if audio and row.line not in gone:
                try:
                    seconds = _measure(row.path)
                except InputError as error:
                    where = f"{path}:{row.line}"
                    problems.append(Problem(Reason.UNREADABLE, where, str(error)))
                else:
                    if abs(seconds - row.seconds) > DURATION_TOLERANCE:
                        durations.append((row, seconds))
            done += row.seconds
            bar.update(done, clock(done))
    return ManifestReport(found, tuple(problems), empty, tuple(durations))


def _measure(path: Path) -> float:
    """Seconds of a recording, all of it read."""
    return sum(len(block) for block in stream_audio(path)) / SAMPLE_RATE


def _some(lines: list[str]) -> list[str]:
    shown = [f"  {line}" for line in lines[:EXAMPLES]]
    more = len(lines) - len(shown)
    return [*shown, f"  and {more:,} more"] if more > 0 else shown
