"""Inspections: what one model is least sure of, or where two models differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attune.evaluate.html_report.audio import AudioSources
from attune.evaluate.html_report.markup import element, safe
from attune.evaluate.html_report.rows import (
    highlight,
    playable,
    recording_cells,
    search_box,
    sorting,
    speaker_choice,
    switches,
)
from attune.evaluate.inspection import InspectedUtterance, Inspection, InspectionComparison
from attune.evaluate.wording import optional_percent, percent

__all__ = ["inspection_sections"]

DOUBT = 0.5
"""Confidence below which a word is marked."""

UNKNOWN = 1e6
"""Sorts what has no confidence behind all that has."""


def inspection_sections(
    result: Inspection | InspectionComparison, sources: AudioSources, limit: int
) -> Iterator[str]:
    """Yield the figures and the table of utterances, a row at a time, at most `limit`."""
    models = (result,) if isinstance(result, Inspection) else result.models
    letters = ["A", "B"][: len(models)] if len(models) > 1 else [""]
    cards = [card(model, letter) for model, letter in zip(models, letters, strict=True)]
    if isinstance(result, InspectionComparison):
        cards.append(agreement(result, letters))
    yield element("div", *cards, class_="panels")
    yield element("h2", "Utterances", id="utterances")
    total = len(models[0].utterances)
    if total > limit:
        yield element("p", f"The first {limit:,} of {total:,}.", class_="note")
    if isinstance(result, Inspection):
        yield from confident_rows(result, sources, limit)
    else:
        yield from differing_rows(result, letters, sources, limit)


def card(model: Inspection, letter: str) -> str:
    """The figures of one model."""
    mark = element("span", letter, class_="letter") if letter else ""
    confidence = "-" if model.confidence is None else f"{model.confidence:.3f}"
    figures = (
        ("Words recognised", f"{model.words:,}"),
        ("Mean confidence of the words", confidence),
        ("Utterances", f"{len(model.utterances):,}"),
        ("Audio", f"{model.seconds / 60:,.1f} min"),
        ("Real-time factor", "-" if model.rtf is None else f"{model.rtf:.3f}"),
    )
    return element(
        "section", element("h3", mark, safe(model.model)), listed(figures), class_="panel"
    )


def agreement(result: InspectionComparison, letters: Sequence[str]) -> str:
    """How far both models agree."""
    counts = result.counts
    shown = element(
        "div", optional_percent(result.agreement), " <small>of words agree</small>", class_="big"
    )
    figures = (
        ("Utterances that agree", percent(result.utterance_agreement)),
        ("Taken as reference", letters[result.reference]),
        ("Substitutions", f"{counts.substitutions:,}"),
        ("Deletions", f"{counts.deletions:,}"),
        ("Insertions", f"{counts.insertions:,}"),
    )
    return element("section", element("h3", "Agreement"), shown, listed(figures), class_="panel")


def listed(figures: Sequence[tuple[str, str]]) -> str:
    """Names with their figures."""
    pairs = (element("dt", safe(name)) + element("dd", safe(value)) for name, value in figures)
    return element("dl", *pairs, class_="figures")


def tools(speakers: Sequence[str], *boxes: str) -> str:
    """Search, filters, and what is highlighted."""
    count = element("span", id="count", class_="soft", role="status")
    parts = search_box(), *boxes, speaker_choice(speakers), count
    return element("div", *parts, class_="tools", role="group", aria_label="Show")


def opening(*headings: str) -> str:
    """The table up to its rows."""
    play = element("th", element("span", "Play", class_="visually-hidden"), scope="col")
    head = play, sorting("Line", "line"), sorting("Recording", "seconds"), *headings
    return f'<table id="rows"><thead><tr>{"".join(head)}</tr></thead><tbody>'


def confident_rows(model: Inspection, sources: AudioSources, limit: int) -> Iterator[str]:
    """Yield the rows of one model, least confident first."""
    rows = model.least_confident[:limit]
    yield tools([item.speaker for item in rows])
    yield opening(element("th", "Recognised", scope="col"), sorting("Confidence", "confidence"))
    for item in rows:
        cells = [
            *recording_cells(item, sources),
            element("td", doubtful(item), class_="words", title=item.shown, data_label="Text"),
            confidence_cell(item, "Confidence"),
        ]
        yield element("tr", *cells, **row_data(item), data_confidence=sortable(item))
    yield "</tbody></table>"


def differing_rows(
    result: InspectionComparison, letters: Sequence[str], sources: AudioSources, limit: int
) -> Iterator[str]:
    """Yield the rows of two models, those that differ most first, the reference before the
    other."""
    differ = result.most_different
    same = set(range(len(result.alignments))) - set(differ)
    places = [*differ, *sorted(same)][:limit]
    order = (0, 1) if result.reference == 0 else (1, 0)
    one, other = (result.models[place] for place in order)
    boxes = *switches(), element("label", '<input id="wrong" type="checkbox">', "Only differences")
    yield tools([one.utterances[place].speaker for place in places], *boxes)
    names = [
        element("span", letters[place], class_="letter") + safe(result.models[place].model)
        for place in order
    ]
    yield opening(
        element("th", names[0], " (reference)", scope="col"),
        element("th", names[1], scope="col"),
        sorting("Differences", "errors0", first=True),
        *(sorting(f"Confidence {letters[place]}", f"confidence{place}") for place in order),
    )
    for place in places:
        row = one.utterances[place], other.utterances[place]
        alignment = result.alignments[place]
        errors = alignment.counts.errors
        told = [letters[number] for number in order]
        cells = [
            *recording_cells(row[0], sources),
            element(
                "td",
                words_of(row[0]),
                class_="words",
                title=row[0].shown,
                data_label=f"Model {told[0]}",
            ),
            element(
                "td",
                highlight(alignment, row[1].spans),
                class_="words",
                title=row[1].shown,
                data_label=f"Model {told[1]}",
            ),
            element("td", str(errors), class_="number", data_label="Differences"),
            *(
                confidence_cell(item, f"Confidence {letter}")
                for item, letter in zip(row, told, strict=True)
            ),
        ]
        data = {
            **row_data(row[0]),
            "data_wrong": int(errors > 0),
            "data_errors0": errors,
            f"data_confidence{order[0]}": sortable(row[0]),
            f"data_confidence{order[1]}": sortable(row[1]),
        }
        yield element("tr", *cells, **data)
    yield "</tbody></table>"


def row_data(item: InspectedUtterance) -> dict[str, object]:
    """What sorting and filtering go by."""
    return {
        "data_line": item.line,
        "data_seconds": f"{item.seconds:.3f}",
        "data_speaker": item.speaker,
    }


def sortable(item: InspectedUtterance) -> str:
    """A confidence as a number."""
    return f"{UNKNOWN if item.confidence is None else item.confidence:.6f}"


def confidence_cell(item: InspectedUtterance, label: str) -> str:
    """The confidence of an utterance."""
    shown = "-" if item.confidence is None else f"{item.confidence:.2f}"
    return element("td", shown, class_="number", data_label=label)


def words_of(item: InspectedUtterance) -> str:
    """The normalised words."""
    spans = item.spans or (None,) * len(item.words)
    return " ".join(playable(word, span) for word, span in zip(item.words, spans, strict=True))


def doubtful(item: InspectedUtterance) -> str:
    """The words, unlikely ones marked with their confidence; nothing said shows as such."""
    if not item.words:
        return element("span", "nothing recognised", class_="soft")
    if not item.confidences:
        return safe(item.shown)
    spans = item.spans or (None,) * len(item.words)
    return " ".join(
        playable(word, span, class_="doubt", title=f"confidence {value:.2f}")
        if value < DOUBT
        else playable(word, span)
        for word, value, span in zip(item.words, item.confidences, spans, strict=True)
    )
