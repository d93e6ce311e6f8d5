"""`attune train language`: a language model from text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from attune.cli.console import emit, emit_json
from attune.cli.options import JsonOption
from attune.cli.progress import ProgressBar, clock
from attune.errors import InputError

if TYPE_CHECKING:
    from attune.train.language import LanguageReport

__all__ = ["language"]


def language(
    text: Annotated[
        list[Path],
        typer.Argument(
            metavar="TEXT...",
            help="UTF-8 text, a sentence a line; .gz and .xz are unpacked.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", metavar="FILE", help="The .ngram file to write.", show_default=False
        ),
    ],
    order: Annotated[
        int, typer.Option("--order", metavar="N", help="Words in the longest n-gram, 1 to 6.")
    ] = 4,
    vocabulary: Annotated[
        Path | None,
        typer.Option(
            "--vocabulary",
            metavar="FILE",
            help="The words that the model knows, one a line. Default: those of the text.",
            show_default=False,
        ),
    ] = None,
    words: Annotated[
        int | None,
        typer.Option(
            "--words", metavar="N", help="Know only the N most frequent words.", show_default=False
        ),
    ] = None,
    min_count: Annotated[
        int,
        typer.Option(
            "--min-count", metavar="N", help="Know only words that occur N times or more."
        ),
    ] = 1,
    prune: Annotated[
        str | None,
        typer.Option(
            "--prune",
            metavar="N,N,...",
            help="Drop n-grams of each order that occur this often or less, such as 0,0,1.",
            show_default=False,
        ),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            "--threshold",
            metavar="NATS",
            help="Drop n-grams whose loss changes the model by less than this, such as 1e-8.",
            show_default=False,
        ),
    ] = None,
    max_mb: Annotated[
        float | None,
        typer.Option(
            "--max-mb",
            metavar="MB",
            help="Drop the n-grams that matter least until the file has this size.",
            show_default=False,
        ),
    ] = None,
    held_out: Annotated[
        list[Path] | None,
        typer.Option(
            "--held-out",
            metavar="TEXT",
            help="Measure perplexity on this text; may be repeated.",
            show_default=False,
        ),
    ] = None,
    interpolate: Annotated[
        bool,
        typer.Option(
            "--interpolate",
            help="Make a model of each text, and mix them as suits the held-out text best.",
        ),
    ] = False,
    kenlm: Annotated[
        Path | None,
        typer.Option(
            "--kenlm",
            metavar="FILE",
            help="Also write the model as a KenLM binary (probing).",
            show_default=False,
        ),
    ] = None,
    arpa: Annotated[
        Path | None,
        typer.Option(
            "--arpa", metavar="FILE", help="Also write the model as ARPA text.", show_default=False
        ),
    ] = None,
    language: Annotated[
        str, typer.Option("--language", metavar="TAG", help="The language of the text.")
    ] = "en-US",
    normalized: Annotated[
        bool,
        typer.Option(
            "--normalized", help="The text is in normal form already: lower case, no punctuation."
        ),
    ] = False,
    json: JsonOption = False,
) -> None:
    """Train a language model from text: modified Kneser-Ney, pruned and quantised.

    Prints the n-grams kept and, with --held-out, the perplexity of what was written.
    """
    from attune.train.language import LanguageConfig, train_language

    config = LanguageConfig(
        texts=tuple(text),
        out=out,
        order=order,
        vocabulary=vocabulary,
        words=words,
        min_count=min_count,
        prune=_read_counts(prune),
        threshold=threshold,
        max_bytes=None if max_mb is None else int(max_mb * 1e6),
        held_out=tuple(held_out or ()),
        interpolate=interpolate,
        kenlm=kenlm,
        arpa=arpa,
        language=language,
        normalized=normalized,
    )
    with ProgressBar("training", None) as bar:
        report = train_language(config, bar.stage)
    if json:
        emit_json({"path": str(out), **language_to_json(report)})
    else:
        emit("\n".join([f"{out}: {report.bytes / 1e6:.2f} MB", *language_lines(report)]))


def language_to_json(report: LanguageReport) -> dict[str, Any]:
    """What came of training a language model, as a JSON-ready dictionary."""
    return {
        "bytes": report.bytes,
        "seconds": round(report.seconds, 3),
        "words": report.words,
        "sentences": report.sentences,
        "vocabulary": report.vocabulary,
        "unknown_rate": round(report.unknown_rate, 6),
        "counts": list(report.counts),
        "kept": list(report.kept),
        "discounts": [[item.one, item.two, item.three] for item in report.discounts],
        "fallback_orders": list(report.fallback_orders),
        "weights": list(report.weights),
        "held_out": [
            {
                "path": str(item.path),
                "perplexity": item.perplexity.perplexity,
                "perplexity_known": item.perplexity.perplexity_known,
                "unknown_rate": round(item.perplexity.unknown_rate, 6),
                "words": item.perplexity.words,
                "sentences": item.perplexity.sentences,
            }
            for item in report.held_out
        ],
    }


def language_lines(report: LanguageReport) -> list[str]:
    """What came of training a language model, for people."""
    lines = [
        f"{report.words:,} words in {report.sentences:,} sentences, in {clock(report.seconds)}",
        f"vocabulary {report.vocabulary:,} words; {report.unknown_rate * 100:.2f} % of the text is "
        "outside of it",
    ]
    for order, (found, kept) in enumerate(zip(report.counts, report.kept, strict=True), start=1):
        pruned = f" of {found:,}" if kept != found else ""
        lines.append(f"{order}-grams {kept:,}{pruned}")
    if report.fallback_orders:
        orders = ", ".join(map(str, report.fallback_orders))
        lines.append(f"too little text to estimate discounts of order {orders}: fixed ones instead")
    if report.weights:
        lines.append("weights " + ", ".join(f"{weight:.3f}" for weight in report.weights))
    for item in report.held_out:
        score = item.perplexity
        lines.append(
            f"{item.path}: perplexity {score.perplexity:.2f} ({score.perplexity_known:.2f} without "
            f"the {score.unknown_rate * 100:.2f} % unknown of its {score.words:,} words)"
        )
    return lines


def _read_counts(text: str | None) -> tuple[int, ...]:
    """Read `0,0,1`."""
    if text is None:
        return ()
    try:
        return tuple(int(count) for count in text.split(","))
    except ValueError as error:
        raise InputError(f"--prune {text!r}: give counts, such as 0,0,1") from error
