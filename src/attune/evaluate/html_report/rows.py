"""The table of utterances: a player, the reference, and what each model made of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attune.evaluate.alignment import Alignment, Edit
from attune.evaluate.evaluation import Evaluation
from attune.evaluate.html_report.audio import AudioSources
from attune.evaluate.html_report.markup import element, safe
from attune.evaluate.inspection import InspectedUtterance
from attune.evaluate.scoring import Span, UtteranceScore

__all__ = [
    "highlight",
    "letters_of",
    "playable",
    "recording_cells",
    "search_box",
    "sorting",
    "speaker_choice",
    "switches",
    "table_of_utterances",
]

Row = tuple[UtteranceScore, ...]


def letters_of(models: Sequence[Evaluation]) -> list[str]:
    """How the models are called in narrow places: A and B, or nothing for a single one."""
    return ["A", "B"] if len(models) > 1 else [""]


def table_of_utterances(
    models: Sequence[Evaluation], sources: AudioSources, limit: int
) -> Iterator[str]:
    """Yield the markup of the section, a row at a time, those with most errors first.

    With more than `limit` utterances the rest is left out, and that is said.
    """
    rows: list[Row] = list(zip(*(model.utterances for model in models), strict=True))
    rows.sort(key=lambda row: (-max(score.counts.errors for score in row), row[0].line))
    yield element("h2", "Utterances", id="utterances")
    if len(rows) > limit:
        yield element("p", f"The {limit:,} with most errors of {len(rows):,}.", class_="note")
    letters = letters_of(models)
    yield toolbar(rows[:limit], len(models))
    yield (
        '<table id="rows"><thead><tr>' + "".join(headings(models, letters)) + "</tr></thead><tbody>"
    )
    for row in rows[:limit]:
        yield table_row(row, letters, sources)
    yield "</tbody></table>"


def toolbar(rows: Sequence[Row], models: int) -> str:
    """Search, filters, and what is highlighted."""
    parts = [search_box(), *switches()]
    parts.append(element("label", '<input id="wrong" type="checkbox">', "Only with errors"))
    if models > 1:
        parts.append(
            element("label", '<input id="differ" type="checkbox">', "Only where they differ")
        )
    parts.append(speaker_choice([row[0].speaker for row in rows]))
    parts.append(element("span", id="count", class_="soft", role="status"))
    return element("div", *parts, class_="tools", role="group", aria_label="Show")


def search_box() -> str:
    """The field that leaves only the rows with what is typed."""
    return element(
        "label",
        element("span", "Search", class_="visually-hidden"),
        '<input id="search" type="search" placeholder="Search words, files, speakers">',
    )


def switches() -> Iterator[str]:
    """Yield the boxes that switch the highlighting of each kind of error."""
    for kind, name in (("s", "Substitutions"), ("d", "Deletions"), ("i", "Insertions")):
        key = element("span", class_=f"key {kind}", aria_hidden="true")
        box = f'<input id="show-{kind}" type="checkbox" checked>'
        yield element("label", box, key, name)


def speaker_choice(speakers: Sequence[str]) -> str:
    """The list that leaves only one speaker's rows; nothing for fewer than two."""
    known = sorted({name for name in speakers if name})
    if len(known) < 2:
        return ""
    options = [element("option", safe(name), value=name) for name in known]
    choice = element("select", '<option value="">all</option>', *options, id="speaker")
    return element("label", "Speaker", choice)


def headings(models: Sequence[Evaluation], letters: Sequence[str]) -> Iterator[str]:
    """The table's headings; those with a key sort."""
    yield element("th", element("span", "Play", class_="visually-hidden"), scope="col")
    yield sorting("Line", "line")
    yield sorting("Recording", "seconds")
    yield element("th", "Reference", scope="col")
    for model, letter in zip(models, letters, strict=True):
        name = element("span", letter, class_="letter") if letter else ""
        yield element("th", name, safe(model.model), scope="col")
    for number, letter in enumerate(letters):
        yield sorting(f"Errors {letter}".strip(), f"errors{number}", first=number == 0)
        yield sorting(f"WER {letter}".strip(), f"rate{number}")
    if len(models) > 1:
        yield sorting("B&nbsp;−&nbsp;A", "difference")


