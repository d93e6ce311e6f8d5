"""`attune adapt`: a bundle made one's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from attune.cli.console import emit, emit_json
from attune.cli.options import JsonOption
from attune.cli.progress import ProgressBar, clock
from attune.errors import InputError

if TYPE_CHECKING:
    from attune.customize import LanguageAdaptationReport

__all__ = ["app"]

app = typer.Typer(help="Make a bundle your own: its words and its language.")

_SHOWN_WORDS = 12

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


@app.command()
def language(
    text: Annotated[
        list[Path],
        typer.Option(
            "--text",
            "-t",
            metavar="FILE",
            help="Sentences of your domain, one a line, repeated ones weighing more; .gz and .xz "
            "are unpacked. May be repeated.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", metavar="FOLDER", help="The new bundle's folder.", show_default=False
        ),
    ],
    base: BaseOption = None,
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="NAME", help="The new bundle's name.", show_default=False),
    ] = None,
    min_count: Annotated[
        int | None,
        typer.Option(
            "--min-count",
            min=1,
            metavar="N",
            help="Learn only new words that occur N times or more. Default: 1, and 2 or 3 for text "
            "of more than 250,000 or 5,000,000 words.",
            show_default=False,
        ),
    ] = None,
    max_mb: Annotated[
        float | None,
        typer.Option(
            "--max-mb",
            min=0.1,
            metavar="MB",
            help="Drop the n-grams that matter least until the language model has this size. "
            "Default: the base's and 20 MB.",
            show_default=False,
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a bundle that is there already.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Teach a bundle the words of your domain, and how they follow each other.

    Words that it does not know are pronounced by rule. The new bundle still understands what the
    base understood: the text counts where it has something to say.
    """
    from attune.bundle import Bundle, shipped_bundle_path
    from attune.customize import LanguageAdaptation, adapt_language

    for path in text:
        if not path.is_file():
            raise InputError(f"{path}: no such file: give a text file")
    adaptation = LanguageAdaptation(
        texts=tuple(text),
        min_count=min_count,
        max_bytes=None if max_mb is None else int(max_mb * 1e6),
        name=name,
    )
    with ProgressBar("adapting", None) as bar:
        report = adapt_language(
            Bundle.open(base or shipped_bundle_path("en-US")),
            adaptation,
            out,
            replace=overwrite,
            say=bar.stage,
        )
    if json:
        emit_json(_to_json(report))
    else:
        emit("\n".join(_lines(report)))


def _to_json(report: LanguageAdaptationReport) -> dict[str, Any]:
    return {
        "path": str(report.path),
        "sentences": report.sentences,
        "words": report.words,
        "new_words": list(report.new_words),
        "unpronounceable": list(report.unpronounceable),
        "unknown_rate": round(report.unknown_rate, 6),
        "domain_share": round(report.domain_share, 6),
        "perplexity": {
            "domain": {"before": report.domain_before, "after": report.domain_after},
            "general": {"before": report.general_before, "after": report.general_after},
        },
        "bytes": report.bytes,
        "seconds": round(report.seconds, 3),
    }


def _lines(report: LanguageAdaptationReport) -> list[str]:
    lines = [
        f"{report.path}: {report.words:,} words in {report.sentences:,} sentences, "
        f"in {clock(report.seconds)}",
        f"new words {len(report.new_words):,} ({report.unknown_rate * 100:.2f} % of the text)"
        + _listed(report.new_words),
    ]
    if report.unpronounceable:
        lines.append(f"left out {len(report.unpronounceable):,}" + _listed(report.unpronounceable))
    lines += [
        f"perplexity of the domain {report.domain_before:.1f} -> {report.domain_after:.1f}, "
        f"in general {report.general_before:.1f} -> {report.general_after:.1f}",
        f"language model {report.bytes / 1e6:.1f} MB",
    ]
    return lines


def _listed(words: tuple[str, ...]) -> str:
    if not words:
        return ""
    more = ", ..." if len(words) > _SHOWN_WORDS else ""
    return f": {', '.join(words[:_SHOWN_WORDS])}{more}"
