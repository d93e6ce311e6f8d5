"""`attune keyword listen`: keywords as they are said: microphone, recording or pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from attune.cli.console import emit, emit_json, note
from attune.cli.keyword_phrases import SensitivityOption
from attune.cli.listening import check_source, interrupt_ends, until
from attune.cli.live_keyword import detection_to_json
from attune.cli.options import ChannelOption, JsonOption, RawFormatOption, read_raw_format

if TYPE_CHECKING:
    from attune.audio import RawFormat
    from attune.cli.microphone import Blocks
    from attune.keyword import Detection, KeywordModel, Spotter

__all__ = ["listen"]

_BLOCK_SECONDS = 0.08
_STANDARD_INPUT = "-"


def listen(
    bundle: Annotated[
        Path, typer.Argument(metavar="BUNDLE", help="The keyword bundle.", show_default=False)
    ],
    input: Annotated[
        str | None,
        typer.Option(
            "--input",
            "-i",
            metavar="AUDIO",
            help="Listen to this recording in place of a microphone, as fast as it can be read; "
            "- is standard input, which is heard as it comes.",
            show_default=False,
        ),
    ] = None,
    device: Annotated[
        str | None,
        typer.Option(
            "--device",
            "-d",
            metavar="DEVICE",
            help="The microphone: its number in attune listen --list-devices, or a part of its "
            "name.",
            show_default=False,
        ),
    ] = None,
    sensitivity: SensitivityOption = None,
    once: Annotated[
        bool, typer.Option("--once", help="End with the first keyword, exit code 0.")
    ] = False,
    save: Annotated[
        Path | None,
        typer.Option(
            "--save",
            metavar="FOLDER",
            help="Write the audio of each keyword, and of a second before it, as a WAV file.",
            show_default=False,
        ),
    ] = None,
    channel: ChannelOption = None,
    raw_format: RawFormatOption = None,
    json: JsonOption = False,
) -> None:
    """Tell when a keyword is said.

    Each goes to stdout in a line: seconds since the start, the keyword, its score. Ctrl-C ends,
    with exit code 0.
    """
    check_source(input, device, channel, raw_format)
    raw = read_raw_format(raw_format)
    from attune.keyword import load_keyword

    model = load_keyword(bundle)
    spotter = model.spotter(sensitivity=sensitivity)
    heard: list[Detection] = []
    with interrupt_ends() as ended, _blocks(device, input, channel, raw) as blocks:
        for detection in _detections(spotter, until(ended, blocks)):
            heard.append(detection)
            if not json:
                emit(f"{detection.start:8.2f}  {detection.keyword}  {detection.score:.2f}")
            if save is not None:
                _save(detection, save, len(heard))
            if once:
                break
    if json:
        emit_json(_to_json(model, spotter, heard))
    elif not heard:
        note(f"no keyword was heard in {spotter.seconds:.1f} s")


def _detections(spotter: Spotter, blocks: Blocks) -> Iterator[Detection]:
    for block in blocks:
        yield from spotter.accept(block)
    yield from spotter.finish()


@contextmanager
def _blocks(
    device: str | None, input: str | None, channel: int | None, raw: RawFormat | None
) -> Iterator[Blocks]:
    if input is None:
        from attune.cli.microphone import microphone_blocks

        with microphone_blocks(device) as blocks:
            yield blocks
        return
    from attune.audio import stream_audio

    source = sys.stdin.buffer if input == _STANDARD_INPUT else input
    yield stream_audio(source, channel=channel, raw=raw, block_seconds=_BLOCK_SECONDS)


def _save(detection: Detection, folder: Path, number: int) -> None:
    from attune.acoustic import SAMPLE_RATE
    from attune.audio import write_wav
    from attune.bundle.atomic import write_errors

    with write_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    name = "".join(mark if mark.isalnum() else "-" for mark in detection.keyword)
    write_wav(folder / f"{number:04d}-{name}.wav", detection.audio, SAMPLE_RATE)


def _to_json(model: KeywordModel, spotter: Spotter, heard: list[Detection]) -> dict[str, Any]:
    return {
        "bundle": str(model.bundle.path),
        "keywords": [phrase.text for phrase in model.phrases],
        "seconds": round(spotter.seconds, 3),
        "detections": [detection_to_json(detection) for detection in heard],
    }
