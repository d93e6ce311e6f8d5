"""The figures of a report: rates, confusions, speakers, reliability."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attune.evaluate.calibration import Calibration
from attune.evaluate.evaluation import Comparison, Evaluation
from attune.evaluate.html_report.details import advice, details, tables_of
from attune.evaluate.html_report.markup import element, safe, scrolling
from attune.evaluate.html_report.rows import letters_of
from attune.evaluate.report_tables import SMALL_NOTE, marked_rate
from attune.evaluate.wording import interval_text, percent, verdict

__all__ = ["contents", "figures"]

CONFUSIONS = 25
SPEAKERS = 200
SIDE = 200
"""Edge of the reliability plot, in its own units."""


def figures(models: Sequence[Evaluation], comparison: Comparison | None) -> Iterator[str]:
    """Yield the sections above the table of utterances."""
    letters = letters_of(models)
    named = list(zip(models, letters, strict=True))
    yield panels(card(model, letter) for model, letter in named)
    if comparison is not None:
        yield element("p", element("strong", safe(verdict(comparison.significance))))
        test = comparison.significance.test
        yield element("p", f"Test: {safe(test)}.", class_="note")
    yield from advice(models, letters)
    yield from details(models)
    yield element("h2", "Confusions", id="confusions")
    yield panels(confusions(model, letter) for model, letter in named)
    if any(model.speakers for model in models):
        yield element("h2", "Speakers", id="speakers")
        yield element("div", speakers(models, letters), class_="panel")
    if any(model.calibration for model in models):
        yield element("h2", "Reliability of word confidences", id="reliability")
        yield panels(
            element("section", title(model, letter), reliability(model.calibration), class_="panel")
            for model, letter in named
            if model.calibration
        )


def contents(models: Sequence[Evaluation]) -> str:
    """Links to the sections of a report."""
    sections = {"next": "What to do next"}
    if tables_of(models):
        sections["where"] = "Where the errors are"
    sections["confusions"] = "Confusions"
    if any(model.speakers for model in models):
        sections["speakers"] = "Speakers"
    if any(model.calibration for model in models):
        sections["reliability"] = "Reliability"
    sections["utterances"] = "Utterances"
    links = [element("a", name, href=f"#{anchor}") for anchor, name in sections.items()]
    return element("nav", *links, aria_label="Sections")


def panels(content: Iterator[str]) -> str:
    return element("div", *content, class_="panels")


def title(model: Evaluation, letter: str) -> str:
    """A model's name with its letter."""
    mark = element("span", letter, class_="letter") if letter else ""
    return element("h3", mark, safe(model.model))


def card(model: Evaluation, letter: str) -> str:
    """The rates of one model."""
    counts = model.counts
    kinds = (
        ("s", "Substitutions", counts.substitutions),
        ("d", "Deletions", counts.deletions),
        ("i", "Insertions", counts.insertions),
    )
    widest = max(1.0, model.wer)
    bars = [
        element("i", class_=kind, style=f"width:{count / counts.words / widest:.3%}")
        for kind, _, count in kinds
    ]
    rows = [
        (element("span", class_=f"key {kind}", aria_hidden="true") + name, f"{count:,}")
        for kind, name, count in kinds
    ]
    rows += [
        ("95 % interval", interval_text(model.interval)),
        ("Character error rate", percent(model.cer)),
        ("Sentence error rate", percent(model.ser)),
        ("Reference words", f"{counts.words:,}"),
        ("Utterances", f"{len(model.utterances):,}"),
        ("Audio", f"{model.seconds / 60:,.1f} min"),
        ("Real-time factor", "-" if model.rtf is None else f"{model.rtf:.3f}"),
    ]
    if model.token_errors is not None:
        rate = model.token_errors.counts.rate or 0.0
        rows.append(("Token error rate of the display text", percent(rate)))
    return element(
        "section",
        title(model, letter),
        element("div", percent(model.wer), " <small>word error rate</small>", class_="big"),
        element("div", *bars, class_="split", aria_hidden="true"),
        element(
            "dl",
            *(element("dt", name) + element("dd", safe(value)) for name, value in rows),
            class_="figures",
        ),
        class_="panel",
    )


