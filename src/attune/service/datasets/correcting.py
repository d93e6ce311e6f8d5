"""Transcripts put right by hand: a new version of a data set that shares its recordings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from attune.data import Utterance, write_manifest
from attune.data.transcripts import TranscriptCheck
from attune.errors import InputError
from attune.service import audit
from attune.service.access import Principal, Scope
from attune.service.datasets.catalogue import get
from attune.service.datasets.content import content_folder, rows
from attune.service.datasets.creating import next_version
from attune.service.lookup import find
from attune.service.tables import Dataset, Project, Status

if TYPE_CHECKING:
    from attune.service.service import Service

__all__ = ["correct"]

_MOST = 10_000
_LONGEST = 5_000


def correct(
    service: Service, principal: Principal, id: str, corrections: Mapping[int, str | None]
) -> Dataset:
    """The next version of a data set of recordings, with other transcripts: number of the
    recording (from 1) -> what is said, None to leave the recording out.

    It is ready at once, and the recordings are not stored again. InputError for transcripts that
    could not be learned from, numbers that are not there, and when nothing would be left.
    """
    principal.require(Scope.MANAGE)
    dataset = get(service, principal, id)
    if not 0 < len(corrections) <= _MOST:
        raise InputError(f"{len(corrections)} corrections: give 1 to {_MOST}")
    texts = _checked(corrections, dataset.language)
    folder = content_folder(service, dataset)
    kept: list[float] = []
    with TemporaryDirectory() as place:
        table = Path(place, "manifest.tsv")
        changed = _changed(rows(service, dataset), texts)
        write_manifest(table, _relative(changed, folder, table.parent, kept))
        if texts:
            missing = ", ".join(map(str, sorted(texts)[:3]))
            raise InputError(f"the data set has no recording {missing}: numbers begin with 1")
        manifest_hash = service.store.put_file(table)
    with service.database.session() as session:
        project = find(session, Project, dataset.project_id, principal)
        version = next_version(session, project, dataset.series_id, dataset.name, None)
        version.description, version.custom = dataset.description, dict(dataset.custom)
        version.source_name = dataset.source_name
        version.content_hash, version.manifest_hash = dataset.content_hash, manifest_hash
        version.status = Status.SUCCEEDED
        version.figures = {
            **dataset.figures,
            "passed": len(kept),
            "seconds": round(sum(kept), 3),
        }
        numbers = sorted(corrections)
        note = f"made from version {dataset.version}: recordings {_short(numbers)} were corrected"
        version.report = {
            **dataset.report,
            "passed": len(kept),
            "notes": [*dataset.report.get("notes", []), note],
        }
        session.add(version)
        session.flush()
        audit.record(
            session,
            principal,
            "correct",
            "dataset",
            version.id,
            version=version.version,
            recordings=len(numbers),
        )
    return version


def _checked(corrections: Mapping[int, str | None], language: str) -> dict[int, str | None]:
    check = TranscriptCheck.of(language)
    texts: dict[int, str | None] = {}
    for number, text in corrections.items():
        if text is not None:
            text = " ".join(text.split())
            if len(text) > _LONGEST:
                raise InputError(f"transcript {number} has over {_LONGEST} characters: shorten it")
            problem = check(text, f"transcript {number}")
            if problem is not None:
                raise InputError(f"{problem.where}: {problem.reason.value}: {problem.detail}")
        texts[number] = text
    return texts


def _changed(old: Iterable[Utterance], texts: dict[int, str | None]) -> Iterator[Utterance]:
    """The rows with their new texts, which are taken out of `texts` as they are used."""
    for number, row in enumerate(old, start=1):
        text = texts.pop(number, row.text)
        if text is not None:
            yield replace(row, text=text)


def _relative(
    changed: Iterable[Utterance], folder: Path, place: Path, kept: list[float]
) -> Iterator[Utterance]:
    """The rows as if the recordings lay beside the new table, which has to outlive any folder."""
    for row in changed:
        kept.append(row.seconds)
        yield replace(row, path=place / row.path.relative_to(folder))


def _short(numbers: list[int]) -> str:
    shown = ", ".join(map(str, numbers[:20]))
    return shown if len(numbers) <= 20 else f"{shown} and {len(numbers) - 20} more"
