"""Where transcripts go: lines and documents on stdout, or a file each in a folder."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attune.cli.console import emit, emit_json, is_terminal, wants_colour
from attune.cli.exits import Stopped
from attune.cli.folder_job import FolderJob
from attune.cli.progress import ProgressBar
from attune.cli.recordings import Failure, Found, Recording, output_names
from attune.cli.transcription import LONG_SECONDS, Request, Workload, length, transcribe_all
from attune.cli.transcripts import Format, TextStyle, Transcript, bundle_to_json, text_lines
from attune.recognize.cues import build_cues, format_srt, format_vtt

if TYPE_CHECKING:
    from attune.recognize import Result

__all__ = [
    "FolderReport",
    "render",
    "write_document",
    "write_folder",
    "write_subtitles",
    "write_text",
]


SUFFIXES = {Format.TEXT: ".txt", Format.JSON: ".json", Format.SRT: ".srt", Format.VTT: ".vtt"}


def render(transcript: Transcript, format: Format, style: TextStyle) -> str:
    """The content of one recording's output file."""
    match format:
        case Format.TEXT:
            return transcript.to_text(style)
        case Format.JSON:
            return json.dumps(transcript.to_json(), indent=2, ensure_ascii=False) + "\n"
        case Format.SRT:
            return format_srt(build_cues(transcript.utterances))
        case Format.VTT:
            return format_vtt(build_cues(transcript.utterances))


def write_text(request: Request, found: Found, jobs: int, style: TextStyle) -> list[Failure]:
    """Write each utterance to stdout when it is finished; with several `jobs`, each recording.

    Lines begin with the recording's name where several were asked for. Returns all failures.
    """
    several = len(found.recordings) + len(found.failures) > 1
    colour = wants_colour(sys.stdout)

    def show(recording: Recording, result: Result) -> None:
        prefix = f"{recording.name}: " if several else ""
        with work.bar.aside():
            for line in text_lines(result, replace(style, prefix=prefix, colour=colour)):
                emit(line)

    failures = list(found.failures)
    each = show if jobs <= 1 else None
    with open_workload(request, found.recordings) as work:
        for recording, outcome in transcribe_all(request, found.recordings, jobs, work, each):
            if isinstance(outcome, Failure):
                failures.append(outcome)
                continue
            if each is None:
                for result in outcome.utterances:
                    show(recording, result)
            if not any(result.text for result in outcome.utterances):
                work.bar.say(f"{recording.name}: no speech was recognised")
    return failures


def write_document(request: Request, found: Found, jobs: int) -> list[Failure]:
    """Write one JSON document of all recordings to stdout; returns all failures."""
    transcripts: list[Transcript] = []
    failures = list(found.failures)
    with open_workload(request, found.recordings) as work:
        for _, outcome in transcribe_all(request, found.recordings, jobs, work):
            if isinstance(outcome, Failure):
                failures.append(outcome)
            else:
                transcripts.append(outcome)
    emit_json(
        {
            "model": bundle_to_json(request.model.bundle),
            "recordings": [transcript.to_json() for transcript in transcripts],
            "errors": [_failure_to_json(failure) for failure in failures],
        }
    )
    return failures


def write_subtitles(request: Request, found: Found, format: Format) -> list[Failure]:
    """Write the subtitles of a single recording to stdout; returns all failures."""
    failures = list(found.failures)
    with open_workload(request, found.recordings) as work:
        for _, outcome in transcribe_all(request, found.recordings, 1, work):
            if isinstance(outcome, Failure):
                failures.append(outcome)
            else:
                sys.stdout.write(render(outcome, format, TextStyle()))
    return failures


@dataclass
class FolderReport:
    """What became of the recordings of a folder job: outputs written, outputs kept, failures."""

    folder: Path
    written: list[tuple[Recording, Path]] = field(default_factory=list)
    kept: list[tuple[Recording, Path]] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    def to_json(self, request: Request) -> dict[str, Any]:
        """The report as a JSON-ready dictionary."""

        def listed(outputs: Sequence[tuple[Recording, Path]]) -> list[dict[str, str]]:
            return [
                {"path": recording.name, "output": str(self.folder / name)}
                for recording, name in outputs
            ]

        return {
            "model": bundle_to_json(request.model.bundle),
            "written": listed(self.written),
            "kept": listed(self.kept),
            "errors": [_failure_to_json(failure) for failure in self.failures],
        }

    def __str__(self) -> str:
        kept = f", {len(self.kept)} were finished before" if self.kept else ""
        return f"{len(self.written)} written to {self.folder}{kept}"


def write_folder(
    request: Request,
    found: Found,
    jobs: int,
    folder: Path,
    format: Format,
    style: TextStyle,
    *,
    resume: bool,
    settings: Mapping[str, Any],
) -> FolderReport:
    """Write a file for each recording; with `resume`, only those that are not finished.

    `settings` are what the outputs depend on. Raises InputError when the folder cannot be used, and
    Stopped, with how to go on, on Ctrl-C.
    """
    report = FolderReport(folder, failures=list(found.failures))
    names = dict(
        zip(found.recordings, output_names(found.recordings, SUFFIXES[format]), strict=True)
    )
    job = FolderJob(folder, settings, resume=resume)
    todo: list[Recording] = []
    for recording in found.recordings:
        if resume and job.is_finished(names[recording], recording.path):
            report.kept.append((recording, names[recording]))
        else:
            todo.append(recording)
    with open_workload(request, todo) as work:
        try:
            for recording, outcome in transcribe_all(request, todo, jobs, work):
                if isinstance(outcome, Failure):
                    report.failures.append(outcome)
                    continue
                job.write(names[recording], render(outcome, format, style))
                report.written.append((recording, names[recording]))
        except KeyboardInterrupt:
            raise Stopped(f"{report}; the same command with --resume goes on from there") from None
    return report


def open_workload(request: Request, recordings: Sequence[Recording]) -> Workload:
    """The progress bar's view of the work; it is shown where the work takes long enough."""
    shown = not request.live and is_terminal(sys.stderr) and bool(recordings)
    if shown and len(recordings) == 1:
        seconds = length(request, recordings[0])
        shown = seconds is None or seconds >= LONG_SECONDS
    total = (
        None
        if any(recording.path is None for recording in recordings)
        else sum(Workload.size(recording) for recording in recordings)
    )
    return Workload(ProgressBar("transcribing", total, shown=shown))


def _failure_to_json(failure: Failure) -> dict[str, str]:
    return {"path": failure.name, "error": failure.message}
