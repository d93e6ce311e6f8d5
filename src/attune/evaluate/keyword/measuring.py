"""Measuring a model of keywords: manifests in, an evaluation out."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from attune.data import Manifest, Utterance
from attune.errors import InputError
from attune.evaluate.keyword.counting import HeardRecording
from attune.evaluate.keyword.evaluation import (
    KeywordEvaluation,
    NegativeRecordings,
    PhraseEvaluation,
)
from attune.evaluate.keyword.hearing import SpottingModel, hear_all
from attune.evaluate.keyword.journal import open_journal
from attune.evaluate.keyword.roles import PhraseFinder
from attune.evaluate.keyword.sweep import Sweep, pooled_sweep

__all__ = ["KeywordProgress", "evaluate_keyword"]

_TEXTS_SHOWN = 5

ManifestLike = Manifest | str | Path


@dataclass(frozen=True, slots=True)
class KeywordProgress:
    """How far an evaluation is: recordings and seconds of audio heard, and in all."""

    done: int
    total: int
    seconds: float
    total_seconds: float


@dataclass(frozen=True, slots=True)
class _Recording:
    """A row, the manifest that it is from, and which phrases are said in it."""

    row: Utterance
    manifest: str
    positive: bool
    said: tuple[bool, ...]


def evaluate_keyword(
    model: SpottingModel,
    positives: ManifestLike,
    negatives: ManifestLike | Sequence[ManifestLike] = (),
    *,
    name: str = "model",
    spellings: Mapping[str, Sequence[str]] | None = None,
    language: str = "en-US",
    sensitivity: float | None = None,
    workers: int = 1,
    journal: str | Path | None = None,
    progress: Callable[[KeywordProgress], None] | None = None,
) -> KeywordEvaluation:
    """Measure correct accepts and false accepts an hour at every threshold, in one pass.

    A row of `positives` whose text holds a phrase is a positive of it: a correct accept when the
    model hears the phrase anywhere in the recording. All other rows there, and the rows of
    `negatives`, are keyword-free audio: each firing is a false accept, with a refractory time of
    one second. Rows of `negatives` whose transcript holds the phrase count as neither. `spellings`
    are other ways to write a phrase in transcripts ("know" for "no"). A file that is listed twice
    counts once. `model` is a `KeywordModel`, or whatever has the parts that are needed.

    Each recording is a stream of its own, heard in blocks. `workers` processes listen. `journal`
    names a folder where what was heard is kept as it comes: stopped and run again with the same
    model, the evaluation goes on from there. `sensitivity` stands in for the model's default.

    InputError names a manifest that cannot be used, files that are not there, a phrase that no row
    of `positives` has, negatives without keyword-free audio, and a recording that cannot be read.
    """
    phrases = tuple(phrase.text for phrase in model.phrases)
    finders = [PhraseFinder(text, (spellings or {}).get(text, ()), language) for text in phrases]
    recordings = _recordings(_opened(positives), _several(negatives), finders)
    _check_roles(recordings, phrases, _opened(positives))
    kept = (
        nullcontext()
        if journal is None
        else open_journal(Path(journal), model.bundle.hash, phrases)
    )
    heard: list[HeardRecording] = []
    seconds, total = 0.0, sum(one.row.seconds for one in recordings)
    with kept as open_one:
        paths = [one.row.path for one in recordings]
        for result in hear_all(model, phrases, paths, workers=workers, journal=open_one):
            seconds += recordings[len(heard)].row.seconds
            heard.append(result)
            if progress is not None:
                progress(KeywordProgress(len(heard), len(recordings), seconds, total))
    asked = model.sensitivity if sensitivity is None else sensitivity
    thresholds = model.thresholds(asked)
    sources = _sources(recordings)
    found = tuple(
        _phrase_evaluation(recordings, heard, sources, place, text, thresholds[place])
        for place, text in enumerate(phrases)
    )
    pooled = found[0].sweep
    if len(found) > 1:
        hours = sum(
            one.seconds
            for one, recording in zip(heard, recordings, strict=True)
            if any(_is_negative(recording, place) for place in range(len(phrases)))
        )
        pooled = pooled_sweep([one.sweep for one in found], hours / 3600)
    return KeywordEvaluation(name, asked, found, pooled)


def _opened(manifest: ManifestLike) -> Manifest:
    return manifest if isinstance(manifest, Manifest) else Manifest(manifest)


def _several(manifests: ManifestLike | Sequence[ManifestLike]) -> list[Manifest]:
    if isinstance(manifests, Manifest | str | Path):
        return [_opened(manifests)]
    return [_opened(one) for one in manifests]


def _recordings(
    positives: Manifest, negatives: Sequence[Manifest], finders: Sequence[PhraseFinder]
) -> list[_Recording]:
    """Every recording once, those of the positives' manifest first."""
    known: set[str] = set()
    found = []
    every = (positives, *negatives)
    names = Counter(one.path.name for one in every)
    for manifest in every:
        manifest.check().require()
        path = manifest.path
        name = path.name if names[path.name] == 1 else str(path)
        for row in manifest:
            key = os.path.normpath(row.path.absolute())
            if key not in known:
                known.add(key)
                said = tuple(finder.is_said_in(row.text) for finder in finders)
                found.append(_Recording(row, name, manifest is positives, said))
    return found


