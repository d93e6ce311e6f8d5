"""Evaluations of keywords for a terminal, through Rich."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from attune.evaluate.bootstrap import Interval
from attune.evaluate.keyword.evaluation import (
    FALSE_ACCEPT_TARGETS,
    KeywordEvaluation,
    PhraseEvaluation,
)
from attune.evaluate.keyword.sweep import Figure
from attune.evaluate.wording import printable

__all__ = ["render_keyword_evaluation"]

_SPEAKERS_SHOWN = 5


def render_keyword_evaluation(evaluation: KeywordEvaluation) -> RenderableType:
    """For each phrase its figures, where the false accepts are, and who is heard least."""
    parts: list[RenderableType] = []
    for phrase in evaluation.phrases:
        parts += [*_phrase(phrase, evaluation.sensitivity), Text()]
    if len(evaluation.phrases) > 1:
        figure = evaluation.at_default
        parts.append(
            Text(
                f"all {len(evaluation.phrases)} keywords at sensitivity {evaluation.sensitivity:g}:"
                f" {_accepts(figure)} heard, {_rate(figure)} false accepts an hour"
            )
        )
    return Group(*parts)


def _phrase(phrase: PhraseEvaluation, sensitivity: float) -> list[RenderableType]:
    hours = phrase.sweep.hours
    title = f"{printable(phrase.keyword)}: {phrase.positives:,} positives, {hours:.2f} h without it"
    table = Table(title=Text(title), title_justify="left", box=None)
    table.add_column("")
    for name in ("threshold", "correct accepts", "95 %", "false accepts/h", "95 %"):
        table.add_column(name, justify="right")
    figures = [(f"sensitivity {sensitivity:g}", phrase.at_default)]
    figures += [
        (f"at {rate:g} false accepts/h", phrase.sweep.figure_at(rate))
        for rate in FALSE_ACCEPT_TARGETS
    ]
    for name, figure in figures:
        accepts = figure.correct_accept_interval
        table.add_row(
            name,
            f"{figure.point.threshold:.3f}",
            _accepts(figure),
            "-" if accepts is None else _range(accepts, 100, " %"),
            _rate(figure),
            _range(figure.false_accept_interval, 1, ""),
        )
    parts: list[RenderableType] = [table]
    rarest = min(FALSE_ACCEPT_TARGETS)
    if hours * rarest < 1:
        parts.append(
            Text(
                f"{hours:.2f} h cannot tell {rarest:g} false accepts an hour from none: "
                f"give {1 / rarest:g} h or more of keyword-free audio",
                style="yellow",
            )
        )
    found = [one for one in phrase.negative_sets(phrase.threshold) if one.false_accepts]
    if found:
        shown = ", ".join(f"{printable(one.name)} {one.false_accepts}" for one in found)
        parts.append(Text(f"false accepts at sensitivity {sensitivity:g}: {shown}"))
    missed = [
        one for one in phrase.speakers(phrase.threshold) if one.correct_accepts < one.positives
    ]
    if missed:
        shown = ", ".join(
            f"{printable(one.speaker)} {one.correct_accepts} of {one.positives}"
            for one in missed[:_SPEAKERS_SHOWN]
        )
        parts.append(Text(f"heard least: {shown}"))
    return parts


def _accepts(figure: Figure) -> str:
    rate = figure.point.correct_accept_rate
    return "-" if rate is None else f"{100 * rate:.1f} %"


def _rate(figure: Figure) -> str:
    return f"{figure.point.false_accepts_per_hour:.2f}"


def _range(interval: Interval, factor: float, unit: str) -> str:
    digits = 1 if factor > 1 else 2
    low, high = factor * interval.low, factor * interval.high
    return f"{low:.{digits}f} to {high:.{digits}f}{unit}"
