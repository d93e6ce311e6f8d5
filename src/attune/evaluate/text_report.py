"""Evaluations for a terminal, through Rich: errors are told by letters as well as by colours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from attune.evaluate.alignment import Alignment, Edit
from attune.evaluate.bootstrap import Interval
from attune.evaluate.evaluation import Comparison, Confusions, Evaluation
from attune.evaluate.scoring import UtteranceScore
from attune.evaluate.significance import Significance

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
FEW_BLOCKS = 10


def render_evaluation(
    evaluation: Evaluation, *, worst: int = 5, confusions: int = 8, every: bool = False
) -> RenderableType:
    """Figures, confusions and the `worst` utterances aligned; all utterances instead if `every`."""
    parts: list[RenderableType] = [summary((evaluation,))]
    parts += confusion_lines(evaluation.confusions, confusions)
    scores = evaluation.utterances if every else evaluation.worst(worst)
    if scores:
        parts += [Text(), heading("Every utterance" if every else "Worst utterances")]
    for score in scores:
        parts += [Text(), caption(score, (score,)), AlignmentText((("", score.alignment),))]
    return Group(*parts)


def render_comparison(
    comparison: Comparison, *, worst: int = 5, every: bool = False
) -> RenderableType:
    """Figures of both models, the test, and the utterances where they differ most (or all)."""
    names = "A", "B"
    parts: list[RenderableType] = [
        summary(comparison.models),
        Text(verdict(comparison.significance)),
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
    if any(model.calibration for model in models):
        rows["calibration error"] = [
            f"{model.calibration.expected_error:.3f}" if model.calibration else "-"
            for model in models
        ]
    for name, cells in rows.items():
        style = "bold" if name == "word error rate" else ""
        table.add_row(name, *cells, style=style)
    return table


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
    return Text(title, style="bold underline")


def caption(score: UtteranceScore, scores: Iterable[UtteranceScore]) -> Text:
    """File, line, speaker, and each model's errors."""
    errors = " | ".join(
        f"{item.counts.errors} errors in {item.counts.words} words" for item in scores
    )
    speaker = f", speaker {printable(score.speaker)}" if score.speaker else ""
    return Text(f"{score.line}: {printable(str(score.path))}{speaker}: {errors}", style="dim")


def verdict(significance: Significance) -> str:
    """The test's outcome in a sentence."""
    points = significance.difference * 100
    if significance.p_value >= 0.001:
        chance = f"p = {significance.p_value:.3f}"
    else:
        chance = f"p = {significance.p_value:.0e}"
    outcome = (
        "a significant difference" if significance.significant else "no significant difference"
    )
    interval = ""
    if significance.interval is not None:
        low, high = significance.interval.low * 100, significance.interval.high * 100
        interval = f", 95 % interval {low:+.2f} to {high:+.2f}"
    return (
        f"B - A: {points:+.2f} points of word error{interval}; {outcome} "
        f"({chance}, {significance.segments:,} segments: A better in "
        f"{significance.first_better:,}, B in {significance.second_better:,})"
    )


def percent(rate: float) -> str:
    """A rate as people read it."""
    return f"{rate * 100:.2f} %"


def interval_text(interval: Interval | None) -> str:
    """An interval with what it was drawn from, and a warning where that is little."""
    if interval is None:
        return "-"
    rough = ", rough" if interval.blocks < FEW_BLOCKS else ""
    bounds = f"{interval.low * 100:.2f} to {interval.high * 100:.2f}"
    return f"{bounds} ({interval.blocks:,} {interval.unit}s{rough})"


def printable(text: str) -> str:
    """`text` without what would move the cursor or colour the screen."""
    return "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text
    )


class AlignmentText:
    """Alignments of one utterance under each other, wrapped to the width of the console.

    Each row is (name, alignment); every row shows reference, hypothesis and a letter under each
    error: S, D or I.
    """

    def __init__(self, rows: Iterable[tuple[str, Alignment]]) -> None:
        self.rows = tuple(rows)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for name, alignment in self.rows:
            yield from aligned_lines(name, alignment, options.max_width)


def aligned_lines(name: str, alignment: Alignment, width: int) -> list[Text]:
    """Three lines (reference, hypothesis, letters) for each stretch that fits into `width`."""
    labels = [f"REF {name}".rstrip(), f"HYP {name}".rstrip(), ""]
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
