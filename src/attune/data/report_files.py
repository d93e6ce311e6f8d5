"""The report of an import as files: text for the terminal, JSON for programs, HTML for people."""

from __future__ import annotations

import json
from pathlib import Path

from attune.data.atomic import atomic_text
from attune.data.report import ImportReport
from attune.data.report_page import report_page
from attune.errors import InputError

__all__ = ["deliver_report", "write_report"]


def write_report(report: ImportReport, folder: Path) -> None:
    """Write `report.txt`, `report.json` and `report.html` into `folder`, each whole or not at all.

    All three name every item known. Raises as `write_errors` does when they cannot be written.
    """
    with atomic_text(folder / "report.txt") as stream:
        stream.write(report.to_text(shown=None))
    with atomic_text(folder / "report.json") as stream:
        json.dump(report.to_json(), stream, indent=1, ensure_ascii=False)
    with atomic_text(folder / "report.html") as stream:
        stream.writelines(report_page(report))


def deliver_report(report: ImportReport, folder: Path) -> ImportReport:
    """Write the report of an import and return it; InputError when nothing could be kept."""
    write_report(report, folder)
    if not report.kept:
        raise InputError(f"{report.source}: nothing could be kept\n{report.to_text()}")
    return report
