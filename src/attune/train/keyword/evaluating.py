"""The stage that evaluates: what voices that the classifier never heard make of the thresholds."""

from __future__ import annotations

from dataclasses import dataclass

from attune.train.keyword.adapting import OWN_POSITIVE, Adapted

__all__ = ["PhraseTrial", "try_phrase"]


@dataclass(frozen=True)
class PhraseTrial:
    """Shares of what was heard, degraded, that reach the threshold of a phrase.

    `positives`: the phrase said by synthesised voices that the classifier had not heard,
    `near_misses`: what sounds nearly like it (each with its best candidate, where it has one),
    `recordings`: the phrase in the recordings that were given, None without them. `helps` is
    whether the second pass is used.
    """

    positives: float
    near_misses: float
    recordings: float | None
    helps: bool

    @property
    def correct_accepts(self) -> float:
        """The share expected of people who say the phrase: of recordings, else of voices."""
        return self.positives if self.recordings is None else self.recordings


def try_phrase(adapted: Adapted, threshold: float) -> PhraseTrial:
    """The trial of a phrase at a threshold."""
    reached, said, kinds = adapted.scores >= threshold, adapted.said, adapted.kinds
    own = said & (kinds == OWN_POSITIVE)
    spoken = said & (kinds == "positive")
    near = ~said & (kinds == "near miss")
    return PhraseTrial(
        float(reached[spoken].sum() / max(1, spoken.sum() + adapted.unheard)),
        float(reached[near].mean()) if near.any() else 0.0,
        float(reached[own].mean()) if own.any() else None,
        adapted.helps,
    )
