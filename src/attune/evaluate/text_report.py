"""Evaluations for a terminal, through Rich: errors are told by letters as well as by colours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from attune.evaluate.alignment import Alignment, Edit
from attune.evaluate.diagnosis import diagnose
from attune.evaluate.evaluation import Comparison, Confusions, Evaluation
from attune.evaluate.report_tables import (
    ReportTable,
    error_tables,
    speaker_table,
    term_tables,
    token_table,
)
from attune.evaluate.scoring import UtteranceScore
from attune.evaluate.wording import (
    BANDS,
    interval_text,
    percent,
    printable,
    verdict,
    words_text,
)

__all__ = ["AlignmentText", "render_comparison", "render_evaluation"]

STYLES = {
    Edit.CORRECT: "",
    Edit.SUBSTITUTION: "bold yellow",
    Edit.DELETION: "bold red",
    Edit.INSERTION: "bold cyan",
}
LETTERS = {
    Edit.CORRECT: " ",
    Edit.SUBSTITUTION: "S",
    Edit.DELETION: "D",
    Edit.INSERTION: "I",
}
ABSENT = "***"
SPEAKERS_SHOWN = 10
TERMS_SHOWN = 20


def render_evaluation(
    evaluation: Evaluation, *, worst: int = 5, confusions: int = 8, every: bool = False
) -> RenderableType:
    """Figures, where the errors are, what to do next, and the `worst` utterances aligned; all
    utterances instead if `every`."""
    parts: list[RenderableType] = [summary((evaluation,)), *details((evaluation,))]
    parts += confusion_lines(evaluation.confusions, confusions)
    parts += advice((evaluation,))
    scores = evaluation.utterances if every else evaluation.worst(worst)
    if scores:
        parts += [Text(), heading("Every utterance" if every else "Worst utterances")]
    for score in scores:
        parts += [Text(), caption(score, (score,)), AlignmentText((("", score.alignment),))]
    return Group(*parts)


def render_comparison(
    comparison: Comparison, *, worst: int = 5, every: bool = False
) -> RenderableType:
    """Figures of both models, the test, where the errors are, what to do next, and the utterances
    where the two differ most (or all)."""
    names = "A", "B"
    parts: list[RenderableType] = [
        summary(comparison.models),
        Text(verdict(comparison.significance)),
        *details(comparison.models),
        *advice(comparison.models),
    ]
    pairs = list(zip(comparison.first.utterances, comparison.second.utterances, strict=True))
    if not every:
        pairs = [pair for pair in pairs if pair[0].counts.errors != pair[1].counts.errors]
        pairs.sort(key=lambda pair: -abs(pair[0].counts.errors - pair[1].counts.errors))
        pairs = pairs[:worst]
    if pairs:
        parts += [Text(), heading("Every utterance" if every else "Where they differ most")]
    for pair in pairs:
        rows = [(name, score.alignment) for name, score in zip(names, pair, strict=True)]
        parts += [Text(), caption(pair[0], pair), AlignmentText(rows)]
    return Group(*parts)


def summary(models: Sequence[Evaluation]) -> Table:
    """The table of figures, one column for each model."""
    table = Table(title=Text(printable(models[0].manifest)), title_justify="left", box=None)
    table.add_column("")
    for letter, model in zip(("A", "B"), models, strict=False):
        name = printable(model.model)
        table.add_column(Text(f"{letter}: {name}" if len(models) > 1 else name), justify="right")
    rows = {
        "word error rate": [percent(model.wer) for model in models],
        "  95 % interval": [interval_text(model.interval) for model in models],
        "character error rate": [percent(model.cer) for model in models],
        "sentence error rate": [percent(model.ser) for model in models],
        "reference words": [f"{model.counts.words:,}" for model in models],
        "  substitutions": [f"{model.counts.substitutions:,}" for model in models],
        "  deletions": [f"{model.counts.deletions:,}" for model in models],
        "  insertions": [f"{model.counts.insertions:,}" for model in models],
        "utterances": [f"{len(model.utterances):,}" for model in models],
        "audio": [f"{model.seconds / 60:,.1f} min" for model in models],
        "real-time factor": ["-" if model.rtf is None else f"{model.rtf:.3f}" for model in models],
    }
    if any(model.token_errors for model in models):
        rows["token error rate (display text)"] = [
            percent(model.token_errors.counts.rate or 0.0) if model.token_errors else "-"
            for model in models
        ]
    if any(model.calibration for model in models):
        rows["calibration error"] = [
            f"{model.calibration.expected_error:.3f}" if model.calibration else "-"
            for model in models
        ]
    for name, cells in rows.items():
        style = "bold" if name == "word error rate" else ""
        table.add_row(name, *cells, style=style)
    return table


def details(models: Sequence[Evaluation]) -> Iterator[RenderableType]:
    """Yield the tables: display text, terms, and where the errors are."""
    absent = models[0].token_errors_absent
    if absent is not None:
        yield Text(f"No token error rate: {absent}.", style="dim")
    tables = [token_table(models), *term_tables(models, TERMS_SHOWN)]
    tables += [speaker_table(models, SPEAKERS_SHOWN), *error_tables(models)]
    for table in tables:
        if table is not None:
            yield Text()
            yield table_of_text(table)
            if table.note:
                yield Text(f" {table.note}", style="dim")


def table_of_text(table: ReportTable) -> Table:
    """A table for the terminal."""
    shown = Table(box=None, header_style="bold")
    for place, name in enumerate(table.head):
        told = place == 0 or (table.told and place == len(table.head) - 1)
        shown.add_column(Text(name), justify="left" if told else "right", overflow="fold")
    for row in table.rows:
        shown.add_row(*(Text(printable(cell)) for cell in row))
    return shown


def advice(models: Sequence[Evaluation]) -> Iterator[RenderableType]:
    """Yield what each model's word error is worth, and what to do next about the last model's."""
    yield Text()
    yield heading("What to do next")
    for letter, model in zip(("A", "B"), models, strict=False):
        name = f"{letter}: " if len(models) > 1 else ""
        yield Text(f"{name}{percent(model.wer)} word error is {BANDS[diagnose(model).band]}.")
    suggestions = diagnose(models[-1]).suggestions
    if suggestions and len(models) > 1:
        yield Text("For B:")
    for item in suggestions:
        yield Text(f"- {printable(item.finding)}.")
        if item.words:
            yield Text(f"  {printable(words_text(item))}")
        yield Text(f"  {item.advice}")
        for command in item.commands:
            yield Text(f"  {command}", style="cyan")


def confusion_lines(confusions: Confusions, limit: int) -> list[RenderableType]:
    """The most frequent mistakes of each kind, a line for each kind."""
    kinds = {
        "Substituted": [
            (f"{said} → {heard}", count) for said, heard, count in confusions.substitutions
        ],
        "Deleted": list(confusions.deletions),
        "Inserted": list(confusions.insertions),
    }
    lines: list[RenderableType] = []
    for name, items in kinds.items():
        if items:
            told = ", ".join(f"{printable(item)} ({count})" for item, count in items[:limit])
            lines += [Text.assemble((f"{name}: ", "bold"), told)]
    return [Text(), *lines] if lines else []


def heading(title: str) -> Text:
    """The title of a section."""
    return Text(title, style="bold underline")


def caption(score: UtteranceScore, scores: Iterable[UtteranceScore]) -> Text:
    """File, line, speaker, and each model's errors."""
    errors = " | ".join(
        f"{item.counts.errors} errors in {item.counts.words} words" for item in scores
    )
    speaker = f", speaker {printable(score.speaker)}" if score.speaker else ""
    return Text(f"{score.line}: {printable(str(score.path))}{speaker}: {errors}", style="dim")


