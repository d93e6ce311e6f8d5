"""How a keyword trades false accepts for missed ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attune.bundle import Bundle
from attune.errors import InputError
from attune.keyword.bank import NegativeBank
from attune.keyword.bank_scoring import spoken_scores
from attune.keyword.calibration import (
    KeywordCalibration,
    OperatingCurve,
    SaidBy,
    SaidScores,
    false_accepts_per_hour,
)
from attune.keyword.keyword_graph import read_graph
from attune.service.access import Principal, Scope
from attune.service.models.catalogue import get
from attune.service.models.files import bundle_folder

if TYPE_CHECKING:
    from attune.service.service import Service

__all__ = ["CurvePoint", "PhraseCurve", "Positives", "curves"]

_STEPS = 40


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """What a sensitivity means: the threshold of the score, false accepts an hour of speech, and
    the share of keywords that are heard (None where nobody knows)."""

    sensitivity: float
    threshold: float
    false_accepts_per_hour: float
    correct_accepts: float | None


@dataclass(frozen=True, slots=True)
class Positives:
    """The `count` utterances whose share is heard, and who `said_by` said them: people in
    "recordings" that were given, synthesised "voices", or people who said other "words" of the
    phrase's length."""

    said_by: SaidBy
    count: int


@dataclass(frozen=True, slots=True)
class PhraseCurve:
    """The points of a phrase from strict to lenient, what is said in them (`positives`, None where
    nobody knows what is heard), and what its card says was measured (`measured`: set, metric,
    value, mode)."""

    phrase: str
    sensitivity: float
    hours: float
    positives: Positives | None
    points: tuple[CurvePoint, ...]
    measured: tuple[dict[str, Any], ...]


def curves(service: Service, principal: Principal, id: str) -> tuple[PhraseCurve, ...]:
    """The curve of each phrase of a keyword model; InputError for a recogniser, Conflict before it
    is made.

    The correct accepts of a basic keyword are those of other words of its length, as its card says.
    An advanced one's are those of the voices or recordings that it was tried on: it keeps their
    scores, unless an older version made it, and then they are not known.
    """
    principal.require(Scope.MANAGE)
    model = get(service, principal, id)
    if model.kind != "keyword" or model.project_id is None:
        raise InputError(f"{model.name!r} is no keyword: it has no such curve")
    bundle = Bundle.open(bundle_folder(service, model), verify="sizes")
    calibration = KeywordCalibration.read(bundle.part_path("calibration"))
    phrases = read_graph(bundle.part_path("keyword_graph")).phrases
    base = None if model.base_id is None else get(service, principal, model.base_id)
    said: tuple[SaidScores | None, ...] = calibration.said or (None,) * len(phrases)
    if base is not None and not bundle.has("second_pass"):
        bank = _bank(bundle_folder(service, base))
        said = tuple(SaidScores.of("words", spoken_scores(bank, phrase)) for phrase in phrases)
    measured = bundle.description.model_card.measured
    return tuple(
        PhraseCurve(
            phrase.text,
            calibration.sensitivity,
            round(curve.hours, 2),
            Positives(heard.said_by, heard.count) if heard is not None and heard.count else None,
            tuple(_points(curve, heard)),
            tuple(
                {"set": one.set, "metric": one.metric, "value": one.value, "mode": one.mode}
                for one in measured
                if len(phrases) == 1 or phrase.text in one.set
            ),
        )
        for phrase, curve, heard in zip(phrases, calibration.curves, said, strict=True)
    )


def _points(curve: OperatingCurve, said: SaidScores | None) -> Iterator[CurvePoint]:
    for step in range(_STEPS + 1):
        sensitivity = step / _STEPS
        rate = false_accepts_per_hour(sensitivity)
        threshold = curve.threshold(rate)
        heard = None if said is None else said.share(threshold)
        yield CurvePoint(sensitivity, round(threshold, 4), round(rate, 4), heard)


@lru_cache(maxsize=2)
def _bank(folder: Path) -> NegativeBank:
    return NegativeBank.read(Bundle.open(folder, verify="sizes").part_path("negative_bank"))