def sorting(name: str, key: str, *, first: bool = False) -> str:
    """A heading that sorts by `key`; the `first` one says how the table comes."""
    order = "descending" if first else "none"
    numeric = None if key in ("line", "seconds") else "number"
    button = element("button", name, type="button")
    return element("th", button, scope="col", aria_sort=order, data_key=key, class_=numeric)


def table_row(row: Row, letters: Sequence[str], sources: AudioSources) -> str:
    """One utterance."""
    score = row[0]
    reference = " ".join(column.reference for column in score.alignment if column.reference)
    about = [] if score.quality is None else [f"SNR {score.quality.snr:.0f} dB"]
    cells = [
        *recording_cells(score, sources, about),
        element(
            "td", safe(reference), class_="words", title=score.reference, data_label="Reference"
        ),
    ]
    for item, letter in zip(row, letters, strict=True):
        label = f"Model {letter}".strip()
        words = highlight(item.alignment, item.spans)
        cells.append(element("td", words, class_="words", title=item.hypothesis, data_label=label))
    data: dict[str, object] = {
        "data_line": score.line,
        "data_seconds": f"{score.seconds:.3f}",
        "data_speaker": score.speaker,
        "data_wrong": int(any(item.counts.errors for item in row)),
        "data_differ": int(len({item.alignment.columns for item in row}) > 1),
    }
    for number, (item, letter) in enumerate(zip(row, letters, strict=True)):
        counts = item.counts
        # Insertions alone, where nothing was said: worse than any rate.
        rate = counts.rate if counts.rate is not None else 1e6 * bool(counts.errors)
        shown = f"{counts.rate:.0%}" if counts.rate is not None else "-"
        data[f"data_errors{number}"] = counts.errors
        data[f"data_rate{number}"] = f"{rate:.6f}"
        label = f"Errors {letter}".strip()
        cells.append(element("td", str(counts.errors), class_="number", data_label=label))
        cells.append(element("td", shown, class_="number", data_label=f"WER {letter}".strip()))
    if len(row) > 1:
        change = row[1].counts.errors - row[0].counts.errors
        data["data_difference"] = change
        cells.append(
            element("td", f"{change:+d}" if change else "0", class_="number", data_label="B − A")
        )
    return element("tr", *cells, **data)


def recording_cells(
    row: UtteranceScore | InspectedUtterance, sources: AudioSources, about: Sequence[str] = ()
) -> list[str]:
    """The cells that say which recording it is, and play it."""
    name = row.path.name
    source = sources.source(row.path)
    play = (
        element(
            "button",
            "▶",
            type="button",
            class_="play",
            aria_pressed="false",
            aria_label=f"Play {name}",
            data_name=f"{row.line}: {name}",
            data_file=name,
            data_source=source,
        )
        if source
        else element("span", "gone", class_="note")
    )
    told = [f"speaker {row.speaker}"] if row.speaker else []
    told += [f"{row.seconds:.2f} s", *about]
    lines = [safe(name), *(element("span", safe(line), class_="soft") for line in told)]
    return [
        element("td", play),
        element("td", str(row.line), class_="number", data_label="Line"),
        element("td", "<br>".join(lines), class_="file"),
    ]


def playable(word: str, span: Span | None, **attributes: object) -> str:
    """A recognised word, which is lit up while the player is between the two times of `span`."""
    if span is None and not attributes:
        return safe(word)
    times = {} if span is None else {"data_from": f"{span[0]:.2f}", "data_to": f"{span[1]:.2f}"}
    return element("span", safe(word), **attributes, **times)


def highlight(alignment: Alignment, spans: Sequence[Span] = ()) -> str:
    """The hypothesis with its errors marked: substitutions over the word that was said, deletions
    struck through, insertions underlined. `spans` are of its words, or empty."""
    parts: list[str] = []
    times = iter(spans)
    for column in alignment:
        said = safe(column.reference or "")
        if column.edit is Edit.DELETION:
            parts.append(element("del", said))
            continue
        heard = playable(column.hypothesis or "", next(times, None))
        if column.edit is Edit.CORRECT:
            parts.append(heard)
        elif column.edit is Edit.SUBSTITUTION:
            marks = element("ins", heard), element("del", said)
            parts.append(element("span", *marks, class_="sub"))
        else:
            parts.append(element("ins", heard))
    return " ".join(parts)
