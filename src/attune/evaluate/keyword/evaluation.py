"""What an evaluation of keywords found, and the figures that it gives."""

from __future__ import annotations

from dataclasses import dataclass, field

from attune.evaluate.keyword.intervals import poisson_interval
from attune.evaluate.keyword.sweep import Figure, OperatingPoint, Sweep
from attune.keyword.spotter import REFRACTORY_SECONDS

__all__ = [
    "FALSE_ACCEPT_TARGETS",
    "KeywordEvaluation",
    "NegativeSet",
    "PhraseEvaluation",
    "SpeakerAccepts",
]

FALSE_ACCEPT_TARGETS = (0.5, 0.1)
"""False accepts an hour that figures are always given for."""


@dataclass(frozen=True, slots=True)
class SpeakerAccepts:
    """One speaker's positives, and in how many of them the phrase was heard."""

    speaker: str
    positives: int
    correct_accepts: int


@dataclass(frozen=True, slots=True)
class NegativeSet:
    """The keyword-free recordings of one manifest and the false accepts in them.

    `left_out` recordings of it hold the keyword and count as no negatives.
    """

    name: str
    recordings: int
    hours: float
    false_accepts: int
    left_out: int


@dataclass(frozen=True)
class NegativeRecordings:
    """The keyword-free recordings of one manifest: `sources` are the numbers that `Sweep.sources`
    knows them by."""

    name: str
    recordings: int
    hours: float
    sources: frozenset[int] = field(repr=False)
    left_out: int


@dataclass(frozen=True)
class PhraseEvaluation:
    """One phrase of a model, at all thresholds; `threshold` is that of the default sensitivity."""

    keyword: str
    sweep: Sweep
    threshold: float
    negatives: tuple[NegativeRecordings, ...] = field(repr=False)

    @property
    def positives(self) -> int:
        """Recordings in which the phrase is said."""
        return len(self.sweep.best_scores)

    @property
    def at_default(self) -> Figure:
        """What the model does when no sensitivity is asked for."""
        return self.sweep.figure(self.threshold)

    def speakers(self, threshold: float) -> tuple[SpeakerAccepts, ...]:
        """The known speakers, those who are heard least first."""
        said: dict[str, list[bool]] = {}
        for speaker, best in zip(self.sweep.speakers, self.sweep.best_scores, strict=True):
            if speaker:
                said.setdefault(speaker, []).append(bool(best >= threshold))
        found = [SpeakerAccepts(name, len(heard), sum(heard)) for name, heard in said.items()]
        return tuple(
            sorted(found, key=lambda one: (one.correct_accepts / one.positives, one.speaker))
        )

    def negative_sets(self, threshold: float) -> tuple[NegativeSet, ...]:
        """Where the false accepts at a threshold are."""
        reached = self.sweep.sources[self.sweep.false_accept_scores >= threshold].tolist()
        return tuple(
            NegativeSet(
                one.name,
                one.recordings,
                one.hours,
                sum(source in one.sources for source in reached),
                one.left_out,
            )
            for one in self.negatives
        )


@dataclass(frozen=True)
class KeywordEvaluation:
    """A model of one or more keywords, measured on positives and keyword-free audio.

    `pooled` is all its phrases listened for together: its `hours` are those free of at least one
    of them. With one phrase it is that phrase's.
    """

    model: str
    sensitivity: float
    phrases: tuple[PhraseEvaluation, ...]
    pooled: Sweep = field(repr=False)
    refractory: float = REFRACTORY_SECONDS

    @property
    def positives(self) -> int:
        """Recordings in which a keyword is said, counted once for each of them."""
        return len(self.pooled.best_scores)

    @property
    def at_default(self) -> Figure:
        """All phrases, each at its own threshold for the default sensitivity.

        The threshold stated is that of the only phrase, NaN for several. The correct accepts'
        interval is left out for several: each phrase has its own.
        """
        figures = [phrase.at_default for phrase in self.phrases]
        if len(figures) == 1:
            return figures[0]
        accepted = sum(one.point.correct_accepts for one in figures)
        false_accepts = sum(one.point.false_accepts for one in figures)
        point = OperatingPoint(
            float("nan"),
            accepted,
            accepted / self.positives if self.positives else None,
            false_accepts,
            false_accepts / self.pooled.hours,
        )
        return Figure(None, point, None, poisson_interval(false_accepts, self.pooled.hours))
