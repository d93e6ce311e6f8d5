"""`adapt`: a recogniser made of a base and any mix of data sets and text.

The stages go one after the other, each on the bundle of the one before: language (with the
pronunciations), display rules, then the recordings, whose words the lexicon knows by then. A stage
whose bundle is there is not done again.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from attune.bundle import Bundle, Lineage, NewPart, derive
from attune.bundle.atomic import replace_file
from attune.customize import (
    LanguageAdaptation,
    PronunciationAdaptation,
    adapt_language,
    adapt_pronunciations,
)
from attune.data import PronunciationEntry, read_pronunciations, read_structured_text
from attune.errors import InputError
from attune.service.datasets.content import content_folder
from attune.service.datasets.kinds import dataset_kind
from attune.service.jobs.context import JobContext
from attune.service.jobs.kinds.adapting_acoustic import adapt_to_recordings
from attune.service.jobs.kinds.made_models import Wanted, keep_model, wanted_model
from attune.service.jobs.kinds.stage_reports import StageReports
from attune.service.tables import Dataset, now
from attune.text import DisplayRules

__all__ = ["run"]

_WEIGHTS = {"acoustic": 20.0, "display": 0.1}
Stage = Callable[[JobContext, Wanted, Bundle, Path], dict[str, Any]]


def run(context: JobContext) -> None:
    """Make the model that the job is for. Settings: `text`, `method`, `unsupervised`."""
    wanted = wanted_model(context)
    stages = _stages(wanted)
    if not stages:
        raise InputError("there is nothing to adapt to: give data sets or text")
    reports = StageReports(context.folder / "reports.json")
    bundle = wanted.base
    for number, (name, stage) in enumerate(stages):
        out = context.folder / f"{number}-{name}"
        begin, end = _share(number, stages)
        with context.part(0.95 * begin, 0.95 * end):
            if not (reports.has(name) and (out / "bundle.json").exists()):
                reports.add(name, stage(context, wanted, bundle, out))
            context.progress(1.0)
        bundle = Bundle.open(out)
    keep_model(context, bundle.path, {"adaptation": reports.all()})


def _stages(wanted: Wanted) -> list[tuple[str, Stage]]:
    """What there is to do, in order."""
    found: list[tuple[str, Stage]] = []
    inline = wanted.model.settings.get("text", "").strip()
    if inline or wanted.of_kind("Language", "StructuredText"):
        found.append(("language", _language))
    elif wanted.of_kind("Pronunciation"):
        found.append(("pronunciation", _pronunciation))
    if wanted.of_kind("DisplayFormat"):
        found.append(("display", _display))
    if wanted.of_kind("Acoustic", "Audio"):
        found.append(("acoustic", adapt_to_recordings))
    return found


def _share(number: int, stages: list[tuple[str, Stage]]) -> tuple[float, float]:
    """Where a stage lies between the beginning and the end: recordings take far longer."""
    weights = [_WEIGHTS.get(name, 1.0) for name, _ in stages]
    before, total = sum(weights[:number]), sum(weights)
    return before / total, (before + weights[number]) / total


def _file(context: JobContext, dataset: Dataset) -> Path:
    """The file that the import of a text wrote."""
    return content_folder(context.service, dataset) / dataset_kind(dataset).output


def _entries(context: JobContext, wanted: Wanted) -> tuple[PronunciationEntry, ...]:
    files = [_file(context, dataset) for dataset in wanted.of_kind("Pronunciation")]
    return tuple(entry for file in files for entry in read_pronunciations(file))


def _language(context: JobContext, wanted: Wanted, base: Bundle, out: Path) -> dict[str, Any]:
    texts = [_file(context, dataset) for dataset in wanted.of_kind("Language")]
    inline = wanted.model.settings.get("text", "")
    if inline.strip():
        path = context.folder / "text.txt"
        replace_file(path, inline.encode("utf-8"))
        texts.append(path)
    structured = [_file(context, dataset) for dataset in wanted.of_kind("StructuredText")]
    adaptation = LanguageAdaptation(
        texts=tuple(texts),
        structured=tuple(read_structured_text(path) for path in structured),
        terms=_entries(context, wanted),
        name=wanted.model.name,
    )
    report = adapt_language(base, adaptation, out, replace=True, say=_sayer(context, 6))
    return {**report.to_json(), "path": None}


def _pronunciation(context: JobContext, wanted: Wanted, base: Bundle, out: Path) -> dict[str, Any]:
    adaptation = PronunciationAdaptation(_entries(context, wanted), name=wanted.model.name)
    report = adapt_pronunciations(base, adaptation, out, replace=True, say=_sayer(context, 2))
    return {**report.to_json(), "path": None}


def _sayer(context: JobContext, steps: int) -> Callable[[str], None]:
    """Tells the steps of a stage, of which there are about so many."""
    done = 0

    def say(step: str) -> None:
        nonlocal done
        context.progress(min(0.95, done / steps), stage=step)
        done += 1

    return say


def _display(context: JobContext, wanted: Wanted, base: Bundle, out: Path) -> dict[str, Any]:
    """The base's display rules with those of the data sets, which come before them."""
    context.say("adding display rules")
    language, role = base.description.language, "display_rules"
    rules = [
        DisplayRules.load(_file(context, dataset), language)
        for dataset in wanted.of_kind("DisplayFormat")
    ]
    if base.has(role):
        rules.append(DisplayRules.load(base.part_path(role), language))
    merged = DisplayRules(
        patterns=tuple({one.text: one for part in rules for one in part.patterns}.values()),
        rewritings=_rewritings(rules),
        profanity=tuple(dict.fromkeys(one for part in rules for one in part.profanity)),
        language=language,
    )
    derive(
        base,
        out,
        name=wanted.model.name,
        lineage=Lineage("attune serve: display rules", now().date().isoformat()),
        parts={role: NewPart(merged.to_text().encode(), "text", "display-rules.txt")},
        model_card=base.description.model_card,
        replace=True,
    )
    return {
        "patterns": len(merged.patterns),
        "rewritings": len(merged.rewritings),
        "profanity": len(merged.profanity),
    }


def _rewritings(rules: list[DisplayRules]) -> tuple[Any, ...]:
    """The first of each original, whatever its case."""
    found: dict[str, Any] = {}
    for part in rules:
        for one in part.rewritings:
            found.setdefault(one.original.casefold(), one)
    return tuple(found.values())
