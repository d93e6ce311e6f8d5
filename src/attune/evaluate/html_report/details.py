"""What to do next, and the tables of where the errors are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attune.evaluate.diagnosis import diagnose
from attune.evaluate.evaluation import Evaluation
from attune.evaluate.html_report.markup import element, safe, scrolling
from attune.evaluate.report_tables import ReportTable, error_tables, term_tables, token_table
from attune.evaluate.wording import BANDS, percent, printable, words_text

__all__ = ["advice", "details", "tables_of"]

TERMS = 500


def advice(models: Sequence[Evaluation], letters: Sequence[str]) -> Iterator[str]:
    """Yield what each word error rate is worth, and what to do next about the last model's."""
    yield element("h2", "What to do next", id="next")
    lines: list[str] = []
    for model, letter in zip(models, letters, strict=True):
        mark = element("span", letter, class_="letter") if letter else ""
        worth = f"{percent(model.wer)} word error is {BANDS[diagnose(model).band]}."
        lines.append(element("p", mark, safe(worth)))
    items: list[str] = []
    for item in diagnose(models[-1]).suggestions:
        parts = [element("strong", safe(f"{item.finding}.")), "<br>", safe(item.advice)]
        if item.words:
            parts += ["<br>", element("span", safe(words_text(item)), class_="soft")]
        parts += ["<br>" + element("code", safe(command)) for command in item.commands]
        items.append(element("li", *parts))
    if items:
        lines += [element("p", f"For {letters[-1]}:")] if letters[-1] else []
        lines.append(element("ul", *items, class_="advice"))
    yield element("div", *lines, class_="panel")


def details(models: Sequence[Evaluation]) -> Iterator[str]:
    """Yield the tables of display text, terms, and where the errors are."""
    tables = tables_of(models)
    if tables:
        yield element("h2", "Where the errors are", id="where")
        sections = [element("section", table_of(table), class_="panel") for table in tables]
        yield element("div", *sections, class_="panels tables")
    absent = models[0].token_errors_absent
    if absent is not None:
        yield element("p", safe(f"No token error rate: {absent}."), class_="note")


def tables_of(models: Sequence[Evaluation]) -> list[ReportTable]:
    """The tables that there is anything to show in."""
    tables = (token_table(models), *term_tables(models, TERMS), *error_tables(models))
    return [table for table in tables if table is not None]


def table_of(table: ReportTable) -> str:
    """A table with its note."""

    def is_text(place: int) -> bool:
        return place == 0 or (table.told and place == len(table.head) - 1)

    head = [
        element("th", safe(name), scope="col", class_=None if is_text(place) else "number")
        for place, name in enumerate(table.head)
    ]
    body = [
        element(
            "tr",
            *(
                element("td", safe(printable(cell)), class_=None if is_text(place) else "number")
                for place, cell in enumerate(row)
            ),
        )
        for row in table.rows
    ]
    content = element("table", element("thead", element("tr", *head)), element("tbody", *body))
    note = element("p", safe(table.note), class_="note") if table.note else ""
    return scrolling(table.title, content) + note
