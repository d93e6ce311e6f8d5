"""What came of an acoustic adaptation, for people and for machines."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attune.evaluate import Comparison
from attune.train.adaptation.labels import Label
from attune.train.adaptation.plan import Plan
from attune.train.adaptation.strength import Choice
from attune.train.adaptation.surroundings import Surroundings

__all__ = ["AcousticAdaptationReport"]

_SHOWN = 5


@dataclass(frozen=True)
class AcousticAdaptationReport:
    """What was learnt and what it brought.

    `learnt_seconds` of the user's speech, `replay_seconds` of the base's; `left_out`: recordings
    that could not be used, and why; `unknown_words`: words of transcripts that the lexicon lacks.
    `held_out` and `general` compare base and result on recordings that were not learnt (None where
    there are none); `held_out_by` says what parts the held-out ones from the others. `calibrated`:
    confidences were fitted anew.
    """

    path: Path
    plan: Plan
    learnt: int
    learnt_seconds: float
    replay_seconds: float
    left_out: tuple[Label, ...]
    unknown_words: tuple[str, ...]
    surroundings: Surroundings
    choice: Choice
    held_out: Comparison | None
    held_out_by: str
    general: Comparison | None
    calibrated: bool
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """As a JSON-ready dictionary."""
        return {
            "path": str(self.path),
            "method": self.plan.method.value,
            "steps": self.plan.steps,
            "passes": round(self.plan.passes, 2),
            "utterances": self.learnt,
            "speech_seconds": round(self.learnt_seconds, 1),
            "replay_seconds": round(self.replay_seconds, 1),
            "left_out": [{"path": str(x.path), "reason": x.problem} for x in self.left_out],
            "unknown_words": list(self.unknown_words),
            "noise_seconds": round(len(self.surroundings.noise) / 16_000, 1),
            "snr": _rounded(self.surroundings.snr, 1),
            "reverberation": _rounded(self.surroundings.reverberation, 2),
            "strength": self.choice.strength,
            "trials": [
                {
                    "strength": trial.strength,
                    "held_out": _rounded(trial.held_out, 5),
                    "general": _rounded(trial.general, 5),
                }
                for trial in self.choice.trials
            ],
            "held_out": _comparison(self.held_out),
            "held_out_by": self.held_out_by,
            "general": _comparison(self.general),
            "calibrated": self.calibrated,
            "seconds": round(self.seconds, 1),
        }

    def to_text(self) -> str:
        """For people."""
        lines = [
            f"{self.path}: {self.plan.method.value}, {self.learnt_seconds / 60:.1f} min of speech "
            f"in {self.learnt:,} utterances, {self.plan.steps:,} steps, in {self.seconds / 60:.0f} "
            "min"
        ]
        lines += _left_out(self.left_out)
        if self.unknown_words:
            words = ", ".join(self.unknown_words[:_SHOWN])
            more = ", ..." if len(self.unknown_words) > _SHOWN else ""
            lines.append(
                f"not in the lexicon, and not added to it ({len(self.unknown_words):,}): "
                f"{words}{more} (attune adapt language)"
            )
        lines.append(_line(f"held out by {self.held_out_by}", self.held_out))
        lines.append(_line("in general", self.general))
        if self.held_out is not None and self.held_out.second.wer >= self.held_out.first.wer:
            lines.append("nothing was gained on what was held out: keep the base")
        return "\n".join(lines)


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _comparison(found: Comparison | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "manifest": found.first.manifest,
        "utterances": len(found.first.utterances),
        "words": found.first.counts.words,
        "seconds": round(found.first.seconds, 1),
        "before": round(found.first.wer, 6),
        "after": round(found.second.wer, 6),
        "p_value": found.significance.p_value,
        "significant": found.significance.significant,
    }


def _line(what: str, found: Comparison | None) -> str:
    if found is None:
        return f"{what}: not measured"
    before, after = found.first.wer, found.second.wer
    change = f" ({after / before - 1:+.0%})" if before > 0 else ""
    sure = "" if found.significance.significant else ", may be chance"
    return (
        f"{what}: word error {before:.1%} -> {after:.1%}{change}{sure} "
        f"({found.first.counts.words:,} words)"
    )


def _left_out(labels: tuple[Label, ...]) -> list[str]:
    if not labels:
        return []
    lines = [f"left out {len(labels):,} recordings:"]
    for reason, count in Counter(label.problem for label in labels).most_common(_SHOWN):
        names = [label.path.name for label in labels if label.problem == reason][:_SHOWN]
        more = ", ..." if count > _SHOWN else ""
        lines.append(f"  {count:,}: {reason}: {', '.join(names)}{more}")
    return lines
