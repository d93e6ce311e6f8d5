"""The tables of a report, one or two models side by side, before text or HTML is made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from attune.evaluate.evaluation import Evaluation, SpeakerScore
from attune.evaluate.groups import RELIABLE_WORDS, GroupScore
from attune.evaluate.terms import TermScore
from attune.evaluate.token_errors import TokenErrorClass
from attune.evaluate.wording import (
    TOKEN_CLASSES,
    WORD_CLASSES,
    optional_percent,
    percent,
    token_note,
)

__all__ = [
    "SMALL_NOTE",
    "ReportTable",
    "error_tables",
    "marked_rate",
    "speaker_table",
    "term_tables",
    "token_table",
]

LETTERS = "A", "B"
SMALL = " ~"
"""What marks the rate of a group with few words."""

SMALL_NOTE = f"~ fewer than {RELIABLE_WORDS} words: unreliable."


@dataclass(frozen=True, slots=True)
class ReportTable:
    """A table of text: the first column names the row, the others hold figures, and of those the
    last is text if `told`. `note` explains what the table alone does not."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    told: bool = False


def error_tables(models: Sequence[Evaluation]) -> Iterator[ReportTable]:
    """Word errors by length, by noise, and by kind of word; tables of a single row are left out."""
    kinds: tuple[tuple[str, Callable[[Evaluation], tuple[GroupScore, ...]]], ...] = (
        ("Length of the recording", lambda model: model.durations),
        ("Signal-to-noise ratio, estimated", lambda model: model.noise_levels),
        ("Kind of word", lambda model: model.word_classes),
    )
    for title, groups in kinds:
        table = group_table(title, [groups(model) for model in models])
        if len(table.rows) > 1:
            yield table


def speaker_table(models: Sequence[Evaluation], limit: int) -> ReportTable | None:
    """Word errors by speaker, worst of the first model first; None when no speaker is known."""
    if not models[0].speakers:
        return None
    table = group_table("Speaker", [model.speakers for model in models])
    more = len(table.rows) - limit
    rest = (f"and {more:,} more.",) if more > 0 else ()
    rows = table.rows[:limit]
    small = (SMALL_NOTE,) if any(cell.endswith(SMALL) for row in rows for cell in row) else ()
    return ReportTable(table.title, table.head, rows, " ".join((*rest, *small)))


def group_table(
    title: str, groups: Sequence[Sequence[GroupScore] | Sequence[SpeakerScore]]
) -> ReportTable:
    """The groups of one or two models: words and word error rate; small groups are marked."""
    found = [{name_of(item): item for item in model} for model in groups]
    names = list(dict.fromkeys(name for model in found for name in model))
    if set(names) <= WORD_CLASSES.keys():
        names.sort(key=list(WORD_CLASSES).index)
    rows: list[tuple[str, ...]] = []
    for name in names:
        items = [model.get(name) for model in found]
        words = dict.fromkeys(f"{item.counts.words if item else 0:,}" for item in items)
        rates = ["-" if item is None else marked_rate(item) for item in items]
        rows.append((WORD_CLASSES.get(name, name) or "unknown", " / ".join(words), *rates))
    small = any(cell.endswith(SMALL) for row in rows for cell in row)
    head = (title, "words", *numbered("word error", len(groups)))
    return ReportTable(title, head, tuple(rows), SMALL_NOTE if small else "")


def name_of(item: GroupScore | SpeakerScore) -> str:
    """What a group is called."""
    return item.speaker if isinstance(item, SpeakerScore) else item.name


def marked_rate(item: GroupScore | SpeakerScore) -> str:
    """A word error rate, marked when there are few words."""
    return optional_percent(item.counts.rate) + ("" if item.reliable else SMALL)


def token_table(models: Sequence[Evaluation]) -> ReportTable | None:
    """Errors of display text by class: edits, and their share of all; None without any."""
    found = [model.token_errors for model in models]
    if not any(found):
        return None
    rows: list[tuple[str, ...]] = []
    for kind in TokenErrorClass:
        cells: list[str] = []
        for errors in found:
            edits = "-" if errors is None else f"{dict(errors.edits)[kind]:,}"
            cells += [edits, "-" if errors is None else f"{errors.share(kind) * 100:.1f} %"]
        rows.append((TOKEN_CLASSES[kind], *cells))
    note = next((text for errors in found if errors and (text := token_note(errors))), "")
    head = ("Display text", *interleaved(("edits", "of all edits"), len(models)))
    return ReportTable("Display text", head, tuple(rows), note)


def term_tables(models: Sequence[Evaluation], limit: int) -> Iterator[ReportTable]:
    """Recall and precision of the listed terms, those most often missed first, and word error on
    listed and on other words; nothing without terms."""
    scores = [found for model in models if (found := model.term_scores) is not None]
    if not scores:
        return
    parts = (
        ("listed terms", [item.listed for item in scores]),
        ("all other words", [item.others for item in scores]),
    )
    yield ReportTable(
        "Words",
        ("Words", "words", *numbered("word error", len(scores))),
        tuple(
            (name, f"{counts[0].words:,}", *(optional_percent(item.rate) for item in counts))
            for name, counts in parts
        ),
    )
    order = sorted(
        range(len(scores[0].terms)),
        key=lambda place: -max(item.terms[place].missed for item in scores),
    )
    rows = [("all terms", *term_cells([item.total for item in scores]), "")]
    for place in order[:limit]:
        items = [item.terms[place] for item in scores]
        heard = "; ".join(
            ", ".join(f"{text or '(nothing)'} ({count:,})" for text, count in item.heard)
            for item in items
            if item.heard
        )
        rows.append((items[0].term, *term_cells(items), heard))
    more = len(order) - limit
    columns = interleaved(("recall", "precision", "not said"), len(scores))
    yield ReportTable(
        "Terms",
        ("Term", "said", *columns, "recognised instead"),
        tuple(rows),
        f"and {more:,} more terms." if more > 0 else "",
        told=True,
    )


def term_cells(items: Sequence[TermScore]) -> list[str]:
    """How often a term was said, and what each model made of it."""
    cells = [f"{items[0].occurrences:,}"]
    for item in items:
        recall = "-" if item.recall is None else f"{item.recalled:,} ({percent(item.recall)})"
        cells += [recall, optional_percent(item.precision), f"{item.false_insertions:,}"]
    return cells


def numbered(name: str, models: int) -> list[str]:
    """A heading for each model, with its letter when there are two."""
    return [name] if models == 1 else [f"{name} {letter}" for letter in LETTERS[:models]]


def interleaved(names: Sequence[str], models: int) -> list[str]:
    """Several headings for each model, all of the first model first."""
    columns = [numbered(name, models) for name in names]
    return [column[place] for place in range(models) for column in columns]
