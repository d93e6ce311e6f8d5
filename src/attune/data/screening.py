"""Which utterances of a source can be used: transcript first, then the recording."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from attune.audio import AudioMeasure, measure_audio
from attune.data.found import Found, Source
from attune.data.lines import decodable
from attune.data.manifest import Utterance
from attune.data.parallel import map_in_order
from attune.data.recordings import Purpose, RecordingCheck, describe_format
from attune.data.report import ImportTally, Problem, Reason
from attune.data.transcripts import TranscriptCheck
from attune.errors import InputError
from attune.text import normalize

__all__ = ["keep_usable"]


@dataclass(frozen=True, slots=True)
class Ready:
    """An utterance whose transcript can be used, whose recording is at `path` to be measured.

    `words` is the number of words in the transcript, normalised.
    """

    found: Found
    path: Path
    words: int


def keep_usable(
    source: Source,
    language: str | None,
    purpose: Purpose | None,
    tally: ImportTally,
    progress: Callable[[int], None] | None,
) -> Iterator[Utterance]:
    """Yield what can be used for `purpose`, in the order of `source`; count all in `tally`.

    `language` is that of the transcripts, None where recordings come without any. Each
    recording is read once, several at a time. Files that `source` made for utterances which turn
    out to be of no use are deleted.
    """
    check = RecordingCheck(purpose)
    for number, (item, heard) in enumerate(map_in_order(hear, prepare(source, language)), start=1):
        problems: tuple[Problem, ...]
        if isinstance(item, Problem):
            problems = (item,)
        elif isinstance(heard, Problem):
            problems = (heard,)
            discard(item)
        else:
            problems = check(heard, item.found.where, item.words)
            if all(problem.reason.advisory for problem in problems):
                row = make_row(item, heard)
                tally.keep(row.seconds, row.speaker, describe_format(heard.info))
                yield row
            else:
                discard(item)
        for problem in problems:
            tally.note(problem)
        if progress is not None:
            progress(number)


def prepare(source: Source, language: str | None) -> Iterator[Ready | Problem]:
    """Bring each utterance of `source` to where its recording can be measured, or say why not."""
    check = None if language is None else TranscriptCheck.of(language)
    told: dict[str, str] = {}
    for found in source:
        if isinstance(found, Problem):
            yield found
            continue
        where = found.where
        if found.key in told:
            detail = f"{found.key} came first at {told[found.key]}"
            yield Problem(Reason.REPEATED, where, detail)
            continue
        problem = None if check is None else check(found.text, where)
        if problem is not None:
            yield problem
            continue
        path = found.fetch()
        if isinstance(path, Problem):
            yield path
        elif not (decodable(str(path)) and str(path).isprintable()):
            detail = f"the file's name {str(path)!r} is not plain text"
            yield Problem(Reason.MALFORMED, where, detail)
        else:
            told[found.key] = where
            words = 0 if language is None else len(normalize(found.text, language).split())
            yield Ready(found, path, words)


def hear(item: Ready | Problem) -> AudioMeasure | Problem:
    """Measure the recording of an utterance; what is no utterance comes back as it is."""
    if isinstance(item, Problem):
        return item
    try:
        return measure_audio(item.path)
    except InputError as error:
        return Problem(Reason.UNREADABLE, item.found.where, str(error))


def make_row(item: Ready, audio: AudioMeasure) -> Utterance:
    """The row of a manifest for an utterance that is kept."""
    speaker = item.found.speaker if decodable(item.found.speaker) else ""
    text = " ".join(item.found.text.split())
    return Utterance(item.path, audio.info.seconds, " ".join(speaker.split()), text)


def discard(item: Ready) -> None:
    """Delete the recording of an utterance that is left out, if it was made for it alone."""
    if item.found.made:
        item.path.unlink(missing_ok=True)
