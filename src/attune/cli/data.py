"""`attune data`: recordings with transcripts, imported, checked and looked at."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from attune.cli.console import emit, emit_json, emit_report, note
from attune.cli.exits import BAD_INPUT
from attune.cli.options import JsonOption
from attune.cli.progress import ProgressBar
from attune.errors import InputError

if TYPE_CHECKING:
    from attune.data import Manifest
    from attune.text import Change

__all__ = ["app"]

app = typer.Typer(help="Import, check and look at recordings with transcripts.")

LAYOUT_NAMES = (
    "manifest",
    "kaldi",
    "common-voice",
    "deepspeech",
    "azure-folder",
    "azure-zip",
    "librispeech",
    "audio-zip",
    "audio-folder",
)
"""Those of `attune.data.LAYOUTS`, which would take too long to import for a help text."""

KIND_NAMES = ("acoustic", "audio")
"""Those of `attune.data.KINDS`."""

TEXT_KIND_NAMES = ("language", "pronunciation", "structured", "display")
"""Those of `attune.data.TEXT_KINDS`."""

TEXT_SUFFIXES = (".tsv", ".txt", ".gz", ".xz")

LanguageOption = Annotated[
    str, typer.Option("--language", metavar="TAG", help="The language of the transcripts.")
]


@app.command("import")
def import_(
    source: Annotated[
        Path,
        typer.Argument(
            help="What to import: a LibriSpeech tree, a Common Voice or Kaldi folder, a DeepSpeech "
            "CSV, a folder or zip with trans.txt, another manifest; with --kind audio a folder or "
            "zip of recordings; a text file.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            metavar="DIR",
            help="Where to write manifest.tsv and unpacked audio, or the text, and the report: "
            "report.txt, report.json, report.html.",
            show_default=False,
        ),
    ],
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind",
            "-k",
            metavar="KIND",
            help="What the data set holds: acoustic (recordings with transcripts), audio "
            "(recordings alone), language (plain text), pronunciation, structured (text with "
            "lists) or display (display rules). Default: acoustic; of a text file found out by "
            "looking.",
            show_default=False,
        ),
    ] = None,
    purpose: Annotated[
        str | None,
        typer.Option(
            "--for",
            metavar="PURPOSE",
            help="What recordings are for: training (up to 60 s each) or testing (up to 2 h). "
            "Default: training; with --kind audio testing.",
            show_default=False,
        ),
    ] = None,
    format: Annotated[
        str | None,
        typer.Option(
            "--format",
            "-f",
            metavar="NAME",
            help=f"How the source is arranged: {', '.join(LAYOUT_NAMES)}. Default: found out by "
            "looking.",
            show_default=False,
        ),
    ] = None,
    language: LanguageOption = "en-US",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a manifest that is there already.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Turn recordings with transcripts of another tool into a manifest, or check a text file.

    Says what was kept, what was left out and why, with hours, and warns of what could be better.
    Recordings stay where they are.
    """
    from attune.data import import_data, import_text

    as_text = _is_text(source, kind, recordings=format is not None or purpose is not None)
    with ProgressBar("importing", None) as bar:

        def progress(count: int) -> None:
            bar.update(count, f"{count:,} {'lines' if as_text else 'items'}")

        if as_text:
            report = import_text(
                source, out, kind, language=language, overwrite=overwrite, progress=progress
            )
        else:
            report = import_data(
                source,
                out,
                layout=format,
                kind=kind,
                purpose=purpose,
                language=language,
                overwrite=overwrite,
                progress=progress,
            )
    emit_report(report, json=json)


def _is_text(source: Path, kind: str | None, *, recordings: bool) -> bool:
    """Whether to import text: `kind` says so, or the file does and nothing speaks of recordings.

    InputError for an unknown kind, and for options of recordings with a kind of text.
    """
    from attune.data import find_text_kind

    if kind in TEXT_KIND_NAMES:
        if recordings:
            raise InputError(f"--kind {kind} is text: leave out --format and --for")
        return True
    if kind is not None and kind not in KIND_NAMES:
        known = ", ".join((*KIND_NAMES, *TEXT_KIND_NAMES))
        raise InputError(f"{kind!r} is not a kind of data set: use one of {known}")
    return kind is None and not recordings and find_text_kind(source) is not None