def _check_roles(
    recordings: Sequence[_Recording], phrases: Sequence[str], positives: Manifest
) -> None:
    for place, text in enumerate(phrases):
        if not any(one.positive and one.said[place] for one in recordings):
            texts = Counter(one.row.text for one in recordings if one.positive)
            shown = ", ".join(f"{name!r} ({n})" for name, n in texts.most_common(_TEXTS_SHOWN))
            raise InputError(
                f"{positives.path}: no row's text holds {text!r} (it has {shown}): name the "
                "manifest of its recordings, or fill their text column"
            )
        if not any(_is_negative(one, place) for one in recordings):
            raise InputError(
                f"no keyword-free audio for {text!r}: every recording holds it. Give manifests of "
                "other speech and noise as negatives; hours of it, for the rate to mean something"
            )


def _is_negative(recording: _Recording, place: int) -> bool:
    return not recording.said[place]


def _sources(recordings: Sequence[_Recording]) -> list[int]:
    """A number for each recording, the same for all of one speaker in one manifest."""
    numbers: dict[tuple[str, str], int] = {}
    return [
        numbers.setdefault(
            (one.manifest, one.row.speaker or f"\0{place}"),
            len(numbers),
        )
        for place, one in enumerate(recordings)
    ]


def _phrase_evaluation(
    recordings: Sequence[_Recording],
    heard: Sequence[HeardRecording],
    sources: Sequence[int],
    place: int,
    text: str,
    threshold: float,
) -> PhraseEvaluation:
    best: list[float] = []
    speakers: list[str] = []
    scores: list[np.ndarray] = []
    of_source: list[np.ndarray] = []
    floor = -np.inf
    seconds: defaultdict[str, float] = defaultdict(float)
    counts: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    members: dict[str, set[int]] = {}
    for recording, result, source in zip(recordings, heard, sources, strict=True):
        firings = result.firings[place]
        if recording.positive and recording.said[place]:
            best.append(firings.best)
            speakers.append(recording.row.speaker)
        elif recording.said[place]:
            left_out[recording.manifest] += 1
        else:
            scores.append(firings.scores)
            of_source.append(np.full(len(firings.scores), source, np.int64))
            floor = max(floor, firings.floor)
            seconds[recording.manifest] += result.seconds
            counts[recording.manifest] += 1
            members.setdefault(recording.manifest, set()).add(source)
    every = np.concatenate(scores)
    order = np.argsort(-every, kind="stable")
    sweep = Sweep(
        np.array(best),
        tuple(speakers),
        every[order],
        np.concatenate(of_source)[order],
        sum(seconds.values()) / 3600,
        float(floor),
    )
    negatives = tuple(
        NegativeRecordings(
            name,
            counts[name],
            seconds[name] / 3600,
            frozenset(members.get(name, ())),
            left_out[name],
        )
        for name in dict.fromkeys(one.manifest for one in recordings)
        if counts[name] or left_out[name]
    )
    return PhraseEvaluation(text, sweep, threshold, negatives)
