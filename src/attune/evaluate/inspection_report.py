"""Inspections for a terminal and for machines."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from attune.evaluate.inspection import InspectedUtterance, Inspection, InspectionComparison
from attune.evaluate.json_details import counts_to_json, rounded
from attune.evaluate.json_report import alignment_to_json
from attune.evaluate.text_report import AlignmentText, heading
from attune.evaluate.wording import optional_percent, percent, printable

__all__ = [
    "inspection_comparison_to_json",
    "inspection_to_json",
    "render_inspection",
    "render_inspection_comparison",
]

LETTERS = "A", "B"


def render_inspection(
    inspection: Inspection, *, worst: int = 5, every: bool = False
) -> RenderableType:
    """Figures and the `worst` utterances, least confident first; all of them if `every`."""
    items = inspection.least_confident[: None if every else worst]
    parts: list[RenderableType] = [summary((inspection,))]
    if items:
        parts += [Text(), heading("Least confident first")]
    for item in items:
        parts += [caption((item,)), Text(f"  {printable(item.shown) or '(nothing recognised)'}")]
    return Group(*parts)


def render_inspection_comparison(
    comparison: InspectionComparison, *, worst: int = 5, every: bool = False
) -> RenderableType:
    """Figures, agreement, and the `worst` utterances by how much they differ; all if `every`."""
    counts = comparison.counts
    one, other = LETTERS[comparison.reference], LETTERS[1 - comparison.reference]
    parts: list[RenderableType] = [
        summary(comparison.models),
        Text(
            f"They agree in {optional_percent(comparison.agreement)} of the words and "
            f"{percent(comparison.utterance_agreement)} of the utterances. Taking {one} for right, "
            f"{other} has {counts.substitutions:,} substitutions, {counts.deletions:,} deletions "
            f"and {counts.insertions:,} insertions."
        ),
    ]
    places: Sequence[int] = comparison.most_different[:worst]
    if every:
        places = range(len(comparison.alignments))
    if places:
        parts += [Text(), heading("Every utterance" if every else "Where they differ most")]
    for place in places:
        pair = [model.utterances[place] for model in comparison.models]
        rows = AlignmentText((("", comparison.alignments[place]),), (one, other))
        parts += [Text(), caption(pair), rows]
    return Group(*parts)


def summary(models: Sequence[Inspection]) -> Table:
    """The table of figures, one column for each model."""
    title = f"{printable(models[0].manifest)}: inspection"
    table = Table(title=Text(title), title_justify="left", box=None)
    table.add_column("")
    for letter, model in zip(LETTERS, models, strict=False):
        name = printable(model.model)
        table.add_column(Text(f"{letter}: {name}" if len(models) > 1 else name), justify="right")
    rows = {
        "words recognised": [f"{model.words:,}" for model in models],
        "mean confidence": [
            "-" if model.confidence is None else f"{model.confidence:.3f}" for model in models
        ],
        "utterances": [f"{len(model.utterances):,}" for model in models],
        "audio": [f"{model.seconds / 60:,.1f} min" for model in models],
        "real-time factor": ["-" if model.rtf is None else f"{model.rtf:.3f}" for model in models],
    }
    for name, cells in rows.items():
        table.add_row(name, *cells)
    return table


def caption(items: Sequence[InspectedUtterance]) -> Text:
    """File, line, speaker, and each model's confidence."""
    item = items[0]
    known = ["-" if one.confidence is None else f"{one.confidence:.2f}" for one in items]
    speaker = f", speaker {printable(item.speaker)}" if item.speaker else ""
    where = f"{item.line}: {printable(str(item.path))}{speaker}"
    return Text(f"{where}: confidence {' | '.join(known)}", style="dim")


def inspection_to_json(
    inspection: Inspection, *, worst: int = 20, utterances: bool = False
) -> dict[str, Any]:
    """The figures of one inspection and the least confident utterances; with `utterances` every
    row's, in the set's order."""
    result = {
        "testing_kind": "inspection",
        "model": inspection.model,
        "manifest": inspection.manifest,
        "words": inspection.words,
        "confidence": rounded(inspection.confidence),
        "utterances": len(inspection.utterances),
        "seconds": round(inspection.seconds, 3),
        "processing_seconds": round(inspection.processing_seconds, 3),
        "rtf": rounded(inspection.rtf),
        "least_confident": [heard_to_json(item) for item in inspection.least_confident[:worst]],
    }
    if utterances:
        result["results"] = [heard_to_json(item) for item in inspection.utterances]
    return result


def inspection_comparison_to_json(
    comparison: InspectionComparison, *, worst: int = 20, utterances: bool = False
) -> dict[str, Any]:
    """Both inspections under `models`, how far they agree, and where they differ most."""
    counts = counts_to_json(comparison.counts)
    result: dict[str, Any] = {
        "testing_kind": "inspection",
        "manifest": comparison.first.manifest,
        "models": [
            inspection_to_json(model, worst=worst, utterances=utterances)
            for model in comparison.models
        ],
        "reference": LETTERS[comparison.reference],
        "agreement": rounded(comparison.agreement),
        "utterance_agreement": rounded(comparison.utterance_agreement),
        "differences": {"rate": counts.pop("wer"), **counts},
        "most_different": [
            pair_to_json(comparison, place) for place in comparison.most_different[:worst]
        ],
    }
    if utterances:
        places = range(len(comparison.alignments))
        result["results"] = [pair_to_json(comparison, place) for place in places]
    return result


def heard_to_json(item: InspectedUtterance) -> dict[str, Any]:
    return {
        "line": item.line,
        "path": str(item.path),
        "speaker": item.speaker,
        "seconds": item.seconds,
        "confidence": rounded(item.confidence),
        "hypothesis": item.text,
        "display": item.display,
        "words": [
            {"text": word, "confidence": rounded(value)}
            for word, value in zip_longest(item.words, item.confidences)
        ],
    }


def pair_to_json(comparison: InspectionComparison, place: int) -> dict[str, Any]:
    first, second = (model.utterances[place] for model in comparison.models)
    alignment = comparison.alignments[place]
    return {
        "line": first.line,
        "path": str(first.path),
        "speaker": first.speaker,
        "seconds": first.seconds,
        "hypotheses": [first.text, second.text],
        "confidences": [rounded(first.confidence), rounded(second.confidence)],
        "differences": alignment.counts.errors,
        "alignment": alignment_to_json(alignment),
    }
