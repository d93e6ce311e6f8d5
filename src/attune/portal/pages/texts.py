"""Editors of texts: sentences, pronunciations, structured text, display format; checked as they
are written."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from attune.portal.routing import Pages
from attune.portal.visits import Visit
from attune.service import activity, datasets, texts
from attune.service.errors import NotFound
from attune.service.tables import Dataset

__all__ = ["pages"]

pages = Pages()


@dataclass(frozen=True, slots=True)
class Editor:
    """How the portal speaks of a kind of text: `example` is what a newcomer sees in the field,
    `before` and `after` head the columns of the preview."""

    section: str
    title: str
    lead: str
    example: str
    before: str
    after: str


EDITORS = {
    "Language": Editor(
        "language",
        "Language",
        "Sentences as people say them here, one a line. New words are learnt from them, and how "
        "words follow each other. A line that is repeated weighs more.",
        "Weigh the axolotl in the morning.\nThe agkistrodon needs water at night.\n"
        "Is the reptile house open on Monday?",
        "Line",
        "Words that are learnt",
    ),
    "Pronunciation": Editor(
        "pronunciation",
        "Pronunciation",
        "Words that are said otherwise than they are written: the word, a tab, how it is said in "
        "plain words; or the word, a stroke, its phones.",
        "RTH\tr t h\nagkistrodon\ta kiss tro don\naxolotl/AE K S AH L AA T AH L",
        "Word",
        "Said as",
    ),
    "StructuredText": Editor(
        "structured",
        "Structured text",
        "Sentences with lists in them, where names change and the rest stays: a few lines stand "
        "for thousands of sentences.",
        "@ list animal =\n- axolotl\n- agkistrodon\n- tuatara\n\n# Feeding\n"
        "- feed the {@animal}\n- has anybody weighed the {@animal}",
        "A sentence that it stands for",
        "Words that are learnt",
    ),
    "DisplayFormat": Editor(
        "display",
        "Display format",
        "How what was said is written: patterns for codes and numbers, words to write in another "
        "way, and words to mask.",
        "#itn\nRTH-\\d\\d\\d\n\n#rewrite\nreptile house\tReptile House\n\n#profanity\nblasted\n\n"
        "#test\nr t h one oh five\tRTH-105",
        "Said",
        "Written",
    ),
}


@pages.get("/projects/{project}/texts/{kind}")
def show(visit: Visit) -> Response:
    """The texts of a kind, and the editor with one of them or with a new one."""
    editor = _editor(visit)
    kind = visit.path["kind"]
    found = datasets.listing(
        visit.service,
        visit.principal,
        project_id=visit.project.id,
        latest=True,
        top=100,
        filter=f"kind eq '{kind}'",
    )
    jobs = {
        one.id: activity.job_of(visit.service, visit.principal, one.id)
        for one in found.values
        if one.status in ("NotStarted", "Running")
    }
    values = {"section": editor.section, "kind": kind, "editor": editor, "page": found}
    if visit.is_part:
        return visit.part("parts/texts_table.html", jobs=jobs, **values)
    chosen: Dataset | None = None
    text = ""
    if visit.query.get("dataset"):
        chosen = datasets.get(visit.service, visit.principal, visit.query["dataset"])
        text = datasets.source_text(visit.service, visit.principal, chosen.id)
    return visit.page("texts.html", jobs=jobs, dataset=chosen, text=text, **values)


@pages.post("/projects/{project}/texts/{kind}/check")
def check(visit: Visit) -> Response:
    """What is wrong with a text so far, and what will be made of it."""
    editor, kind = _editor(visit), visit.path["kind"]
    text, language = visit.text("text"), visit.project.language
    found = texts.validate(kind, text, language)
    shown = texts.preview(kind, text, language, sample=visit.text("sample")) if text else ()
    return visit.part(
        "parts/text_check.html", editor=editor, check=found, previews=shown, text=text
    )


@pages.post("/projects/{project}/texts/{kind}")
def save(visit: Visit) -> Response:
    """Keep a text: as a new data set, or as the next version of one."""
    _editor(visit)
    series = visit.text("series") or None
    made = datasets.create(
        visit.service,
        visit.principal,
        visit.project.id,
        name=visit.text("name"),
        kind=visit.path["kind"],
        content=visit.text("text").replace("\r\n", "\n").encode("utf-8", "replace"),
        series_id=series,
    )
    return visit.go(
        f"/projects/{visit.project.id}/datasets/{made.id}",
        f"Saved {made.name}, version {made.version}.",
    )


def _editor(visit: Visit) -> Editor:
    editor = EDITORS.get(visit.path["kind"])
    if editor is None:
        raise NotFound("there is no such kind of text")
    return editor
