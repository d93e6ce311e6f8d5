"""`attune evaluate`: how right one or two models are on a manifest, or how far they agree."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from attune.cli.console import emit_json, note
from attune.cli.measuring import (
    Contestant,
    Mode,
    evaluate_all,
    first_rows,
    first_transcript,
    inspect_all,
    load_contestants,
    read_listed_terms,
)
from attune.cli.options import (
    JsonOption,
    ModelOption,
    PhraseOption,
    PhrasesFileOption,
    SetOption,
    read_assignments,
    read_phrases,
)
from attune.cli.transcripts import bundle_to_json
from attune.errors import InputError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from attune.data import Manifest
    from attune.evaluate import Comparison, Evaluation, Inspection, InspectionComparison, Term

__all__ = ["evaluate"]


class Side(StrEnum):
    """One of two models."""

    A = "A"
    B = "B"


def evaluate(
    manifest: Annotated[
        Path,
        typer.Argument(
            help="The test set: a manifest with transcripts (`attune data import` makes them), or "
            "without any, to inspect what is recognised.",
            show_default=False,
        ),
    ],
    model: ModelOption = None,
    versus: Annotated[
        Path | None,
        typer.Option(
            "--versus",
            metavar="BUNDLE",
            help="A second model, measured on the same recordings and compared with the first.",
            show_default=False,
        ),
    ] = None,
    streaming: Annotated[
        bool,
        typer.Option(
            "--streaming/--whole-file",
            help="Recognise as a live stream does, or hear each utterance as a whole.",
        ),
    ] = False,
    versus_mode: Annotated[
        Mode | None,
        typer.Option(
            "--versus-mode",
            help="How the second model hears. Without --versus it is the first model again. "
            "Default: like the first.",
            show_default=False,
        ),
    ] = None,
    phrase: PhraseOption = None,
    phrases_file: PhrasesFileOption = None,
    term: Annotated[
        list[str] | None,
        typer.Option(
            "--term",
            metavar="TERM",
            help="Count this name, word or phrase apart: recall, precision, and word error on "
            "listed and on other words; may be repeated.",
            show_default=False,
        ),
    ] = None,
    terms: Annotated[
        Path | None,
        typer.Option(
            "--terms",
            metavar="FILE",
            help="Count the terms in this UTF-8 file apart: one a line.",
            show_default=False,
        ),
    ] = None,
    inspect: Annotated[
        bool,
        typer.Option(
            "--inspect",
            help="Show what is recognised, without transcripts: two models compared with each "
            "other, or one by confidence. So it goes by itself when no row has a transcript.",
        ),
    ] = False,
    reference: Annotated[
        Side | None,
        typer.Option(
            "--reference",
            help="When two models are inspected, the one to take for right. Default: A.",
            show_default=False,
        ),
    ] = None,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", min=1, metavar="N", help="Recordings at a time.")
    ] = 1,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit",
            min=1,
            metavar="N",
            help="Measure on the first N rows only.",
            show_default=False,
        ),
    ] = None,
    worst: Annotated[
        int,
        typer.Option("--worst", min=0, metavar="N", help="Show the N worst utterances, aligned."),
    ] = 5,
    verbose: Annotated[
        bool,
        typer.Option(
            "--verbose", "-v", help="Show every utterance aligned, or have it in the document."
        ),
    ] = False,
    html: Annotated[
        Path | None,
        typer.Option(
            "--html",
            metavar="FILE",
            help="Also write a report with figures, coloured errors and audio players: one HTML "
            "file that needs nothing else.",
            show_default=False,
        ),
    ] = None,
    settings: SetOption = None,
    json: JsonOption = False,
) -> None:
    """Measure word error on recordings whose transcripts are known.

    Errors are substitutions, deletions and insertions over the words of the transcripts, both sides
    normalised alike. With --versus a test tells whether two models really differ. Without
    transcripts, two models are compared with each other.
    """
    rows = first_rows(manifest, limit)
    inspecting = _inspects(rows, inspect)
    mode = Mode.STREAMING if streaming else Mode.WHOLE_FILE
    pair = versus is not None or versus_mode is not None
    if reference is not None and not (inspecting and pair):
        raise InputError(
            "--reference is for inspecting two models without transcripts: leave it out"
        )
    if inspecting and (term or terms is not None):
        raise InputError(
            f"{manifest}: no row has a transcript to look for terms in: fill the text "
            "column, or leave out --term and --terms"
        )
    contestants = load_contestants(
        (model, versus if versus is not None else model) if pair else (model,),
        (mode, versus_mode or mode) if pair else (mode,),
        read_assignments(settings),
        read_phrases(phrase, phrases_file),
    )
    listed = read_listed_terms(term, terms, contestants[0].language)
    result: Evaluation | Comparison | Inspection | InspectionComparison
    if inspecting:
        result = _inspect(rows, contestants, jobs, 1 if reference is Side.B else 0)
    else:
        result = _evaluate(rows, contestants, listed, jobs)
    if html is not None:
        from attune.evaluate import write_html

        write_html(result, html)
    if json:
        emit_json({**_document(result, worst, verbose), **_about(contestants)})
    else:
        from rich.console import Console

        Console(highlight=False).print(_rendered(result, worst, verbose))


def _inspects(rows: Manifest, asked: bool) -> bool:
    """Whether there are no transcripts to measure against; InputError if asked not to see some."""
    line = first_transcript(rows)
    if asked and line is not None:
        raise InputError(
            f"{rows.path}:{line}: there is a transcript: leave out --inspect to measure word error "
            "against it, or empty the text column"
        )
    if not asked and line is None:
        note(f"{rows.path} has no transcripts: showing what is recognised")
    return line is None


def _evaluate(
    rows: Manifest, contestants: Sequence[Contestant], terms: Sequence[Term], jobs: int
) -> Evaluation | Comparison:
    from attune.evaluate import compare_evaluations

    found = evaluate_all(rows, contestants, terms, jobs)
    return found[0] if len(found) == 1 else compare_evaluations(*found)


def _inspect(
    rows: Manifest, contestants: Sequence[Contestant], jobs: int, reference: int
) -> Inspection | InspectionComparison:
    from attune.evaluate import compare_inspections

    found = inspect_all(rows, contestants, jobs)
    return found[0] if len(found) == 1 else compare_inspections(*found, reference=reference)


def _about(contestants: Sequence[Contestant]) -> dict[str, Any]:
    """Which models they were, for the document; `mode` is that of the first."""
    about: dict[str, Any] = {"mode": contestants[0].mode.value}
    bundles = [bundle_to_json(item.model.bundle) for item in contestants]
    if len(contestants) == 1:
        return {**about, "bundle": bundles[0]}
    return {**about, "modes": [item.mode.value for item in contestants], "bundles": bundles}


def _document(
    result: Evaluation | Comparison | Inspection | InspectionComparison, worst: int, verbose: bool
) -> dict[str, Any]:
    from attune import evaluate as reports

    if isinstance(result, reports.Evaluation):
        return reports.evaluation_to_json(result, worst=worst, utterances=verbose)
    if isinstance(result, reports.Comparison):
        return reports.comparison_to_json(result, worst=worst, utterances=verbose)
    if isinstance(result, reports.Inspection):
        return reports.inspection_to_json(result, worst=worst, utterances=verbose)
    return reports.inspection_comparison_to_json(result, worst=worst, utterances=verbose)


def _rendered(
    result: Evaluation | Comparison | Inspection | InspectionComparison, worst: int, verbose: bool
) -> RenderableType:
    from attune import evaluate as reports

    if isinstance(result, reports.Evaluation):
        return reports.render_evaluation(result, worst=worst, every=verbose)
    if isinstance(result, reports.Comparison):
        return reports.render_comparison(result, worst=worst, every=verbose)
    if isinstance(result, reports.Inspection):
        return reports.render_inspection(result, worst=worst, every=verbose)
    return reports.render_inspection_comparison(result, worst=worst, every=verbose)
