"""`import`: what was uploaded becomes a data set, or fails with a report that tells why."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from attune.bundle.atomic import link_or_copy
from attune.data import ImportReport, Manifest, Purpose, Utterance, import_data, import_text
from attune.data import write_manifest as write_rows
from attune.errors import InputError
from attune.service.datasets.kinds import MANIFEST, dataset_kind
from attune.service.errors import NotFound
from attune.service.jobs.context import JobContext
from attune.service.jobs.fetching import Fetcher
from attune.service.jobs.kinds.uploaded_archives import layout_of
from attune.service.tables import Dataset

__all__ = ["run"]

_REPORTS = ("report.txt", "report.json", "report.html")


def run(context: JobContext) -> None:
    """Import the data set that the job is for."""
    with context.service.database.reading() as session:
        dataset = session.get(Dataset, context.job.subject_id)
    if dataset is None or not (dataset.source_hash or dataset.source_url):
        raise NotFound("the data set is gone")
    source, out = context.folder / "source", context.folder / "content"
    for folder in (source, out):
        shutil.rmtree(folder, ignore_errors=True)  # Of an attempt that came to nothing.
    source.mkdir(parents=True)
    context.progress(0.0, stage="reading what was uploaded")
    store = context.service.store
    given = source / _file_name(dataset.source_name)
    link_or_copy(store.path(dataset.source_hash or _fetched(context, dataset)), given)
    if dataset.transcript_hash is not None:
        link_or_copy(store.path(dataset.transcript_hash), source / "trans.txt")
    try:
        report = _import(context, dataset, given, out)
    except InputError as error:
        if not (out / "report.json").exists():
            raise InputError(_without_folders(str(error), source, out)) from error
        _save(context, source, out, None)
        raise InputError(_why_nothing(out)) from error
    context.progress(0.9, stage="storing")
    if report.manifest is not None and report.manifest.name == MANIFEST:
        _gather(report.manifest, out)
    _tidy_reports(source, out)
    content = store.put_folder(out)
    _save(context, source, out, content)


def _fetched(context: JobContext, dataset: Dataset) -> str:
    """What lies at the data set's address, fetched and kept; InputError when it cannot be had."""
    settings = context.service.settings
    most = dataset_kind(dataset).bytes or settings.limits.upload
    place = context.folder / "fetched"
    with Fetcher(private=settings.private_addresses, most_bytes=most) as fetcher:
        fetcher.fetch(dataset.source_url, place)
    blob = context.service.store.put_file(place, move=True)

    def change(session: Session) -> None:
        session.get_one(Dataset, dataset.id).source_hash = blob

    context.save(change)
    return blob


def _import(context: JobContext, dataset: Dataset, given: Path, out: Path) -> ImportReport:
    kind = dataset_kind(dataset)
    tell = _teller(context, given)
    if kind.text is not None:
        return import_text(given, out, kind.text, language=dataset.language, progress=tell)
    place, layout = layout_of(given, kind.name.lower(), context.folder / "unpacked")
    return import_data(
        place,
        out,
        layout=layout,
        kind=kind.name.lower(),
        # What is too long to be learnt from can still be measured on, and listened to.
        purpose=Purpose.TESTING,
        language=dataset.language,
        progress=tell,
    )


def _teller(context: JobContext, given: Path) -> Callable[[int], None]:
    """Tells progress by the number of items, whose total is guessed by the size of the source."""
    an_item = 40 if given.suffix.lower() != ".zip" else 100_000
    guess = max(1.0, given.stat().st_size / an_item)

    def tell(done: int) -> None:
        context.progress(0.9 * done / (done + 0.3 * guess))

    context.say("checking every item")
    return tell


def _file_name(name: str) -> str:
    """A source's name without anything that means more than a name to a file system."""
    kept = re.sub(r"[^\w.\- ]", "_", os.path.basename(name.replace("\\", "/"))).strip(". ")
    stem, suffix = os.path.splitext(kept)
    return f"{stem[:100] or 'source'}{suffix[:10]}"


def _gather(manifest: Path, out: Path) -> None:
    """Bring recordings that still lie elsewhere into the content, so that it is whole."""
    rows = list(Manifest(manifest))
    if all(row.path.is_relative_to(out) for row in rows):
        return

    def gathered() -> Iterator[Utterance]:
        for number, row in enumerate(rows, start=1):
            if row.path.is_relative_to(out):
                yield row
                continue
            target = out / "audio" / f"{number:06d}-{_file_name(row.path.name)}"
            target.parent.mkdir(parents=True, exist_ok=True)
            link_or_copy(row.path, target)
            yield replace(row, path=target)

    write_rows(manifest, gathered())


def _without_folders(text: str, source: Path, out: Path) -> str:
    """A text without the names of the server's folders, which say nothing to its reader."""
    for folder in (source, out, source.with_name("unpacked"), source.parent):
        text = text.replace(f"{folder}/", "").replace(str(folder), "what was uploaded")
    return text


def _tidy_reports(source: Path, out: Path) -> None:
    for name in _REPORTS:
        path = out / name
        path.write_text(_without_folders(path.read_text("utf-8"), source, out), "utf-8")


def _why_nothing(out: Path) -> str:
    report = json.loads((out / "report.json").read_text("utf-8"))
    worst = max(report["dropped"], key=lambda group: int(group["count"]), default=None)
    if worst is None:
        return "; ".join(["there is nothing in it that can be used", *report["notes"]])
    return (
        f"none of {report['failed']} items can be used, most of all: {worst['reason']} "
        f"({worst['advice']}); the report names each"
    )


def _save(context: JobContext, source: Path, out: Path, content: str | None) -> None:
    """Store the report and the content; a set without anything usable has a report only."""
    _tidy_reports(source, out)
    report: dict[str, Any] = json.loads((out / "report.json").read_text("utf-8"))
    page = context.service.store.put_file(out / "report.html")

    def change(session: Session) -> None:
        dataset = session.get_one(Dataset, context.job.subject_id)
        dataset.content_hash, dataset.report_hash = content, page
        dataset.report = report
        dataset.figures = {
            "passed": report["passed"],
            "failed": report["failed"],
            "seconds": report["kept"]["seconds"],
            "speakers": report["kept"]["speakers"],
            "warnings": sum(group["count"] for group in report["warnings"]),
        }

    context.save(change)
