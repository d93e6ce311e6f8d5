"""The bundle of advanced keywords and its card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from attune.bundle import Bundle, BundleWriter, ModelCard, NewPart
from attune.keyword import KeywordPhrase, false_accepts_per_hour
from attune.keyword.calibration import KeywordCalibration
from attune.keyword.creation import estimated, keyword_writer
from attune.keyword.keyword_graph import KeywordGraph
from attune.train.keyword.evaluating import PhraseTrial

__all__ = ["Made", "advanced_writer"]

_COMMAND = "attune keyword create --kind advanced"


@dataclass(frozen=True)
class Made:
    """What the stages made: `second_pass` is the part's content, `trials` one a phrase, `voices`
    how many spoke, `recordings` how many were given."""

    second_pass: bytes
    calibration: KeywordCalibration
    trials: tuple[PhraseTrial, ...]
    voices: int
    recordings: int


def advanced_writer(
    base: Bundle,
    graph: KeywordGraph,
    made: Made,
    name: str | None,
) -> BundleWriter:
    """A writer of the whole bundle."""
    card = _card(base, graph.phrases, made)
    writer = keyword_writer(base, graph, made.calibration, card, name, "advanced")
    writer.add("second_pass", NewPart(made.second_pass, "json", "second_pass.json"))
    return writer


def _card(base: Bundle, phrases: Sequence[KeywordPhrase], made: Made) -> ModelCard:
    """The base's card with what is expected of the keywords, and how that was estimated."""
    sensitivity = made.calibration.sensitivity
    measured = []
    for phrase, trial in zip(phrases, made.trials, strict=True):
        figures = [
            ("negative bank", "false_accepts_per_hour", false_accepts_per_hour(sensitivity)),
            ("synthesised voices", "correct_accept_rate", trial.positives),
            ("synthesised near misses", "false_accept_rate", trial.near_misses),
        ]
        if trial.recordings is not None:
            figures.append(("recordings that were given", "correct_accept_rate", trial.recordings))
        measured += [
            estimated(f"{where}: {phrase.text}", metric, value, sensitivity, _COMMAND)
            for where, metric, value in figures
        ]
    hours = max(curve.hours for curve in made.calibration.curves)
    texts = ", ".join(repr(phrase.text) for phrase in phrases)
    said_by = " or ".join(sorted({one.said_by for one in made.calibration.said}))
    given = f" and on {made.recordings} recordings that were given" if made.recordings else ""
    card = base.description.model_card
    return replace(
        card,
        description=(
            f"Listens for {texts}. A second pass was taught on the phrase as {made.voices} "
            f"synthesised voices say it, on what sounds nearly like it{given}, in noise, rooms and "
            f"codecs. The false accepts an hour are estimated on {hours:.1f} hours of speech and "
            "noise without the keyword (rarer ones by an exponential tail), the correct accepts "
            f"at this and every other threshold on {said_by} in noise and rooms that the second "
            "pass had not heard: synthesised voices are not people, who may be missed more often "
            f"or less. {card.description}"
        ),
        measured=tuple(measured),
    )
