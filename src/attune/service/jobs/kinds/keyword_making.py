"""`keyword`: a model that listens for phrases, made of pronunciations, or of simulated speech."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from attune.data import write_manifest
from attune.errors import InputError
from attune.keyword import CreationReport, KeywordPhrase, create_basic
from attune.lexicon import from_ups
from attune.service.datasets.content import manifest, rows
from attune.service.jobs.context import JobContext
from attune.service.jobs.kinds.made_models import Wanted, keep_model, wanted_model

__all__ = ["run"]

_BASIC_STEPS = 3
_STAGES = {
    "positives": (0.0, 0.2),
    "negatives": (0.2, 0.5),
    "augment": (0.5, 0.85),
    "adapt": (0.85, 0.97),
    "calibrate": (0.97, 0.98),
    "evaluate": (0.98, 1.0),
}
"""Where the stages of an advanced keyword lie, roughly."""


def run(context: JobContext) -> None:
    """Make the keyword that the job is for. Settings: `type` (basic, advanced), `sensitivity`,
    `phrases` (text, pronunciations in phones), `negatives` (data sets without the phrases),
    `prompts` (how many of each role an advanced one simulates; as many as ten minutes allow)."""
    wanted = wanted_model(context)
    settings = wanted.model.settings
    phrases = [
        KeywordPhrase(one["text"], tuple(tuple(_phones(said)) for said in one["pronunciations"]))
        for one in settings["phrases"]
    ]
    out = context.folder / "keyword"
    if settings["type"] == "advanced":
        report = _advanced(context, wanted, phrases, out)
    else:
        report = create_basic(
            phrases,
            out,
            base=wanted.base,
            sensitivity=settings["sensitivity"],
            name=wanted.model.name,
            replace=True,
            report=_steps(context),
        )
    keep_model(context, out, _expected(report))


def _phones(said: str) -> tuple[str, ...]:
    """The phones of a pronunciation, whose words may be parted by strokes."""
    return from_ups(said.replace("|", " "))


def _expected(report: CreationReport) -> dict[str, Any]:
    return {
        "expected": [
            {
                "phrase": phrase.text,
                "pronunciations": [" ".join(phones) for phones in phrase.pronunciations],
                "falseAcceptsPerHour": round(rate, 4),
                "correctAcceptRate": round(share, 4),
                "threshold": round(threshold, 4),
            }
            for phrase, rate, share, threshold in zip(
                report.phrases,
                report.false_accepts_per_hour,
                report.correct_accepts,
                report.thresholds,
                strict=True,
            )
        ],
        "warnings": list(report.warnings),
    }


def _steps(context: JobContext) -> Callable[[str], None]:
    done = 0

    def report(step: str) -> None:
        nonlocal done
        context.progress(0.9 * min(1.0, done / _BASIC_STEPS), stage=step)
        done += 1

    return report


def _advanced(
    context: JobContext, wanted: Wanted, phrases: list[KeywordPhrase], out: Path
) -> CreationReport:
    try:
        package = import_module("attune.train.keyword")
    except ImportError as error:
        raise InputError(
            "advanced keywords need the extra train, which this server lacks: its administrator "
            "installs it with pip install 'attune[train]'; a basic one can be made without"
        ) from error
    apart = set(wanted.model.settings.get("negatives", ()))
    recordings = [one for one in wanted.datasets if one.id not in apart]
    negatives = [one for one in wanted.datasets if one.id in apart]
    prompts = wanted.model.settings.get("prompts")
    request = package.AdvancedRequest(
        counts=None if prompts is None else package.PromptCounts(**prompts),
        base=wanted.base,
        sensitivity=wanted.model.settings["sensitivity"],
        recordings=_together(context, recordings),
        negatives=tuple(manifest(context.service, one, context.folder) for one in negatives),
        workers=context.job.cores,
    )
    report: CreationReport = package.create_advanced(
        phrases,
        out,
        request=request,
        name=wanted.model.name,
        replace=True,
        work=context.folder / "work",
        report=_stages(context),
    )
    return report


def _together(context: JobContext, datasets: list[Any]) -> Path | None:
    """One manifest of all recordings of the phrases."""
    if not datasets:
        return None
    for dataset in datasets:
        context.blob_folder(dataset.content_hash)
    path = context.folder / "recordings.tsv"
    write_manifest(path, (row for one in datasets for row in rows(context.service, one)))
    return path


def _stages(context: JobContext) -> Callable[[str], None]:
    """Tells how far an advanced keyword is, by the stage that its messages begin with."""

    def report(message: str) -> None:
        stage, colon, told = message.partition(": ")
        if not colon or stage not in _STAGES:
            context.say(message)
            return
        begin, end = _STAGES[stage]
        done = told.startswith("done")
        share = 1.0 if done else _share_of(told)
        context.progress(0.95 * (begin + share * (end - begin)), stage=stage)
        if done:
            context.event("note", message=message)

    return report


def _share_of(told: str) -> float:
    """The share in a message such as "spoken 30 of 120", 0 in others."""
    words = told.replace(",", "").split()
    for before, of, after in zip(words, words[1:], words[2:], strict=False):
        if of == "of" and before.isdigit() and after.isdigit() and int(after):
            return int(before) / int(after)
    return 0.0