@app.command()
def check(
    manifest: Annotated[Path, typer.Argument(help="The manifest to check.", show_default=False)],
    audio: Annotated[
        bool,
        typer.Option(
            "--audio", help="Also read every recording to its end and check how it sounds."
        ),
    ] = False,
    purpose: Annotated[
        str | None,
        typer.Option(
            "--for",
            metavar="PURPOSE",
            help="Also check that recordings are short enough for training (60 s) or testing "
            "(2 h).",
            show_default=False,
        ),
    ] = None,
    language: LanguageOption = "en-US",
    json: JsonOption = False,
) -> None:
    """Check a manifest: its rows, that the files are there, and the transcripts.

    The exit code is 2 when something must be mended before training or measuring.
    """
    from attune.cli.manifest_check import check_manifest

    report = check_manifest(manifest, language=language, audio=audio, purpose=purpose)
    emit_report(report, json=json)
    if not report.ok:
        note(f"error: {manifest}: {report.summary}")
        raise typer.Exit(BAD_INPUT)


@app.command()
def show(
    source: Annotated[
        str,
        typer.Argument(
            metavar="MANIFEST|TEXT",
            help="A manifest, a text file (.txt, .gz, .xz), - for standard input, or the text "
            "itself.",
            show_default=False,
        ),
    ],
    explain: Annotated[
        bool, typer.Option("--explain", help="Say which rule of normalisation changed what.")
    ] = False,
    limit: Annotated[
        int, typer.Option("--limit", min=1, metavar="N", help="Show at most N rows or lines.")
    ] = 20,
    language: LanguageOption = "en-US",
    json: JsonOption = False,
) -> None:
    """Show transcripts as training and scoring see them: normalised, with the reasons if asked."""
    from attune.text import explain as explain_text

    manifest = _manifest(source)
    rows: list[dict[str, Any]] = []
    document: dict[str, Any] = {"rows": rows}
    if manifest is None:
        for line in islice(_lines(source), limit):
            rows.append(_row(line, *explain_text(line, language)))
    else:
        found = manifest.check()
        document = {
            "manifest": str(manifest.path),
            "utterances": found.utterances,
            "seconds": round(found.seconds, 3),
            "speakers": found.speakers,
            **document,
        }
        for row in islice(manifest, limit):
            about = {
                "line": row.line,
                "path": str(row.path),
                "seconds": row.seconds,
                "speaker": row.speaker,
            }
            rows.append({**about, **_row(row.text, *explain_text(row.text, language))})
    if json:
        if not explain:
            for item in rows:
                del item["changes"]
        emit_json(document)
        return
    if manifest is not None:
        emit(
            f"{manifest.path}: {document['utterances']:,} utterances, "
            f"{document['seconds'] / 3600:.2f} h, {document['speakers']:,} speakers"
        )
    for item in rows:
        emit("\n".join(_row_lines(item, explain)))
    if manifest is not None and len(rows) < document["utterances"]:
        note(f"{document['utterances'] - len(rows):,} more rows: see --limit")


def _row(text: str, normalized: str, changes: tuple[Change, ...]) -> dict[str, Any]:
    return {
        "text": text,
        "normalized": normalized,
        "changes": [
            {"rule": change.rule, "before": change.before, "after": change.after}
            for change in changes
        ],
    }


def _row_lines(row: dict[str, Any], explain: bool) -> list[str]:
    lines: list[str] = []
    if "line" in row:
        speaker = f", {row['speaker']}" if row["speaker"] else ""
        lines.append(f"{row['line']}: {row['path']} ({row['seconds']:.2f} s{speaker})")
    lines += [f"  {row['text']}", f"  {row['normalized']}"] if lines else [row["normalized"]]
    if explain:
        lines += [
            f"    {change['rule']}: {change['before']!r} -> {change['after']!r}"
            for change in row["changes"]
        ]
    return lines


def _manifest(source: str) -> Manifest | None:
    """The manifest at `source`; None when it is something else, or not even a file."""
    from attune.data import Manifest

    path = Path(source)
    if not _is_file(path):
        return None
    with path.open("rb") as file:
        start = file.readline(200)
    return Manifest(path) if start.startswith((b"path\t", b"\xef\xbb\xbfpath\t")) else None


def _lines(source: str) -> Iterator[str]:
    """Lines of a text file or of standard input, or `source` as the text."""
    import sys

    from attune.language import read_lines

    if source == "-":
        for line in sys.stdin:
            yield line.rstrip("\r\n")
    elif _is_file(Path(source)):
        yield from read_lines(source)
    elif _looks_like_a_path(source):
        raise InputError(f"{source}: there is no such file: check the path")
    else:
        yield from source.splitlines()


def _looks_like_a_path(text: str) -> bool:
    return not any(map(str.isspace, text)) and text.lower().endswith(TEXT_SUFFIXES)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # A text too long for a path, or with a NUL in it.
        return False