def confusions(model: Evaluation, letter: str) -> str:
    """The most frequent mistakes of one model, a list for each kind."""
    found = model.confusions
    pairs = [(f"{said} → {heard}", count) for said, heard, count in found.substitutions]
    lists = (
        ranking("s", "Said → recognised", pairs),
        ranking("d", "Deleted", found.deletions),
        ranking("i", "Inserted", found.insertions),
    )
    kinds = element("div", *lists, class_="kinds")
    return element("section", title(model, letter), kinds, class_="panel")


def ranking(kind: str, name: str, items: Sequence[tuple[str, int]]) -> str:
    """The first items of one list, with their counts."""
    key = element("span", class_=f"key {kind}", aria_hidden="true")
    head = element("th", key, name, scope="col") + '<th scope="col" class="number">Times</th>'
    body = [
        element("tr", element("td", safe(item)), element("td", f"{count:,}", class_="number"))
        for item, count in items[:CONFUSIONS]
    ]
    if not items:
        body = ['<tr><td class="soft" colspan="2">none</td></tr>']
    table = element("table", element("thead", element("tr", head)), element("tbody", *body))
    return scrolling(name, table)


def speakers(models: Sequence[Evaluation], letters: Sequence[str]) -> str:
    """Error rates by speaker, worst of the first model first."""
    found = [{item.speaker: item for item in model.speakers} for model in models]
    head = ["<th scope=col>Speaker</th>", "<th scope=col class=number>Utterances</th>"]
    head += ["<th scope=col class=number>Words</th>"]
    head += [f"<th scope=col class=number>{f'WER {letter}'.strip()}</th>" for letter in letters]
    body = []
    for item in models[0].speakers[:SPEAKERS]:
        cells = [
            element("td", safe(item.speaker) or '<span class="soft">unknown</span>'),
            element("td", f"{item.utterances:,}", class_="number"),
            element("td", f"{item.counts.words:,}", class_="number"),
        ]
        for table in found:
            cells.append(element("td", marked_rate(table[item.speaker]), class_="number"))
        body.append(element("tr", *cells))
    rest = len(models[0].speakers) - SPEAKERS
    note = element("p", f"and {rest:,} more", class_="note") if rest > 0 else ""
    if any(not item.reliable for item in models[0].speakers):
        note += element("p", safe(SMALL_NOTE), class_="note")
    content = element("table", element("thead", element("tr", *head)), element("tbody", *body))
    return scrolling("Speakers", content, note)


def reliability(calibration: Calibration) -> str:
    """Accuracy against confidence, as bars with a dot at each bin's mean confidence."""
    left, top = 28, 6
    shapes = [
        f'<path class="axis" fill="none" d="M{left} {top}V{top + SIDE}H{left + SIDE}"/>',
        f'<path class="ideal" d="M{left} {top + SIDE}L{left + SIDE} {top}"/>',
    ]
    for item in calibration.bins:
        if item.accuracy is None or item.confidence is None:
            continue
        height = item.accuracy * SIDE
        about = (
            f"{item.low:.1f} to {item.high:.1f}: {item.accuracy:.1%} of {item.words:,} words right"
        )
        shapes.append(
            f'<rect class="bar" x="{left + item.low * SIDE + 1:.1f}" y="{top + SIDE - height:.1f}" '
            f'width="{(item.high - item.low) * SIDE - 2:.1f}" height="{height:.1f}">'
            f"<title>{about}</title></rect>"
            f'<circle class="mean" r="2.5" cx="{left + item.confidence * SIDE:.1f}" '
            f'cy="{top + SIDE - height:.1f}"/>'
        )
    for value in (0.0, 0.5, 1.0):
        place = value * SIDE
        shapes += [
            label(f"{value:g}", left + place, top + SIDE + 13),
            label(f"{value:g}", left - 5, top + SIDE - place + 3, anchor="end"),
        ]
    outcome = (
        f"Expected calibration error {calibration.expected_error:.3f} over "
        f"{calibration.words:,} words."
    )
    size = f"0 0 {left + SIDE + 10} {top + SIDE + 30}"
    axes = "confidence; share of words right, upwards"
    shapes.append(label(axes, left + SIDE / 2, top + SIDE + 26))
    plot = element("svg", *shapes, viewBox=size, role="img", aria_label=outcome)
    return plot + element("p", outcome, class_="note")


def label(text: str, x: float, y: float, anchor: str = "middle") -> str:
    """A piece of text in a plot."""
    return element("text", text, x=f"{x:.0f}", y=f"{y:.0f}", text_anchor=anchor)
