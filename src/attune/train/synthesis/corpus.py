"""A corpus of synthesised speech: prompts spoken by many voices, as a manifest with its audio."""

from __future__ import annotations

import contextlib
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from attune.data import Utterance, write_manifest
from attune.errors import InputError
from attune.train.synthesis.journal import Entry, Journal
from attune.train.synthesis.plan import AudioFormat, Plan, Variation
from attune.train.synthesis.voice import (
    SAMPLE_RATE,
    SynthesisError,
    Voice,
    speakable,
    synthesize,
)

__all__ = ["CorpusProgress", "SynthesizedCorpus", "synthesize_corpus"]

_LONGEST_SECONDS = 30.0
_FAILURES_IN_A_ROW = 20

_DIGITS = "holds digits: verbalise the text first"
_NOTHING = "nothing to say"
_LONG = "longer than 30 s"
_FAILED = "the synthesiser failed"


@dataclass(frozen=True, slots=True)
class CorpusProgress:
    """Where a run stands: utterances kept, their seconds, the seconds wanted (None: no limit)."""

    utterances: int
    seconds: float
    wanted_seconds: float | None


@dataclass(frozen=True, slots=True)
class SynthesizedCorpus:
    """A finished corpus; `skipped` counts the prompts left out by reason."""

    manifest: Path
    utterances: int
    seconds: float
    skipped: Mapping[str, int]


def synthesize_corpus(
    prompts: Iterable[str],
    voices: Sequence[Voice],
    out_dir: str | Path,
    *,
    seed: int,
    hours: float | None = None,
    variation: Variation | None = None,
    audio_format: AudioFormat = "flac",
    workers: int = 1,
    progress: Callable[[CorpusProgress], None] | None = None,
) -> SynthesizedCorpus:
    """Speak each prompt with a voice drawn by chance, until `hours` of audio or no more prompts.

    Writes `out_dir`/manifest.tsv with the audio below it. Stopped and run again with the same
    arguments, it goes on where it was and gives the corpus that one run would have given; with
    more `hours` it grows. The transcript is the prompt: those with digits are left out because
    each engine reads them its own way, as are empty ones and speech longer than 30 s. `workers`
    voices speak at the same time. Raises InputError for arguments that cannot be used and for an
    `out_dir` that holds something else, SynthesisError when 20 prompts in a row fail, AttuneError
    when the disk is full.
    """
    if workers < 1 or (hours is not None and not hours > 0):
        raise InputError(f"workers ({workers}) and hours ({hours}) must be greater than 0")
    plan = Plan(Path(out_dir), tuple(voices), seed, variation or Variation(), audio_format)
    plan.claim_folder()
    wanted = None if hours is None else hours * 3600.0
    kept: list[Utterance] = []
    skipped: Counter[str] = Counter()
    seconds, failures = 0.0, 0
    with contextlib.closing(_spoken(plan, prompts, workers)) as spoken:
        for entry in spoken:
            failures = failures + 1 if entry.reason == _FAILED else 0
            if failures == _FAILURES_IN_A_ROW:
                raise SynthesisError(f"{failures} prompts in a row failed, last {entry.text!r}")
            if entry.reason:
                skipped[entry.reason] += 1
                continue
            path = plan.folder / plan.file(entry.number)
            kept.append(Utterance(path, entry.seconds, entry.voice, entry.text))
            seconds += entry.seconds
            if progress is not None:
                progress(CorpusProgress(len(kept), seconds, wanted))
            if wanted is not None and seconds >= wanted:
                break
    manifest = plan.folder / "manifest.tsv"
    write_manifest(manifest, kept)
    return SynthesizedCorpus(manifest, len(kept), seconds, dict(skipped))


def _spoken(plan: Plan, prompts: Iterable[str], workers: int) -> Generator[Entry, None, None]:
    """The prompts' entries in order: those in the journal, then newly spoken ones."""
    with Journal.open(plan.folder) as journal, ThreadPoolExecutor(workers) as pool:
        pending: deque[Future[Entry]] = deque()
        try:
            for number, prompt in enumerate(prompts):
                text = " ".join(prompt.split())
                entry = journal.entry(number, text)
                if entry is None:
                    pending.append(pool.submit(_speak, plan, number, text))
                    if len(pending) > workers:
                        yield _noted(journal, pending.popleft())
                elif entry.reason or (plan.folder / plan.file(number)).is_file():
                    yield entry
                else:
                    yield _speak(plan, number, text)
            while pending:
                yield _noted(journal, pending.popleft())
        finally:
            for future in pending:
                if not future.cancel():
                    _discard(plan, future)


def _noted(journal: Journal, spoken: Future[Entry]) -> Entry:
    entry = spoken.result()
    journal.add(entry)
    return entry


def _discard(plan: Plan, spoken: Future[Entry]) -> None:
    """Remove audio that was spoken ahead and is not wanted any more."""
    with contextlib.suppress(Exception):
        (plan.folder / plan.file(spoken.result().number)).unlink(missing_ok=True)


def _speak(plan: Plan, number: int, text: str) -> Entry:
    """Speak one prompt and keep its audio; failures of the synthesiser become its reason."""
    if any(mark.isdigit() for mark in text):
        return Entry(number, 0.0, "", _DIGITS, text)
    try:
        speakable(text)
    except InputError:
        return Entry(number, 0.0, "", _NOTHING, text)
    utterer = plan.utterer(number)
    try:
        samples = synthesize(text, utterer.voice, utterer.rate, utterer.pitch)
    except SynthesisError:
        return Entry(number, 0.0, utterer.voice.name, _FAILED, text)
    seconds = samples.size / SAMPLE_RATE
    if seconds > _LONGEST_SECONDS:
        return Entry(number, 0.0, utterer.voice.name, _LONG, text)
    plan.write_audio(number, samples)
    return Entry(number, seconds, utterer.voice.name, "", text)
