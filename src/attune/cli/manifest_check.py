"""What stands in the way of using a manifest: rows, files, transcripts, and the audio if asked."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from attune.audio import AudioMeasure, measure_audio
from attune.cli.progress import ProgressBar, clock
from attune.data import Manifest, ManifestCheck, Problem, Purpose, Reason, Utterance
from attune.data.parallel import map_in_order
from attune.data.recordings import RecordingCheck, check_length, read_purpose
from attune.data.transcripts import TranscriptCheck
from attune.errors import InputError
from attune.text import normalize

__all__ = ["ManifestReport", "check_manifest"]

EXAMPLES = 5
DURATION_TOLERANCE = 0.1
"""Seconds by which a stated duration may differ from the recording's."""


@dataclass(frozen=True)
class ManifestReport:
    """The findings about one manifest.

    `problems` must be mended; `warnings`, `empty` rows without a transcript and `wrong_durations`
    (row and the recording's seconds) need not be, and neither need files that are listed twice.
    """

    found: ManifestCheck
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
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
            "problems": [_to_json(problem) for problem in self.problems],
            "warnings": [_to_json(warning) for warning in self.warnings],
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
        lines += _grouped(self.problems)
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
        if self.warnings:
            lines.append(f"{len(self.warnings):,} warnings, which need not be mended")
            lines += [f"  {line}" for line in _grouped(self.warnings)]
        if len(lines) == 1:
            lines.append("no problems")
        return "\n".join(lines) + "\n"


def check_manifest(
    path: Path, *, language: str, audio: bool, purpose: str | None = None
) -> ManifestReport:
    """Look through a manifest; `audio` reads every recording as well.

    With a `purpose`, "training" or "testing", recordings must have a length that is fit for it, as
    stated or as measured. Raises InputError for what is no manifest, or has a malformed row.
    """
    manifest = Manifest(path)
    checked_for = None if purpose is None else read_purpose(purpose)
    found = manifest.check()
    problems = [
        Problem(Reason.NO_FILE, f"{path}:{row.line}", f"there is no file {row.path}")
        for row in found.missing
    ]
    warnings: list[Problem] = []
    check = TranscriptCheck.of(language)
    check_recording = RecordingCheck(checked_for)
    empty = 0
    durations: list[tuple[Utterance, float]] = []
    # Neither what is gone nor what was heard before.
    silent = {row.line for row in (*found.missing, *(row for row, _ in found.duplicates))}
    hear = partial(_hear, path, silent if audio else None)
    with ProgressBar("checking", found.seconds, shown=audio) as bar:
        done = 0.0
        for row, heard in map_in_order(hear, manifest, None if audio else 1):
            where = f"{path}:{row.line}"
            if not row.text:
                empty += 1
            elif problem := check(row.text, where):
                problems.append(problem)
            if isinstance(heard, Problem):
                problems.append(heard)
            elif heard is not None:
                words = len(normalize(row.text, language).split())
                for problem in check_recording(heard, where, words):
                    (warnings if _is_warning(problem) else problems).append(problem)
                if abs(heard.info.seconds - row.seconds) > DURATION_TOLERANCE:
                    durations.append((row, heard.info.seconds))
            elif problem := _check_stated(row, checked_for, where):
                problems.append(problem)
            done += row.seconds
            bar.update(done, clock(done))
    return ManifestReport(found, tuple(problems), tuple(warnings), empty, tuple(durations))


def _hear(manifest: Path, silent: set[int] | None, row: Utterance) -> AudioMeasure | Problem | None:
    """Measure a row's recording; None for the lines in `silent`, and for all without it."""
    if silent is None or row.line in silent:
        return None
    try:
        return measure_audio(row.path)
    except InputError as error:
        return Problem(Reason.UNREADABLE, f"{manifest}:{row.line}", str(error))


def _check_stated(row: Utterance, purpose: Purpose | None, where: str) -> Problem | None:
    """A Problem when the length that a row states is not fit for `purpose`."""
    return None if purpose is None else check_length(row.seconds, purpose, where)


def _is_warning(problem: Problem) -> bool:
    """Whether a manifest can stay as it is: repeats weigh double, which may be meant."""
    return problem.reason.advisory or problem.reason is Reason.SAME_AUDIO


def _to_json(problem: Problem) -> dict[str, str]:
    return {
        "reason": problem.reason.value,
        "where": problem.where,
        "detail": problem.detail,
        "advice": problem.reason.advice,
    }


def _grouped(problems: tuple[Problem, ...]) -> list[str]:
    """A line for each reason, and a few of its problems."""
    groups: dict[Reason, list[Problem]] = {}
    for problem in problems:
        groups.setdefault(problem.reason, []).append(problem)
    lines: list[str] = []
    for reason, found in groups.items():
        lines.append(f"{len(found):,} {reason.value}: {reason.advice}")
        lines += _some([f"{problem.where}: {problem.detail}" for problem in found])
    return lines


def _some(lines: list[str]) -> list[str]:
    shown = [f"  {line}" for line in lines[:EXAMPLES]]
    more = len(lines) - len(shown)
    return [*shown, f"  and {more:,} more"] if more > 0 else shown
