"""Running a recogniser over a manifest and scoring what it says."""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from attune.data import Manifest, Utterance
from attune.data.parallel import map_in_order
from attune.errors import InputError
from attune.evaluate.alignment import EditCounts
from attune.evaluate.audio_quality import AudioQuality
from attune.evaluate.evaluation import Evaluation
from attune.evaluate.scoring import Hypothesis, UtteranceScore, score_utterance
from attune.evaluate.terms import Term
from attune.text import normalize as normalize_text

__all__ = ["EvaluationProgress", "evaluate_manifest", "transcribe_row"]

Measure = Callable[[Path], AudioQuality | None]


@dataclass(frozen=True, slots=True)
class EvaluationProgress:
    """How far an evaluation is: utterances and seconds of audio done and in all, counts so far."""

    done: int
    total: int
    seconds: float
    total_seconds: float
    counts: EditCounts


def evaluate_manifest(
    manifest: Manifest | str | Path,
    transcribe: Callable[[Path], Hypothesis],
    *,
    model: str = "model",
    normalize: Callable[[str], str] | None = None,
    language: str = "en-US",
    workers: int = 1,
    progress: Callable[[EvaluationProgress], None] | None = None,
    quality: Measure | None = None,
    vocabulary: Container[str] | None = None,
    terms: Sequence[Term] = (),
) -> Evaluation:
    """Transcribe every recording of `manifest` and score the results against its transcripts.

    Both sides go through `normalize`, by default the normaliser of `language`. With several
    `workers`, `transcribe` is called from as many threads at once, and the real-time factor is
    that of each of them on a shared machine. `progress` is called in this thread after each
    utterance, in the manifest's order. `quality` measures a recording's noise (`recording_quality`
    does), outside of the time that counts; `vocabulary` and `terms` are those of `Evaluation`.

    Before the first recording is read, InputError names rows whose file is gone or was listed
    before, and a manifest without any transcript. Later, InputError from `transcribe` is raised
    with the row it happened at.
    """
    if not isinstance(manifest, Manifest):
        manifest = Manifest(manifest)
    chosen = normalize or partial(normalize_text, language=language)
    check = manifest.check().require(distinct=True)
    if not any(chosen(row.text) for row in manifest):
        raise InputError(
            f"{manifest.path}: no row has a transcript: fill the text column to measure accuracy"
        )
    score = partial(score_row, transcribe, chosen, manifest.path, quality)
    scores: list[UtteranceScore] = []
    counts, seconds = EditCounts(), 0.0
    for _, result in map_in_order(score, manifest, max(1, workers)):
        scores.append(result)
        counts, seconds = counts + result.counts, seconds + result.seconds
        if progress is not None:
            total = check.utterances, seconds, check.seconds
            progress(EvaluationProgress(len(scores), *total, counts))
    return Evaluation(model, manifest.path.name, tuple(scores), vocabulary, tuple(terms))


def score_row(
    transcribe: Callable[[Path], Hypothesis],
    normalize: Callable[[str], str],
    manifest: Path,
    quality: Measure | None,
    row: Utterance,
) -> UtteranceScore:
    """Transcribe and score one row."""
    hypothesis, seconds, measured = transcribe_row(transcribe, manifest, quality, row)
    return score_utterance(row, hypothesis, normalize, seconds, measured)


def transcribe_row(
    transcribe: Callable[[Path], Hypothesis],
    manifest: Path,
    quality: Measure | None,
    row: Utterance,
) -> tuple[Hypothesis, float, AudioQuality | None]:
    """What was recognised in one row, the seconds that took, and the recording's quality.

    InputError of either names the row.
    """
    start = time.perf_counter()
    try:
        hypothesis = transcribe(row.path)
        seconds = time.perf_counter() - start
        measured = None if quality is None else quality(row.path)
    except InputError as error:
        raise InputError(f"{manifest}:{row.line}: {error}") from error
    return hypothesis, seconds, measured
