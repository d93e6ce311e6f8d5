"""`attune evaluate`: word error of one or two models on a manifest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from attune.cli.console import emit_json
from attune.cli.options import (
    JsonOption,
    ModelOption,
    PhraseOption,
    PhrasesFileOption,
    SetOption,
    change_options,
    check_phrases,
    read_assignments,
    read_phrases,
)
from attune.cli.progress import ProgressBar, clock
from attune.cli.transcripts import bundle_to_json

if TYPE_CHECKING:
    from attune.data import Manifest
    from attune.evaluate import Comparison, Evaluation, EvaluationProgress, Hypothesis
    from attune.recognize import Model, Options, Phrase

__all__ = ["evaluate"]


def evaluate(
    manifest: Annotated[
        Path,
        typer.Argument(
            help="The test set: a manifest with transcripts (`attune data import` makes them).",
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
    phrase: PhraseOption = None,
    phrases_file: PhrasesFileOption = None,
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
    normalised alike. With --versus a test tells whether two models really differ.
    """
    from attune.evaluate import (
        compare_evaluations,
        comparison_to_json,
        evaluation_to_json,
        render_comparison,
        render_evaluation,
        write_html,
    )

    rows = _rows(manifest, limit)
    chosen = read_phrases(phrase, phrases_file)
    changes = read_assignments(settings)
    bundles: list[dict[str, str]] = []
    evaluations: list[Evaluation] = []
    for path in (model,) if versus is None else (model, versus):
        loaded, name = _load(path)
        bundles.append(bundle_to_json(loaded.bundle))
        options = change_options(loaded.options, changes)
        check_phrases(loaded, chosen, options)
        transcribe = partial(_hypothesis, loaded, options, chosen, streaming)
        evaluations.append(_measure(rows, transcribe, name, loaded, jobs))
    about: dict[str, Any] = {"mode": "streaming" if streaming else "whole-file"}
    result: Evaluation | Comparison
    if versus is None:
        (evaluation,) = evaluations
        result = evaluation
        document = evaluation_to_json(evaluation, worst=worst, utterances=verbose)
        about["bundle"] = bundles[0]
        shown = render_evaluation(evaluation, worst=worst, every=verbose)
    else:
        result = comparison = compare_evaluations(*evaluations)
        document = comparison_to_json(comparison, worst=worst, utterances=verbose)
        about["bundles"] = bundles
        shown = render_comparison(comparison, worst=worst, every=verbose)
    if html is not None:
        write_html(result, html)
    if json:
        emit_json({**document, **about})
    else:
        from rich.console import Console

        Console(highlight=False).print(shown)


def _rows(path: Path, limit: int | None) -> Manifest:
    from attune.data import Manifest, Utterance

    if limit is None:
        return Manifest(path)

    class FirstRows(Manifest):
        """The first rows of a manifest, as if it had no others."""

        def __iter__(self) -> Iterator[Utterance]:
            return islice(super().__iter__(), limit)

    return FirstRows(path)


def _load(path: Path | None) -> tuple[Model, str]:
    """A model, and the name by which reports tell it from another."""
    import attune

    loaded = attune.load(path)
    description = loaded.bundle.description
    return loaded, str(path) if path is not None else f"{description.name} {description.version}"


def _hypothesis(
    model: Model, options: Options, phrases: list[str | Phrase], streaming: bool, path: Path
) -> Hypothesis:
    from attune.evaluate import Hypothesis, HypothesisWord

    result = model.transcribe(path, phrases=phrases, options=options, streaming=streaming)
    words = tuple(HypothesisWord(word.text, word.confidence) for word in result.words)
    return Hypothesis(result.lexical, words)


def _measure(
    rows: Manifest,
    transcribe: Callable[[Path], Hypothesis],
    name: str,
    model: Model,
    jobs: int,
) -> Evaluation:
    from attune.evaluate import evaluate_manifest

    with ProgressBar(name, 1.0) as bar:

        def show(progress: EvaluationProgress) -> None:
            rate = progress.counts.rate
            errors = f"{rate * 100:.1f} % word error, " if rate is not None else ""
            done = progress.seconds / progress.total_seconds if progress.total_seconds else 0.0
            bar.update(
                done or progress.done / progress.total,
                f"{errors}{clock(progress.seconds)} of {clock(progress.total_seconds)}",
            )

        return evaluate_manifest(
            rows,
            transcribe,
            model=name,
            language=model.bundle.description.language,
            workers=jobs,
            progress=show,
        )