class AlignmentText:
    """Alignments of one utterance under each other, wrapped to the width of the console.

    Each row is (name, alignment); every row shows reference, hypothesis and a letter under each
    error: S, D or I. `sides` are what the first two are called.
    """

    def __init__(
        self,
        rows: Iterable[tuple[str, Alignment]],
        sides: tuple[str, str] = ("REF", "HYP"),
    ) -> None:
        self.rows = tuple(rows)
        self.sides = sides

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for name, alignment in self.rows:
            yield from aligned_lines(name, alignment, options.max_width, self.sides)


def aligned_lines(
    name: str, alignment: Alignment, width: int, sides: tuple[str, str]
) -> list[Text]:
    """Three lines (reference, hypothesis, letters) for each stretch that fits into `width`."""
    labels = [*(f"{side} {name}".rstrip() for side in sides), ""]
    margin = max(len(label) for label in labels) + 1
    lines: list[Text] = []

    def begin() -> list[Text]:
        return [Text(label.ljust(margin), style="", end="\n") for label in labels]

    current = begin()
    for column in alignment:
        edit = column.edit
        cells = [
            printable(column.reference) if column.reference is not None else ABSENT,
            printable(column.hypothesis) if column.hypothesis is not None else ABSENT,
            LETTERS[edit],
        ]
        size = max(Text(cell).cell_len for cell in cells)
        if current[0].cell_len > margin and current[0].cell_len + size > width:
            lines += current
            current = begin()
        for line, cell in zip(current, cells, strict=True):
            padding = " " * (size - Text(cell).cell_len + 1)
            line.append(cell, style=STYLES[edit])
            line.append(padding)
    lines += current
    lines = [line for line in lines if line.plain.strip()]
    for line in lines:
        line.rstrip()
        line.no_wrap = True
        line.overflow = "fold"
    return lines
