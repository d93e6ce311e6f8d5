"""Running a recogniser over a manifest and scoring what it says."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from attune.data import Manifest, Utterance
from attune.errors import InputError
from attune.evaluate.alignment import EditCounts
from attune.evaluate.evaluation import Evaluation
from attune.evaluate.scoring import Hypothesis, UtteranceScore, score_utterance
from attune.text import normalize as normalize_text

__all__ = ["EvaluationProgress", "evaluate_manifest"]

WAITING_PER_WORKER = 4


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
) -> Evaluation:
    """Transcribe every recording of `manifest` and score the results against its transcripts.

    Both sides go through `normalize`, by default the normaliser of `language`. With several
    `workers`, `transcribe` is called from as many threads at once, and the real-time factor is
    that of each of them on a shared machine. `progress` is called in this thread after each
    utterance, in the manifest's order.

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
    score = partial(transcribe_row, transcribe, chosen, manifest.path)
    scores: list[UtteranceScore] = []
    counts, seconds = EditCounts(), 0.0
    for result in run_in_order(score, manifest, workers):
        scores.append(result)
        counts, seconds = counts + result.counts, seconds + result.seconds
        if progress is not None:
            total = check.utterances, seconds, check.seconds
            progress(EvaluationProgress(len(scores), *total, counts))
    return Evaluation(model, manifest.path.name, tuple(scores))


def transcribe_row(
    transcribe: Callable[[Path], Hypothesis],
    normalize: Callable[[str], str],
    manifest: Path,
    row: Utterance,
) -> UtteranceScore:
    """Transcribe and score one row, measuring the time that transcribing takes."""
    start = time.perf_counter()
    try:
        hypothesis = transcribe(row.path)
    except InputError as error:
        raise InputError(f"{manifest}:{row.line}: {error}") from error
    return score_utterance(row, hypothesis, normalize, time.perf_counter() - start)


def run_in_order(
    score: Callable[[Utterance], UtteranceScore], rows: Manifest, workers: int
) -> Iterator[UtteranceScore]:
    """`map(score, rows)` over threads, with a bounded number of results waiting."""
    if workers <= 1:
        yield from map(score, rows)
        return
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future[UtteranceScore]] = deque()
        try:
            for row in rows:
                waiting.append(pool.submit(score, row))
                if len(waiting) >= WAITING_PER_WORKER * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
