"""`attune keyword evaluate`: correct accepts and false accepts an hour, on recordings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from attune.cli.console import emit_json, note
from attune.cli.keyword_phrases import SensitivityOption
from attune.cli.options import JsonOption
from attune.cli.progress import ProgressBar, clock
from attune.errors import InputError

__all__ = ["evaluate"]


def evaluate(
    bundle: Annotated[
        Path, typer.Argument(metavar="BUNDLE", help="The keyword bundle.", show_default=False)
    ],
    positives: Annotated[
        Path,
        typer.Option(
            "--positives",
            metavar="MANIFEST",
            help="Recordings of the keywords; `text` says which. Rows with other texts count as "
            "negatives.",
            show_default=False,
        ),
    ],
    negatives: Annotated[
        list[Path] | None,
        typer.Option(
            "--negatives",
            metavar="MANIFEST",
            help="Recordings without the keywords: speech, noise. May be repeated.",
            show_default=False,
        ),
    ] = None,
    spelling: Annotated[
        list[str] | None,
        typer.Option(
            "--spelling",
            metavar="PHRASE=TEXT",
            help="Another way that transcripts write a phrase, such as no=know. May be repeated.",
            show_default=False,
        ),
    ] = None,
    sensitivity: SensitivityOption = None,
    curve: Annotated[
        Path | None,
        typer.Option(
            "--curve",
            metavar="FILE",
            help="Also draw misses against false accepts an hour, as SVG.",
            show_default=False,
        ),
    ] = None,
    journal: Annotated[
        Path | None,
        typer.Option(
            "--journal",
            metavar="FOLDER",
            help="Keep there what was heard: stopped and run again, the command goes on.",
            show_default=False,
        ),
    ] = None,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", min=1, metavar="N", help="Processes that listen.")
    ] = 1,
    json: JsonOption = False,
) -> None:
    """Measure how surely keywords are heard, and how often something else is taken for them.

    Every recording is heard once, as a stream of its own; the figures are given for the bundle's
    sensitivity, for 0.5 and for 0.1 false accepts an hour, with 95 % intervals.
    """
    spellings = _spellings(spelling or [])
    from attune.evaluate.keyword import (
        KeywordProgress,
        det_svg,
        evaluate_keyword,
        keyword_evaluation_to_json,
        render_keyword_evaluation,
    )
    from attune.keyword import load_keyword

    with ProgressBar("listening", None) as bar:

        def show(progress: KeywordProgress) -> None:
            heard = f"{progress.done} of {progress.total} recordings"
            bar.update(progress.done, f"{heard}, {clock(progress.seconds)}")

        found = evaluate_keyword(
            load_keyword(bundle),
            positives,
            negatives or (),
            name=str(bundle),
            spellings=spellings,
            sensitivity=sensitivity,
            workers=jobs,
            journal=journal,
            progress=show,
        )
    if curve is not None:
        from attune.bundle.atomic import replace_file, write_errors

        with write_errors(curve):
            replace_file(curve, det_svg(found).encode("utf-8"))
        note(f"{curve}: written")
    if json:
        emit_json(keyword_evaluation_to_json(found))
    else:
        from rich.console import Console

        Console(highlight=False).print(render_keyword_evaluation(found))


def _spellings(written: list[str]) -> dict[str, list[str]]:
    """`PHRASE=TEXT` options; InputError for one of another form."""
    found: dict[str, list[str]] = {}
    for each in written:
        phrase, equals, text = each.partition("=")
        if not (equals and phrase.strip() and text.strip()):
            raise InputError(f"--spelling {each!r}: write PHRASE=TEXT, such as no=know")
        found.setdefault(phrase.strip(), []).append(text.strip())
    return found
