"""Looking at what models recognise where nobody has written down what was said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from attune.data import Manifest, Utterance
from attune.data.parallel import map_in_order
from attune.errors import InputError
from attune.evaluate.alignment import Alignment, EditCounts, align_words
from attune.evaluate.driver import EvaluationProgress, transcribe_row
from attune.evaluate.scoring import Hypothesis, Span, spans_of, words_behind
from attune.text import normalize as normalize_text

__all__ = [
    "InspectedUtterance",
    "Inspection",
    "InspectionComparison",
    "compare_inspections",
    "inspect_manifest",
]


@dataclass(frozen=True, slots=True)
class InspectedUtterance:
    """One row of a manifest and what was recognised in it.

    `text` and `display` are as the recogniser gave them, `words` the normalised text. `confidences`
    and `spans` belong to `words`; they are empty where they are not known.
    """

    line: int
    path: Path
    speaker: str
    seconds: float
    text: str
    display: str | None
    words: tuple[str, ...]
    confidences: tuple[float, ...]
    processing_seconds: float
    spans: tuple[Span, ...] = ()

    @property
    def shown(self) -> str:
        """The text as people read it best."""
        return self.text if self.display is None else self.display

    @property
    def confidence(self) -> float | None:
        """The mean confidence of the words, 0 where nothing was recognised, None if not known."""
        if not self.words:
            return 0.0
        return sum(self.confidences) / len(self.confidences) if self.confidences else None


@dataclass(frozen=True)
class Inspection:
    """What one model recognised in one set; `model` and `manifest` are names to show."""

    model: str
    manifest: str
    utterances: tuple[InspectedUtterance, ...]

    @cached_property
    def seconds(self) -> float:
        """Duration of the audio."""
        return sum(item.seconds for item in self.utterances)

    @cached_property
    def processing_seconds(self) -> float:
        """Time that recognition took, summed over utterances."""
        return sum(item.processing_seconds for item in self.utterances)

    @property
    def rtf(self) -> float | None:
        """Real-time factor: processing time over audio time; None where no durations are known."""
        return self.processing_seconds / self.seconds if self.seconds else None

    @cached_property
    def words(self) -> int:
        """Number of words recognised."""
        return sum(len(item.words) for item in self.utterances)

    @cached_property
    def confidence(self) -> float | None:
        """The mean confidence of all words; None where none are known."""
        known = [value for item in self.utterances for value in item.confidences]
        return sum(known) / len(known) if known else None

    @cached_property
    def least_confident(self) -> tuple[InspectedUtterance, ...]:
        """Utterances by confidence, the lowest first, those of unknown confidence last."""
        return tuple(
            sorted(
                self.utterances,
                key=lambda item: (1.0 if item.confidence is None else item.confidence, item.line),
            )
        )


@dataclass(frozen=True)
class InspectionComparison:
    """What two models recognised in one set, and how far they agree.

    `alignments` are from the words of the `reference` (0 for the first, 1 for the second), which
    need not be right, to those of the other, in the set's order.
    """

    first: Inspection
    second: Inspection
    reference: int
    alignments: tuple[Alignment, ...]

    @property
    def models(self) -> tuple[Inspection, Inspection]:
        """Both, in order."""
        return self.first, self.second

    @cached_property
    def counts(self) -> EditCounts:
        """Word counts over the whole set, with the reference taken for right."""
        return sum((alignment.counts for alignment in self.alignments), EditCounts())

    @property
    def agreement(self) -> float | None:
        """The share of the columns of the alignments in which both have the same word.

        It does not depend on which is the reference. None where neither recognised anything.
        """
        columns = self.counts.words + self.counts.insertions
        return self.counts.correct / columns if columns else None

    @property
    def utterance_agreement(self) -> float:
        """The share of utterances in which both recognised the same words."""
        same = sum(1 for alignment in self.alignments if not alignment.counts.errors)
        return same / len(self.alignments)

    @cached_property
    def most_different(self) -> tuple[int, ...]:
        """Places in the set of the utterances that differ, most differences first."""
        errors = [alignment.counts.errors for alignment in self.alignments]
        places = [place for place, count in enumerate(errors) if count]
        return tuple(sorted(places, key=lambda place: (-errors[place], place)))


def inspect_manifest(
    manifest: Manifest | str | Path,
    transcribe: Callable[[Path], Hypothesis],
    *,
    model: str = "model",
    normalize: Callable[[str], str] | None = None,
    language: str = "en-US",
    workers: int = 1,
    progress: Callable[[EvaluationProgress], None] | None = None,
) -> Inspection:
    """Transcribe every recording of `manifest`, whose transcripts are not looked at.

    The arguments are those of `evaluate_manifest`; progress has no counts. Before the first
    recording is read, InputError names rows whose file is gone or was listed before. Later,
    InputError from `transcribe` is raised with the row it happened at.
    """
    if not isinstance(manifest, Manifest):
        manifest = Manifest(manifest)
    chosen = normalize or partial(normalize_text, language=language)
    check = manifest.check().require(distinct=True)
    look = partial(inspect_row, transcribe, chosen, manifest.path)
    found: list[InspectedUtterance] = []
    seconds = 0.0
    for _, item in map_in_order(look, manifest, max(1, workers)):
        found.append(item)
        seconds += item.seconds
        if progress is not None:
            total = check.utterances, seconds, check.seconds
            progress(EvaluationProgress(len(found), *total, EditCounts()))
    return Inspection(model, manifest.path.name, tuple(found))


def inspect_row(
    transcribe: Callable[[Path], Hypothesis],
    normalize: Callable[[str], str],
    manifest: Path,
    row: Utterance,
) -> InspectedUtterance:
    """Transcribe one row."""
    heard, seconds, _ = transcribe_row(transcribe, manifest, None, row)
    words = normalize(heard.text)
    origins = words_behind(heard.words, words, normalize)
    return InspectedUtterance(
        row.line,
        row.path,
        row.speaker,
        row.seconds,
        heard.text,
        heard.display,
        tuple(words.split()),
        tuple(word.confidence for word in origins),
        seconds if heard.processing_seconds is None else heard.processing_seconds,
        spans_of(origins),
    )


def compare_inspections(
    first: Inspection, second: Inspection, *, reference: int = 0
) -> InspectionComparison:
    """Bring two inspections of one set together; `reference` 0 or 1 says which counts as right.

    Raises InputError when they are not of the same recordings in the same order.
    """
    if [item.path for item in first.utterances] != [item.path for item in second.utterances]:
        raise InputError(
            f"{first.manifest} and {second.manifest} hold different recordings: compare models on "
            "one set"
        )
    pairs = zip(first.utterances, second.utterances, strict=True)
    ordered = (pair if reference == 0 else pair[::-1] for pair in pairs)
    return InspectionComparison(
        first,
        second,
        reference,
        tuple(align_words(one.words, other.words) for one, other in ordered),
    )
