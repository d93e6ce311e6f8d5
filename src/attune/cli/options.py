"""Options that several commands share, and how their values are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from attune.errors import InputError

if TYPE_CHECKING:
    from attune.audio import RawFormat
    from attune.bundle import Bundle
    from attune.recognize import Model, Options, Phrase

__all__ = [
    "BaseOption",
    "ChannelOption",
    "JsonOption",
    "ModelOption",
    "NameOption",
    "OutOption",
    "OverwriteOption",
    "PhraseOption",
    "PhrasesFileOption",
    "RawFormatOption",
    "SetOption",
    "change_options",
    "check_phrases",
    "open_base",
    "read_assignments",
    "read_phrases",
    "read_raw_format",
]

ModelOption = Annotated[
    Path | None,
    typer.Option(
        "--model",
        "-m",
        metavar="BUNDLE",
        help="The model: a bundle's folder or zip. Default: the en-US bundle that comes with "
        "Attune.",
        show_default=False,
    ),
]
JsonOption = Annotated[
    bool,
    typer.Option(
        "--json", help="Write the result as one JSON document on stdout; all else goes to stderr."
    ),
]
BaseOption = Annotated[
    Path | None,
    typer.Option(
        "--base",
        "-b",
        metavar="BUNDLE",
        help="The bundle to start from. Default: the en-US bundle that comes with Attune.",
        show_default=False,
    ),
]
OutOption = Annotated[
    Path,
    typer.Option(
        "--out", "-o", metavar="FOLDER", help="The new bundle's folder.", show_default=False
    ),
]
NameOption = Annotated[
    str | None,
    typer.Option("--name", metavar="NAME", help="The new bundle's name.", show_default=False),
]
OverwriteOption = Annotated[
    bool, typer.Option("--overwrite", help="Replace a bundle that is there already.")
]
PhraseOption = Annotated[
    list[str] | None,
    typer.Option(
        "--phrase",
        "-p",
        metavar="PHRASE",
        help="Expect this name, word or phrase; may be repeated. Words that the model does not "
        "know are pronounced by rule.",
        show_default=False,
    ),
]
PhrasesFileOption = Annotated[
    Path | None,
    typer.Option(
        "--phrases-file",
        metavar="FILE",
        help="Expect the phrases in this UTF-8 file: one a line, optionally a tab and its boost.",
        show_default=False,
    ),
]
ChannelOption = Annotated[
    int | None,
    typer.Option(
        "--channel",
        min=0,
        metavar="N",
        help="Take this channel of each recording, counted from 0. Default: mix all into one.",
        show_default=False,
    ),
]
RawFormatOption = Annotated[
    str | None,
    typer.Option(
        "--raw-format",
        metavar="ENCODING:RATE[:CHANNELS]",
        help="The recordings are samples without a header, such as s16le:16000:1. Encodings: u8, "
        "s8, s16le, s24le, s32le, f32le, f64le, mulaw, alaw.",
        show_default=False,
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Change a setting of the recogniser, such as beam=16, lm_weight=0.8 or "
        "end_silence=1.2; may be repeated.",
        show_default=False,
    ),
]


def open_base(path: Path | None) -> Bundle:
    """The bundle at `path`, or the one that comes with Attune; InputError if it cannot be used."""
    from attune.bundle import Bundle, shipped_bundle_path

    return Bundle.open(path or shipped_bundle_path())


def read_raw_format(text: str | None) -> RawFormat | None:
    """Read `ENCODING:RATE[:CHANNELS]`; InputError says what is wrong with it."""
    if text is None:
        return None
    from attune.audio import RawFormat

    encoding, *numbers = text.split(":")
    if not 1 <= len(numbers) <= 2 or not all(
        number.isascii() and number.isdigit() for number in numbers
    ):
        raise InputError(
            f"--raw-format {text!r}: give encoding, sample rate and channels, such as s16le:16000:1"
        )
    rate, channels = int(numbers[0]), int(numbers[1]) if len(numbers) > 1 else 1
    return RawFormat(sample_rate=rate, channels=channels, encoding=encoding)


def read_phrases(phrases: Sequence[str] | None, file: Path | None) -> list[str | Phrase]:
    """The phrases of the command line and of a file; InputError names the file and line."""
    found: list[str | Phrase] = []
    for phrase in phrases or ():
        if not phrase.strip():
            raise InputError("--phrase is empty: give a word or a phrase")
        found.append(phrase.strip())
    if file is not None:
        found += _phrases_in(file)
    return found


def _phrases_in(file: Path) -> list[str | Phrase]:
    from attune.recognize import Phrase

    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: not UTF-8 text: save it as UTF-8") from error
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror or error})") from error
    found: list[str | Phrase] = []
    for number, line in enumerate(lines, start=1):
        phrase, tab, boost = line.partition("\t")
        if not phrase.strip():
            continue
        try:
            found.append(Phrase(phrase.strip(), float(boost)) if tab else phrase.strip())
        except ValueError as error:
            raise InputError(
                f"{file}:{number}: the boost {boost!r} is not a number: give one such as 3.5"
            ) from error
    if not found:
        raise InputError(f"{file}: no phrase in it: write one a line")
    return found


def check_phrases(model: Model, phrases: Sequence[str | Phrase], options: Options) -> None:
    """Raise InputError for phrases that the model cannot take: once, not for each recording."""
    if phrases:
        model.stream(phrases=phrases, options=options, partials=False)


def read_assignments(assignments: Sequence[str] | None) -> dict[str, Any]:
    """Read `NAME=VALUE` settings, values as in YAML; InputError names the one that is none."""
    values: dict[str, Any] = {}
    if not assignments:
        return values
    import yaml

    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals or not name.strip():
            raise InputError(f"--set {assignment!r}: give a name and a value, such as seed=2")
        try:
            values[name.strip()] = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise InputError(f"--set {assignment!r}: the value is not YAML: {error}") from error
    return values


def change_options(options: Options, values: Mapping[str, Any]) -> Options:
    """`options` with the settings in `values`; InputError for one that there is not."""
    import dataclasses

    known = {field.name for field in dataclasses.fields(options)}
    unknown = sorted(set(values) - known)
    if unknown:
        raise InputError(
            f"--set {unknown[0]}: there is no such setting; there are {', '.join(sorted(known))}"
        )
    return dataclasses.replace(options, **values)
