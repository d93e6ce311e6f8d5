"""`evaluate`: one model or two on a data set, with or without transcripts."""

from __future__ import annotations

import json
from functools import cache, partial
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from attune.data import Manifest
from attune.evaluate import (
    Comparison,
    Evaluation,
    EvaluationProgress,
    Hypothesis,
    HypothesisWord,
    Inspection,
    InspectionComparison,
    compare_evaluations,
    compare_inspections,
    comparison_to_json,
    evaluate_manifest,
    evaluation_to_json,
    inspect_manifest,
    inspection_comparison_to_json,
    inspection_to_json,
    recording_quality,
)
from attune.recognize import Model as Recogniser
from attune.recognize import load
from attune.service import tables
from attune.service.datasets.content import manifest
from attune.service.errors import NotFound
from attune.service.jobs.context import JobContext
from attune.service.jobs.kinds.evaluation_figures import figures_of
from attune.service.jobs.kinds.heard import Heard
from attune.service.jobs.storable import storable

__all__ = ["run"]

_WORST = 20


def run(context: JobContext) -> None:
    """Evaluate what the job is for; recordings that were heard by an attempt before are not heard
    again."""
    service = context.service
    with service.database.reading() as session:
        wanted = session.get(tables.Evaluation, context.job.subject_id)
        if wanted is None:
            raise NotFound("the evaluation is gone")
        dataset = session.get_one(tables.Dataset, wanted.dataset_id)
        ids = [id for id in (wanted.model1_id, wanted.model2_id) if id is not None]
        models = [session.get_one(tables.Model, id) for id in ids]
    if dataset.content_hash is None or any(model.bundle_hash is None for model in models):
        raise NotFound("the data set or a model is gone")
    folder = context.blob_folder(dataset.content_hash)
    rows = Manifest(manifest(service, dataset, context.folder))
    measured = _Measuring(context, rows, folder, wanted.kind == "Inspection")
    results = []
    for number, model in enumerate(models):
        with context.part(0.98 * number / len(models), 0.98 * (number + 1) / len(models)):
            results.append(measured.measure(model))
    context.progress(0.98, stage="comparing")
    result = _together(results)
    document = _relative(_document(result), folder)
    content = json.dumps(document, ensure_ascii=False).encode()
    blob = service.store.put_bytes(content)

    def change(session: Session) -> None:
        row = session.get_one(tables.Evaluation, context.job.subject_id)
        row.figures, row.result_hash = storable(figures_of(result)), blob

    context.save(change)


class _Measuring:
    """Hears the rows of a data set with one model after the other."""

    def __init__(self, context: JobContext, rows: Manifest, folder: Path, inspecting: bool) -> None:
        self._context, self._rows, self._folder = context, rows, folder
        self._inspecting = inspecting
        self._quality = cache(recording_quality)

    def measure(self, model: tables.Model) -> Evaluation | Inspection:
        """What a model makes of the rows."""
        context = self._context
        assert model.bundle_hash is not None
        context.progress(0.0, stage=f"loading {model.name}")
        recogniser = load(context.blob_folder(model.bundle_hash))
        context.say(f"hearing with {model.name}")
        with Heard.open(context.folder / f"{model.id}.jsonl", self._folder) as heard:
            transcribe = heard.remembering(partial(_hear, recogniser))
            if self._inspecting:
                return inspect_manifest(
                    self._rows,
                    transcribe,
                    model=model.name,
                    language=model.language,
                    workers=context.job.cores,
                    progress=self._tell,
                )
            return evaluate_manifest(
                self._rows,
                transcribe,
                model=model.name,
                language=model.language,
                workers=context.job.cores,
                progress=self._tell,
                quality=self._quality,
                vocabulary=frozenset(recogniser.vocabulary),
            )

    def _tell(self, progress: EvaluationProgress) -> None:
        if progress.total_seconds:
            self._context.progress(progress.seconds / progress.total_seconds)
        else:
            self._context.progress(progress.done / progress.total)


def _hear(recogniser: Recogniser, path: Path) -> Hypothesis:
    result = recogniser.transcribe(path)
    words = tuple(
        HypothesisWord(word.text, word.confidence, (word.start, word.end)) for word in result.words
    )
    return Hypothesis(result.lexical, words, display=result.text)


Found = Evaluation | Comparison | Inspection | InspectionComparison


def _together(results: list[Any]) -> Found:
    if len(results) == 1:
        one: Found = results[0]
        return one
    if isinstance(results[0], Evaluation):
        return compare_evaluations(*results)
    return compare_inspections(*results)


def _document(result: Found) -> dict[str, Any]:
    if isinstance(result, Evaluation):
        return evaluation_to_json(result, worst=_WORST, utterances=True)
    if isinstance(result, Comparison):
        return comparison_to_json(result, worst=_WORST, utterances=True)
    if isinstance(result, Inspection):
        return inspection_to_json(result, worst=_WORST, utterances=True)
    return inspection_comparison_to_json(result, worst=_WORST, utterances=True)


def _relative(value: Any, folder: Path) -> Any:
    """The document with the paths of recordings as they are in the data set."""
    if isinstance(value, dict):
        return {
            name: item.removeprefix(f"{folder}/")
            if name == "path" and isinstance(item, str)
            else _relative(item, folder)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [_relative(item, folder) for item in value]
    return value
