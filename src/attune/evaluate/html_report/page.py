"""Putting a report together and writing it, a row at a time."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from attune.data.atomic import atomic_text
from attune.evaluate.evaluation import Comparison, Evaluation
from attune.evaluate.html_report.audio import AudioSources
from attune.evaluate.html_report.figures import contents, figures
from attune.evaluate.html_report.markup import element, safe
from attune.evaluate.html_report.rows import table_of_utterances

__all__ = ["write_html"]

EMBEDDED_BYTES = 32 << 20
ROWS = 2000


def write_html(
    result: Evaluation | Comparison,
    path: str | Path,
    *,
    audio_bytes: int = EMBEDDED_BYTES,
    rows: int = ROWS,
) -> None:
    """Write `result` as one HTML file, in one atomic step; it loads nothing from elsewhere.

    Recordings are embedded, those of the utterances with most errors first, until they add up to
    `audio_bytes`; the others are linked by their paths relative to the file. At most `rows`
    utterances are shown. Raises InputError when the file cannot be written.
    """
    path = Path(path)
    models = (result,) if isinstance(result, Evaluation) else result.models
    comparison = None if isinstance(result, Evaluation) else result
    sources = AudioSources(path.parent, audio_bytes)
    names = " and ".join(model.model for model in models)
    template = files(__package__).joinpath("page.html").read_text("utf-8")
    heading = f"{models[0].manifest}: {names}"
    values = {"title": safe(heading), "policy": safe(policy(template))}

    def body() -> Iterator[str]:
        about = element("h1", "Accuracy test"), element("p", safe(heading)), contents(models)
        yield element("header", *about)
        yield "<main>"
        yield from figures(models, comparison)
        yield from table_of_utterances(models, sources, rows)
        yield element("p", note(sources), class_="note")
        yield "</main>"

    with atomic_text(path) as stream:
        for literal, name in parts_of(template):
            stream.write(literal)
            if name == "body":
                for piece in body():
                    stream.write(piece + "\n")
            else:
                stream.write(values.get(name, ""))


def note(sources: AudioSources) -> str:
    """What became of the recordings, and how errors were counted."""
    counted = (
        "Both sides were normalised before counting. Word error rate is substitutions, deletions "
        "and insertions over reference words; above 100 % is possible."
    )
    linked = (
        f" {sources.linked:,} recordings are linked by path and play while they stay in place."
        if sources.linked
        else ""
    )
    return counted + linked


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
