"""`attune listen`: live recognition of a microphone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from attune.cli.console import emit, emit_json, note
from attune.cli.listening import check_source, interrupt_ends, until
from attune.cli.live_keyword import detection_to_json
from attune.cli.options import (
    ChannelOption,
    JsonOption,
    ModelOption,
    PhraseOption,
    PhrasesFileOption,
    RawFormatOption,
    SetOption,
    change_options,
    read_assignments,
    read_phrases,
    read_raw_format,
)
from attune.cli.transcripts import TextStyle, Transcript, bundle_to_json, text_lines

if TYPE_CHECKING:
    from attune.audio import RawFormat
    from attune.cli.microphone import Blocks
    from attune.keyword import Detection
    from attune.recognize import Result

__all__ = ["listen"]


def listen(
    model: ModelOption = None,
    device: Annotated[
        str | None,
        typer.Option(
            "--device",
            "-d",
            metavar="DEVICE",
            help="The microphone: its number in --list-devices, or a part of its name.",
            show_default=False,
        ),
    ] = None,
    list_devices: Annotated[
        bool, typer.Option("--list-devices", help="List the microphones and exit.")
    ] = False,
    input: Annotated[
        Path | None,
        typer.Option(
            "--input",
            "-i",
            metavar="AUDIO",
            help="Play this recording in real time in place of a microphone.",
            show_default=False,
        ),
    ] = None,
    keyword: Annotated[
        Path | None,
        typer.Option(
            "--keyword",
            "-k",
            metavar="BUNDLE",
            help="Wait for a keyword of this bundle, and recognise what is said after it.",
            show_default=False,
        ),
    ] = None,
    phrase: PhraseOption = None,
    phrases_file: PhrasesFileOption = None,
    channel: ChannelOption = None,
    raw_format: RawFormatOption = None,
    words: Annotated[
        bool, typer.Option("--words", help="Show each word's times and confidence below the text.")
    ] = False,
    lexical: Annotated[
        bool,
        typer.Option(
            "--lexical", help="Write the words as they were said, without numbers and punctuation."
        ),
    ] = False,
    settings: SetOption = None,
    json: JsonOption = False,
) -> None:
    """Recognise speech from a microphone as it is spoken.

    Finished utterances go to stdout, what is being said to stderr. With --keyword only what begins
    with a keyword is recognised; a second look drops what merely sounds like one. Ctrl-C ends: what
    was heard is finished first, and the exit code is 0.
    """
    if list_devices:
        _list_devices(json)
        return
    check_source(input, device, channel, raw_format)
    chosen = read_phrases(phrase, phrases_file)
    changes = read_assignments(settings)
    raw = read_raw_format(raw_format)
    with interrupt_ends() as ended, _blocks(device, input, channel, raw) as blocks:
        import attune
        from attune.cli.live import PartialLine, recognize_blocks

        if lexical:
            changes["formatting"] = False
        loaded = attune.load(model)
        options = change_options(loaded.options, changes)
        blocks, line = until(ended, blocks), PartialLine()
        heard: list[Result] = []
        detections: list[Detection] = []
        if keyword is None:
            stream = loaded.stream(phrases=chosen, options=options)
            for result in recognize_blocks(stream, blocks, line):
                heard.append(result)
                _emit_text(result, words, json)
            seconds = stream.seconds
        else:
            from attune.cli.live_keyword import hear_commands
            from attune.keyword import KeywordListener, load_keyword

            listener = KeywordListener(
                load_keyword(keyword), loaded, phrases=chosen, options=options
            ).stream()
            for command in hear_commands(listener, blocks, line):
                assert command.result is not None  # There is a recogniser.
                heard.append(command.result)
                detections.append(command.detection)
                _emit_text(command.result, words, json)
            seconds = listener.seconds
        if json:
            name = str(input) if input is not None else "microphone"
            document = Transcript(name, seconds, tuple(heard)).to_json()
            if keyword is not None:
                document["detections"] = [detection_to_json(each) for each in detections]
            emit_json({"model": bundle_to_json(loaded.bundle), **document})
        elif not heard:
            note("no speech was recognised" if keyword is None else "no keyword was heard")


def _emit_text(result: Result, words: bool, json: bool) -> None:
    if not json:
        for text in text_lines(result, TextStyle(words=words)):
            emit(text)


@contextmanager
def _blocks(
    device: str | None, input: Path | None, channel: int | None, raw: RawFormat | None
) -> Iterator[Blocks]:
    from attune.cli.microphone import microphone_blocks, played_blocks

    if input is not None:
        yield played_blocks(input, channel=channel, raw=raw)
    else:
        with microphone_blocks(device) as blocks:
            yield blocks


def _list_devices(json: bool) -> None:
    import dataclasses

    from attune.cli.microphone import input_devices

    devices = input_devices()
    if json:
        emit_json({"devices": [dataclasses.asdict(device) for device in devices]})
        return
    for device in devices:
        mark = "*" if device.default else " "
        emit(
            f"{mark} {device.index:3d}  {device.name} ({device.channels} channels, "
            f"{device.sample_rate:g} Hz)"
        )
    if not devices:
        note("this machine has no microphone that can be used")
