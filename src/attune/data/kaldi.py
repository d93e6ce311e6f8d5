"""Kaldi data folders: `wav.scp`, `text`, and where there are any, `segments` and `utt2spk`.

Each is a table of `key value` lines (https://kaldi-asr.org/doc/data_prep.html). `wav.scp` may hold
shell commands that end in a pipe: those are refused, because importing data must not run programs.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote

from attune.data.found import Found, Source, recording
from attune.data.lines import read_lines
from attune.data.manifest import is_file
from attune.data.report import Problem, Reason
from attune.data.segments import RecordingCutter

__all__ = ["find_kaldi", "read_kaldi"]


@dataclass(frozen=True, slots=True)
class Segment:
    """The part of `recording` from `start` to `end` seconds; an infinite end is the recording's."""

    recording: str
    start: float
    end: float


def find_kaldi(source: Path) -> Path | None:
    """`source` itself when it is a folder with `wav.scp` and `text`."""
    complete = (source / "wav.scp").is_file() and (source / "text").is_file()
    return source if complete else None


def read_kaldi(folder: Path, workspace: Path) -> Source:
    """Yield the utterances of a data folder; segments are cut into WAV files in `workspace`.

    `wav.scp`, `segments` and `utt2spk` are held in memory, `text` too when there are segments (a
    recording is read once, so its segments have to be brought together).
    """
    recordings: dict[str, Path] = {}
    for where, key, value in read_table(folder / "wav.scp"):
        problem = refuse_command(value, where) or refuse_repeat(key, recordings, where)
        if problem:
            yield problem
        else:
            recordings[key] = locate(value, folder)
    speakers = {}
    if (folder / "utt2spk").is_file():
        speakers = {key: value for _, key, value in read_table(folder / "utt2spk")}
    segments: dict[str, Segment] | None = None
    if (folder / "segments").is_file():
        segments = {}
        for where, key, value in read_table(folder / "segments"):
            segment = parse_segment(value, where)
            if isinstance(segment, Problem):
                yield segment
            elif problem := refuse_repeat(key, segments, where):
                yield problem
            else:
                segments[key] = segment
    texts = read_table(folder / "text")
    told: set[str] = set()
    if segments is None:
        yield from whole_recordings(texts, recordings, speakers, told)
    else:
        yield from cut_recordings(texts, recordings, segments, speakers, told, workspace)
    place = folder / ("wav.scp" if segments is None else "segments")
    for key in recordings if segments is None else segments:
        if key not in told:
            yield Problem(Reason.NO_TRANSCRIPT, str(place), f"text has no line for {key}")


def whole_recordings(
    texts: Iterator[tuple[str, str, str]],
    recordings: dict[str, Path],
    speakers: dict[str, str],
    told: set[str],
) -> Source:
    """Utterances that are whole recordings; adds their keys to `told`."""
    for where, key, text in texts:
        told.add(key)
        if key in recordings:
            path = recordings[key]
            yield Found(where, key, text, speakers.get(key, ""), recording(path, where))
        else:
            yield Problem(Reason.NO_FILE, where, f"wav.scp names no file for {key}")


def cut_recordings(
    texts: Iterator[tuple[str, str, str]],
    recordings: dict[str, Path],
    segments: dict[str, Segment],
    speakers: dict[str, str],
    told: set[str],
    workspace: Path,
) -> Source:
    """Utterances that are parts of recordings, by recording and time; adds their keys to `told`."""
    parts: list[tuple[str, float, float, str, str, str]] = []
    for where, key, text in texts:
        told.add(key)
        segment = segments.get(key)
        if segment is None:
            yield Problem(Reason.NO_FILE, where, f"segments has no line for {key}")
        elif segment.recording not in recordings:
            yield Problem(Reason.NO_FILE, where, f"wav.scp names no file for {segment.recording}")
        else:
            parts.append((segment.recording, segment.start, segment.end, key, where, text))
    parts.sort()
    cutters: dict[str, RecordingCutter] = {}
    for name, start, end, key, where, text in parts:
        if name not in cutters:
            cutters = {name: RecordingCutter(recordings[name])}
        cutter = cutters[name]
        fetch = cut_later(cutter, start, end, where, workspace / f"{safe_name(key)}.wav")
        yield Found(where, key, text, speakers.get(key, ""), fetch, made=True)


def cut_later(
    cutter: RecordingCutter, start: float, end: float, where: str, target: Path
) -> Callable[[], Path | Problem]:
    """`fetch` of one segment."""
    if not is_file(cutter.path):
        return recording(cutter.path, where)
    return partial(cutter.cut, start, end, where, target)


def read_table(path: Path) -> Iterator[tuple[str, str, str]]:
    """Yield (`file:line`, key, the rest of the line) of a Kaldi table, blank lines left out."""
    for number, line in read_lines(path):
        key, _, value = line.strip().replace("\t", " ", 1).partition(" ")
        if key:
            yield f"{path}:{number}", key, value.strip()


def refuse_command(value: str, where: str) -> Problem | None:
    """A Problem when a `wav.scp` entry is anything but the path of a file."""
    if value.endswith("|") or value.startswith("|"):
        detail = f"{value!r} is a command; importing runs no programs"
    elif value == "-":
        detail = "'-' is standard input"
    elif not value:
        detail = "the path is missing"
    elif re.search(r"\.ark:\d+$", value):
        detail = f"{value!r} is a place in a Kaldi archive"
    else:
        return None
    return Problem(Reason.COMMAND, where, detail)


def refuse_repeat(
    key: str, known: dict[str, Path] | dict[str, Segment], where: str
) -> Problem | None:
    """A Problem when `key` was defined before."""
    return Problem(Reason.REPEATED, where, f"{key} is defined twice") if key in known else None


def parse_segment(value: str, where: str) -> Segment | Problem:
    """Read `recording start end`; an end of -1 is the recording's end."""
    fields = value.split()
    try:
        name, start, end = fields[0], float(fields[1]), float(fields[2])
    except (IndexError, ValueError):
        return Problem(Reason.MALFORMED, where, "expected: utterance recording start end")
    if end == -1.0:
        end = math.inf
    if not (0.0 <= start < end):
        return Problem(Reason.SEGMENT, where, f"no time lies between {fields[1]} and {fields[2]}")
    return Segment(name, start, end)


def locate(name: str, folder: Path) -> Path:
    """The file `name` of a `wav.scp`: Kaldi writes paths from the folder where a recipe ran, which
    is most often two above the data folder (`s5/data/train`)."""
    ancestors = list(folder.absolute().parents)[:3]
    places = [folder / name, *(parent / name for parent in ancestors)]
    return next((place for place in places if is_file(place)), places[0])


def safe_name(key: str) -> str:
    """`key` as a file name that stays in its folder, different for different keys."""
    name = quote(key, safe="", errors="surrogateescape").replace(".", "%2E")
    return name if len(name) <= 120 else hashlib.sha256(name.encode()).hexdigest()
