"""The stage of `adapt` that learns from recordings: a training run, which goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attune.bundle import Bundle
from attune.data import Utterance, write_manifest
from attune.errors import InputError
from attune.service.datasets.content import rows
from attune.service.jobs.context import JobContext
from attune.service.jobs.kinds.made_models import Wanted

if TYPE_CHECKING:
    from attune.train.adaptation import Progress

__all__ = ["adapt_to_recordings"]


def adapt_to_recordings(
    context: JobContext, wanted: Wanted, base: Bundle, out: Path
) -> dict[str, Any]:
    """Write a bundle to `out` whose encoder has learnt from the recordings; the report.

    InputError when the extra train is not installed, and for recordings that cannot be used.
    """
    try:
        from attune.train.adaptation import AcousticAdaptation, Method
        from attune.train.adaptation.adapting import adapt_acoustic
    except ImportError as error:
        raise InputError(
            "learning from recordings needs the extra train, which this server lacks: its "
            "administrator installs it with pip install 'attune[train]'"
        ) from error
    settings = wanted.model.settings
    manifest = context.folder / f"{_file_stem(wanted.model.name)}.tsv"
    write_manifest(manifest, _recordings(context, wanted))
    work = context.folder / "acoustic-work"
    report = adapt_acoustic(
        base,
        AcousticAdaptation(
            data=manifest,
            method=Method(settings.get("method", "auto")),
            unsupervised=bool(settings.get("unsupervised", False)),
            name=wanted.model.name,
        ),
        out,
        work=work,
        replace=True,
        report=_Teller(context, work / "training" / "log.jsonl"),
    )
    left_out = [{"path": Path(x.path).name, "reason": x.problem} for x in report.left_out]
    return {**report.to_json(), "path": None, "left_out": left_out}


def _file_stem(name: str) -> str:
    """The model's name as that of its data, which the card names."""
    kept = "".join(letter if letter.isalnum() or letter in "-_ " else "-" for letter in name)
    return kept.strip(" -")[:60] or "recordings"


def _recordings(context: JobContext, wanted: Wanted) -> Iterator[Utterance]:
    """The rows of all sets; speakers of different sets are different people."""
    datasets = wanted.of_kind("Acoustic", "Audio")
    for number, dataset in enumerate(datasets, start=1):
        assert dataset.content_hash is not None
        context.blob_folder(dataset.content_hash)
        for row in rows(context.service, dataset):
            many = row.speaker and len(datasets) > 1
            yield replace(row, speaker=f"{number}/{row.speaker}") if many else row


class _Teller:
    """Passes on what the training tells, and the points of its curve, which its log holds."""

    def __init__(self, context: JobContext, log: Path) -> None:
        self._context, self._log = context, log
        self._told = log.stat().st_size if log.exists() else 0

    def __call__(self, progress: Progress) -> None:
        self._tell_curve()
        if progress.message:
            self._context.event("note", message=progress.message)
        self._context.progress(
            progress.share, stage=progress.stage, eta_seconds=progress.eta_seconds
        )

    def _tell_curve(self) -> None:
        if not self._log.exists():
            return
        with self._log.open("rb") as stream:
            stream.seek(self._told)
            content = stream.read()
        whole = content[: content.rfind(b"\n") + 1]
        self._told += len(whole)
        for line in whole.splitlines():
            point = json.loads(line)
            self._context.event(
                "curve",
                **{name: value for name, value in point.items() if value not in (None, "")},
            )
