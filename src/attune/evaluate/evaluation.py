"""The scores of one model on one set, and of two models side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from attune.errors import InputError
from attune.evaluate.alignment import Edit, EditCounts
from attune.evaluate.bootstrap import Interval, bootstrap_interval, group_blocks
from attune.evaluate.calibration import Calibration, measure_calibration
from attune.evaluate.display_tokens import is_formatted
from attune.evaluate.groups import (
    RELIABLE_WORDS,
    GroupScore,
    by_duration,
    by_noise,
    by_word_class,
)
from attune.evaluate.scoring import UtteranceScore
from attune.evaluate.significance import Significance, matched_pairs_test
from attune.evaluate.terms import Term, TermScores, term_scores
from attune.evaluate.token_errors import TokenErrors, add_token_errors

__all__ = ["Comparison", "Confusions", "Evaluation", "SpeakerScore", "compare_evaluations"]

Key = TypeVar("Key", str, tuple[str, str])


@dataclass(frozen=True, slots=True)
class Confusions:
    """Words that went wrong and how often, most often first."""

    substitutions: tuple[tuple[str, str, int], ...]
    deletions: tuple[tuple[str, int], ...]
    insertions: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class SpeakerScore:
    """The utterances of one speaker together; `speaker` is empty for those of unknown speakers."""

    speaker: str
    utterances: int
    seconds: float
    counts: EditCounts

    @property
    def reliable(self) -> bool:
        """Whether there are words enough for the rate to mean something."""
        return self.counts.words >= RELIABLE_WORDS


@dataclass(frozen=True)
class Evaluation:
    """One model on one set. Rates are fractions: 0.107 is 10.7 %, and more than 1 is possible.

    `model` and `manifest` are names to show. `vocabulary` holds the words that the model can
    recognise, None where that is not known; `terms` are those to count apart. InputError when there
    is no reference word to score.
    """

    model: str
    manifest: str
    utterances: tuple[UtteranceScore, ...]
    vocabulary: Container[str] | None = field(default=None, repr=False, compare=False)
    terms: tuple[Term, ...] = ()

    def __post_init__(self) -> None:
        if not self.counts.words:
            raise InputError(
                f"{self.manifest}: no words in the transcripts, so nothing to score: "
                "fill the text column"
            )

    @cached_property
    def counts(self) -> EditCounts:
        """Word counts over the whole set."""
        return sum((score.counts for score in self.utterances), EditCounts())

    @property
    def wer(self) -> float:
        """Word error rate: the sum of errors over the sum of reference words."""
        return self.counts.errors / self.counts.words

    @cached_property
    def interval(self) -> Interval | None:
        """95 % bootstrap interval of the word error rate, over speakers where they are known."""
        blocks = group_blocks(self.utterances)
        errors = blocks.total([score.counts.errors for score in self.utterances])
        words = blocks.total([score.counts.words for score in self.utterances])
        return bootstrap_interval(errors, words, blocks.unit)

    @cached_property
    def characters(self) -> int:
        """Number of reference characters, spaces between words included."""
        return sum(score.characters for score in self.utterances)

    @cached_property
    def character_errors(self) -> int:
        """Sum of the character edit distances."""
        return sum(score.character_errors for score in self.utterances)

    @property
    def cer(self) -> float:
        """Character error rate: the sum of errors over the sum of reference characters."""
        return self.character_errors / self.characters

    @property
    def ser(self) -> float:
        """Sentence error rate: the share of utterances with any error."""
        wrong = sum(1 for score in self.utterances if score.counts.errors)
        return wrong / len(self.utterances)

    @cached_property
    def seconds(self) -> float:
        """Duration of the audio."""
        return sum(score.seconds for score in self.utterances)

    @cached_property
    def processing_seconds(self) -> float:
        """Time that recognition took, summed over utterances."""
        return sum(score.processing_seconds for score in self.utterances)

    @property
    def rtf(self) -> float | None:
        """Real-time factor: processing time over audio time; None where no durations are known."""
        return self.processing_seconds / self.seconds if self.seconds else None

    @cached_property
    def calibration(self) -> Calibration | None:
        """How well word confidences match; None where the model gave none."""
        pairs: list[tuple[float, bool]] = []
        for score in self.utterances:
            if score.confidences:
                heard = [column for column in score.alignment if column.hypothesis is not None]
                right = [column.edit is Edit.CORRECT for column in heard]
                pairs += zip(score.confidences, right, strict=True)
        return measure_calibration(pairs)

    @cached_property
    def confusions(self) -> Confusions:
        """Every substituted pair and every word deleted or inserted, with counts."""
        pairs: Counter[tuple[str, str]] = Counter()
        deleted: Counter[str] = Counter()
        inserted: Counter[str] = Counter()
        for score in self.utterances:
            for column in score.alignment:
                if column.reference is None:
                    inserted[column.hypothesis or ""] += 1
                elif column.hypothesis is None:
                    deleted[column.reference] += 1
                elif column.reference != column.hypothesis:
                    pairs[column.reference, column.hypothesis] += 1
        return Confusions(
            tuple((said, heard, count) for (said, heard), count in ranked(pairs)),
            tuple(ranked(deleted)),
            tuple(ranked(inserted)),
        )

    @cached_property
    def speakers(self) -> tuple[SpeakerScore, ...]:
        """Scores by speaker, highest error rate first; empty when no speaker is known."""
        groups: dict[str, list[UtteranceScore]] = {}
        for score in self.utterances:
            groups.setdefault(score.speaker, []).append(score)
        if not any(groups):
            return ()
        found = [
            SpeakerScore(
                speaker,
                len(scores),
                sum(score.seconds for score in scores),
                sum((score.counts for score in scores), EditCounts()),
            )
            for speaker, scores in groups.items()
        ]
        return tuple(sorted(found, key=lambda item: (-(item.counts.rate or 0.0), item.speaker)))

    @cached_property
    def durations(self) -> tuple[GroupScore, ...]:
        """Scores by length of the recordings."""
        return by_duration(self.utterances)

    @cached_property
    def noise_levels(self) -> tuple[GroupScore, ...]:
        """Scores by signal-to-noise ratio; empty where no recording was measured."""
        return by_noise(self.utterances)

    @cached_property
    def word_classes(self) -> tuple[GroupScore, ...]:
        """Scores by class of word: out of vocabulary, spelled letter, number, name, …"""
        return by_word_class(self.utterances, self.vocabulary)

    @cached_property
    def term_scores(self) -> TermScores | None:
        """How the terms were recognised; None without any."""
        alignments = (score.alignment for score in self.utterances)
        return term_scores(alignments, self.terms) if self.terms else None

    @cached_property
    def token_errors(self) -> TokenErrors | None:
        """Errors of the display text; None where `token_errors_absent` says why."""
        displays = [score.display for score in self.utterances if score.display is not None]
        formatted = sum(is_formatted(score.reference) for score in self.utterances)
        if not formatted or len(displays) < len(self.utterances):
            return None
        found = add_token_errors(displays, formatted)
        return found if found.counts.words else None

    @property
    def token_errors_absent(self) -> str | None:
        """Why there are no errors of the display text; None where there are."""
        if self.token_errors is not None:
            return None
        if any(score.display is None for score in self.utterances):
            return "the recogniser gave no display text"
        return "no transcript has capitals, punctuation or digits"

    def worst(self, limit: int | None = None) -> tuple[UtteranceScore, ...]:
        """Utterances with errors, most errors first, then the higher rate; at most `limit`."""
        wrong = [score for score in self.utterances if score.counts.errors]
        wrong.sort(key=lambda score: (-score.counts.errors, score.counts.words, score.line))
        return tuple(wrong[:limit])


def ranked(counts: Counter[Key]) -> list[tuple[Key, int]]:
    """Items with their counts, most often first, equals in alphabetical order."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


@dataclass(frozen=True)
class Comparison:
    """Two models on the same set, utterance by utterance, and whether they differ."""

    first: Evaluation
    second: Evaluation
    significance: Significance

    @property
    def models(self) -> tuple[Evaluation, Evaluation]:
        """Both, in order."""
        return self.first, self.second


def compare_evaluations(first: Evaluation, second: Evaluation) -> Comparison:
    """Bring two evaluations of the same set together.

    Raises InputError when they are not of the same recordings and transcripts in the same order.
    """
    if len(first.utterances) != len(second.utterances):
        raise InputError(
            f"{first.manifest} has {len(first.utterances)} utterances and {second.manifest} has "
            f"{len(second.utterances)}: compare models on one set"
        )
    for one, other in zip(first.utterances, second.utterances, strict=True):
        if (one.path, one.reference) != (other.path, other.reference):
            raise InputError(
                f"{first.manifest}:{one.line} and {second.manifest}:{other.line} differ in "
                "recording or transcript: compare models on one set"
            )
    return Comparison(first, second, matched_pairs_test(first.utterances, second.utterances))
