"""`attune transcribe`: recordings to text, JSON or subtitles."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from attune.cli.console import emit_json, note
from attune.cli.exits import BAD_INPUT
from attune.cli.options import (
    ChannelOption,
    JsonOption,
    ModelOption,
    PhraseOption,
    PhrasesFileOption,
    RawFormatOption,
    SetOption,
    change_options,
    check_phrases,
    read_assignments,
    read_phrases,
    read_raw_format,
)
from attune.cli.recordings import find_recordings
from attune.cli.transcripts import Format, TextStyle
from attune.errors import InputError

__all__ = ["transcribe"]


def transcribe(
    audio: Annotated[
        list[str],
        typer.Argument(
            metavar="AUDIO...",
            help="Recordings (WAV, FLAC, Ogg, Opus, MP3), folders of them, quoted patterns such "
            "as 'calls/**/*.wav', or - for standard input.",
            show_default=False,
        ),
    ],
    model: ModelOption = None,
    format: Annotated[Format, typer.Option("--format", "-f", help="What to write.")] = Format.TEXT,
    json: JsonOption = False,
    phrase: PhraseOption = None,
    phrases_file: PhrasesFileOption = None,
    stream: Annotated[
        bool,
        typer.Option(
            "--stream",
            help="Recognise as a live stream does, and show partial results on stderr.",
        ),
    ] = False,
    channel: ChannelOption = None,
    raw_format: RawFormatOption = None,
    alternatives: Annotated[
        int | None,
        typer.Option(
            "--alternatives",
            min=1,
            max=100,
            metavar="N",
            help="Give this many readings of each utterance, the best first.",
            show_default=False,
        ),
    ] = None,
    words: Annotated[
        bool, typer.Option("--words", help="Show each word's times and confidence below the text.")
    ] = False,
    lexical: Annotated[
        bool,
        typer.Option(
            "--lexical", help="Write the words as they were said, without numbers and punctuation."
        ),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="DIR",
            help="Write a file for each recording into this folder instead of stdout.",
            show_default=False,
        ),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="With --out: go on with a job, leaving out what is finished and up to date.",
        ),
    ] = False,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", min=1, metavar="N", help="Recordings at a time.")
    ] = 1,
    settings: SetOption = None,
) -> None:
    """Transcribe recordings: text, JSON, or SRT and VTT subtitles.

    A recording that cannot be read does not stop the others: it is reported at the end, and the
    exit code is 2.
    """
    if json and out is None and format not in (Format.TEXT, Format.JSON):
        raise InputError(f"--json and --format {format.value} exclude each other: give one")
    if resume and out is None:
        raise InputError("--resume needs --out DIR: without it nothing is kept to resume")
    if stream and jobs > 1:
        raise InputError("--stream shows one recording at a time: leave --jobs out")
    raw = read_raw_format(raw_format)
    chosen = read_phrases(phrase, phrases_file)
    changes = read_assignments(settings)
    found = find_recordings(audio, raw=raw is not None)
    # With --out, --json is about the report on stdout, and --format about the files.
    on_stdout = Format.JSON if json else format
    if out is None and on_stdout in (Format.SRT, Format.VTT) and len(found.recordings) > 1:
        raise InputError("subtitles of several recordings need --out DIR: one file for each")

    import attune
    from attune.cli import transcript_output as output
    from attune.cli.transcription import Request

    if lexical:
        changes["formatting"] = False
    if alternatives is not None:
        changes["alternatives"] = alternatives
    loaded = attune.load(model)
    request = Request(loaded, change_options(loaded.options, changes), chosen, channel, raw, stream)
    check_phrases(loaded, chosen, request.options)
    style = TextStyle(words=words, alternatives=alternatives or 1)
    if out is not None:
        report = output.write_folder(
            request,
            found,
            jobs,
            out,
            format,
            style,
            resume=resume,
            settings={
                "model": loaded.bundle.hash,
                "format": format.value,
                "options": dataclasses.asdict(request.options),
                "phrases": [str(item) for item in chosen],
                "channel": channel,
                "raw_format": raw_format,
                "stream": stream,
                "words": words,
            },
        )
        failures = report.failures
        note(str(report))
        if json:
            emit_json(report.to_json(request))
    elif on_stdout is Format.JSON:
        failures = output.write_document(request, found, jobs)
    elif on_stdout is Format.TEXT:
        failures = output.write_text(request, found, jobs, style)
    else:
        failures = output.write_subtitles(request, found, on_stdout)
    for failure in failures:
        note(f"error: {failure.message}")
    if failures:
        several = len(found.recordings) + len(found.failures)
        if several > 1:
            note(f"{len(failures)} of {several} could not be transcribed")
        raise typer.Exit(BAD_INPUT)
