"""Live validation: the import of a text, without keeping anything."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from attune.data import import_text
from attune.errors import InputError
from attune.service.datasets.kinds import dataset_kind
from attune.service.errors import TooLarge
from attune.service.fields import known_language

__all__ = ["MOST_TEXT", "TextCheck", "TextProblem", "imported", "validate"]

MOST_TEXT = 1 << 20
"""Bytes of a text that is looked at while somebody writes it."""
_TOLD = 500


@dataclass(frozen=True, slots=True)
class TextProblem:
    """What is wrong in a `line` (from 1; None: in the whole).

    An `error` leaves the line out, a `warning` does not; `advice` says what to do.
    """

    line: int | None
    severity: Literal["error", "warning"]
    reason: str
    detail: str
    advice: str


@dataclass(frozen=True, slots=True)
class TextCheck:
    """How many entries of a text can be used, how many not, the first 500 `problems` in order of
    their lines, and `notes` on the whole."""

    passed: int
    failed: int
    problems: tuple[TextProblem, ...]
    notes: tuple[str, ...]


def validate(kind: str, text: str, language: str = "en-US") -> TextCheck:
    """What an import would say of a text of one of the kinds Language, Pronunciation,
    StructuredText and DisplayFormat.

    InputError for another kind or a language without rules, TooLarge for over 1 MiB: that is
    uploaded, and its report read.
    """
    with TemporaryDirectory() as place:
        report, reason = imported(kind, text, language, Path(place))
    if report is None:
        whole = TextProblem(None, "error", "cannot be read", reason, "write it as plain text")
        return TextCheck(0, 0, (whole,) if text.strip() else (), ())
    problems = [
        *_problems(report["dropped"], "error"),
        *_problems(report["warnings"], "warning"),
    ]
    problems.sort(key=lambda problem: problem.line or 0)
    told = tuple(problems[:_TOLD])
    return TextCheck(report["passed"], report["failed"], told, tuple(report["notes"]))


def imported(
    kind: str, text: str, language: str, folder: Path
) -> tuple[dict[str, Any] | None, str]:
    """The report (as JSON) of importing a text into `folder` / content; None and the reason when
    it is no text at all.

    Errors as of `validate`.
    """
    of_kind = dataset_kind(kind)
    if of_kind.text is None:
        raise InputError(f"kind {of_kind.name} is no kind of text")
    language = known_language(language)
    content = text.encode("utf-8", "surrogatepass")
    if len(content) > MOST_TEXT:
        raise TooLarge(f"the text has {len(content)} bytes: upload it, and read the report")
    source, output = folder / of_kind.file, folder / "content"
    source.write_bytes(content)
    try:
        return import_text(source, output, of_kind.text, language=language).to_json(), ""
    except InputError as error:
        report = output / "report.json"  # It is written when nothing could be kept, too.
        if report.exists():
            read: dict[str, Any] = json.loads(report.read_bytes())
            return read, ""
        return None, str(error).replace(f"{source}: ", "")


def _problems(
    groups: list[dict[str, Any]], severity: Literal["error", "warning"]
) -> Iterator[TextProblem]:
    for group in groups:
        for example in group["examples"]:
            number = example["where"].rpartition(":")[2]
            yield TextProblem(
                int(number) if number.isdigit() else None,
                severity,
                group["reason"],
                example["detail"],
                group["advice"],
            )
