"""Putting a report together and writing it, a row at a time."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from importlib.resources import files
from itertools import chain
from pathlib import Path

from attune.data.atomic import atomic_text
from attune.evaluate.evaluation import Comparison, Evaluation
from attune.evaluate.html_report.audio import AudioSources
from attune.evaluate.html_report.figures import contents, figures
from attune.evaluate.html_report.inspection_table import inspection_sections
from attune.evaluate.html_report.markup import element, safe
from attune.evaluate.html_report.rows import table_of_utterances
from attune.evaluate.inspection import Inspection, InspectionComparison

__all__ = ["write_html"]

EMBEDDED_BYTES = 32 << 20
ROWS = 2000
COUNTED = (
    "Both sides were normalised before counting. Word error rate is substitutions, deletions and "
    "insertions over reference words; above 100 % is possible."
)
INSPECTED = "Nobody has written down what was said: agreement is no accuracy."


def write_html(
    result: Evaluation | Comparison | Inspection | InspectionComparison,
    path: str | Path,
    *,
    audio_bytes: int = EMBEDDED_BYTES,
    rows: int = ROWS,
) -> None:
    """Write `result` as one HTML file, in one atomic step; it loads nothing from elsewhere.

    Recordings are embedded, in the order of the table, which begins with the worst, until they add
    up to `audio_bytes`; the others are linked by their paths relative to the file. At most `rows`
    utterances are shown. Raises InputError when the file cannot be written.
    """
    path = Path(path)
    sources = AudioSources(path.parent, audio_bytes)
    if isinstance(result, Evaluation | Comparison):
        models = (result,) if isinstance(result, Evaluation) else result.models
        comparison = None if isinstance(result, Evaluation) else result
        names = " and ".join(model.model for model in models)
        heading = f"{models[0].manifest}: {names}"
        about = "Accuracy test", heading, contents(models)
        content: Iterator[str] = chain(
            figures(models, comparison), table_of_utterances(models, sources, rows)
        )
        counted = COUNTED
    else:
        inspected = (result,) if isinstance(result, Inspection) else result.models
        names = " and ".join(model.model for model in inspected)
        heading = f"{inspected[0].manifest}: {names}"
        about = "Inspection", heading, ""
        content = inspection_sections(result, sources, rows)
        counted = INSPECTED
    write_page(path, about, content, counted, sources)


def write_page(
    path: Path,
    about: tuple[str, str, str],
    content: Iterator[str],
    counted: str,
    sources: AudioSources,
) -> None:
    """Write the page around `content`; `about` is its name, its heading, and links as markup."""
    name, heading, links = about
    template = files(__package__).joinpath("page.html").read_text("utf-8")
    values = {"title": safe(heading), "policy": safe(policy(template))}

    def body() -> Iterator[str]:
        yield element("header", element("h1", name), element("p", safe(heading)), links)
        yield "<main>"
        yield from content
        yield element("p", counted + linked(sources), class_="note")
        yield "</main>"

    with atomic_text(path) as stream:
        for literal, place in parts_of(template):
            stream.write(literal)
            if place == "body":
                for piece in body():
                    stream.write(piece + "\n")
            else:
                stream.write(values.get(place, ""))


def linked(sources: AudioSources) -> str:
    """What became of the recordings that are not inside the file."""
    if not sources.linked:
        return ""
    return f" {sources.linked:,} recordings are linked by path and play while they stay in place."


def policy(template: str) -> str:
    """A content security policy under which nothing runs but the script of `template`."""
    script = template.partition("<script>")[2].partition("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; "
        "media-src 'self' data: file:; base-uri 'none'; form-action 'none'"
    )


def parts_of(template: str) -> Iterator[tuple[str, str]]:
    """Yield (text, name of the `{{name}}` after it), the last name empty."""
    end = 0
    for match in re.finditer(r"\{\{(\w+)\}\}", template):
        yield template[end : match.start()], match.group(1)
        end = match.end()
    yield template[end:], ""
