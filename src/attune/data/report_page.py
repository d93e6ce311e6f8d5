"""The report of an import as one HTML page, which loads nothing and runs nothing."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator
from importlib.resources import files

from attune.data.report import Dropped, ImportReport, name_character, visible

__all__ = ["report_page"]

OPEN_UP_TO = 20
"""Items of one reason that are shown at once; longer lists open with a click."""


def report_page(report: ImportReport) -> Iterator[str]:
    """Yield the page in pieces."""
    template = files(__package__).joinpath("report.html").read_text("utf-8")
    start, _, end = template.partition("{{body}}")
    yield start.replace("{{title}}", safe(f"Import of {report.source.name}"))
    yield from body(report)
    yield end


def body(report: ImportReport) -> Iterator[str]:
    """Yield what stands between the page's head and its end."""
    purpose = f", for {report.purpose}" if report.purpose else ""
    yield "<header>\n<h1>Data set import</h1>\n"
    yield f"<p>{safe(report.source)} ({safe(report.layout + purpose)})</p>\n</header>\n<main>\n"
    yield from figures(report)
    yield from groups("Left out", report.dropped, "Nothing was left out.")
    if report.characters:
        yield "<h2>Characters outside the symbol set</h2>\n"
        rows = ((name_character(name), f"{count:,}") for name, count in report.characters)
        yield from table(("Character", "Times"), rows)
    yield from groups("Warnings: kept all the same", report.warnings, "None.")
    if report.formats:
        yield "<h2>Formats</h2>\n"
        rows = ((name, f"{count:,}") for name, count in report.formats)
        yield from table(("Format", "Recordings"), rows)
    yield "</main>\n"


def figures(report: ImportReport) -> Iterator[str]:
    """Yield the share that passed, the counts and the notes."""
    yield '<section class="panel">\n'
    yield f'<div class="big">{report.share:.1%} <small>passed</small></div>\n'
    counts = [(f"{report.unit.capitalize()} kept", f"{report.kept:,}")]
    if report.seconds:
        counts.append(("Hours", f"{report.hours:.2f}"))
    if report.speakers:
        counts.append(("Speakers", f"{report.speakers:,}"))
    counts += [("Left out", f"{report.lost:,}"), ("Warnings", f"{report.warned:,}")]
    if report.manifest is not None:
        counts.append(("Written to", str(report.manifest)))
    rows = (f"<dt>{safe(name)}</dt><dd>{safe(value)}</dd>\n" for name, value in counts)
    yield f"<dl>\n{''.join(rows)}</dl>\n"
    for note in (report.advice, *report.notes):
        yield f"<p>{safe(note)}</p>\n" if note else ""
    yield "</section>\n"


def groups(title: str, items: Iterable[Dropped], nothing: str) -> Iterator[str]:
    """Yield a section with a list of places for each reason."""
    yield f"<h2>{safe(title)}</h2>\n"
    empty = True
    for item in items:
        empty = False
        opened = " open" if len(item.examples) <= OPEN_UP_TO else ""
        yield f'<details class="panel"{opened}>\n<summary><strong>{item.count:,} × '
        yield f"{safe(item.reason.value)}</strong>: {safe(item.reason.advice)}</summary>\n"
        yield from table(("Where", "What"), ((each.where, each.detail) for each in item.examples))
        if item.count > len(item.examples):
            yield f"<p>and {item.count - len(item.examples):,} more</p>\n"
        yield "</details>\n"
    if empty:
        yield f"<p>{safe(nothing)}</p>\n"


def table(headings: tuple[str, str], rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield a table of two columns, a row at a time."""
    head = "".join(f'<th scope="col">{safe(name)}</th>' for name in headings)
    yield f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n"
    for first, second in rows:
        yield f"<tr><td>{safe(first)}</td><td>{safe(second)}</td></tr>\n"
    yield "</tbody>\n</table>\n"


def safe(text: object) -> str:
    """`text` as it may stand between tags; controls are replaced."""
    return html.escape(visible(str(text)), quote=True)
