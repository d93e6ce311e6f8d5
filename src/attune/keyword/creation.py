"""Keywords from phrases alone: the shared encoder, their pronunciations, calibrated thresholds."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

from attune.bundle import (
    Bundle,
    BundleForm,
    BundleWriter,
    Lineage,
    Measurement,
    ModelCard,
    NewPart,
    check_free,
)
from attune.errors import InputError
from attune.keyword.bank import NegativeBank
from attune.keyword.bank_scoring import PhraseOutlook, outlooks
from attune.keyword.base import base_with_bank
from attune.keyword.calibration import (
    DEFAULT_SENSITIVITY,
    KeywordCalibration,
    false_accepts_per_hour,
)
from attune.keyword.keyword_graph import KeywordGraph, read_graph, write_graph
from attune.keyword.look_budget import graph_with_looks
from attune.keyword.phrase import KeywordPhrase

__all__ = [
    "MOST_PHRASES",
    "CreationReport",
    "check_together",
    "create_basic",
    "estimated",
    "keyword_writer",
]

MOST_PHRASES = 64
"""The most phrases of one bundle."""

_SAME_SOUND = 0.14
_COMMAND = "attune keyword create"


@dataclass(frozen=True)
class CreationReport:
    """What came of a creation: the bundle's path, its phrases and what to expect of each.

    `false_accepts_per_hour` and `correct_accepts` (a share) are estimates at the bundle's
    sensitivity, `thresholds` the scores there; `seconds` is how long it took; `warnings` are
    sentences for the person.
    """

    path: Path
    phrases: tuple[KeywordPhrase, ...]
    false_accepts_per_hour: tuple[float, ...]
    correct_accepts: tuple[float, ...]
    thresholds: tuple[float, ...]
    seconds: float
    warnings: tuple[str, ...] = ()


def create_basic(
    phrases: Sequence[KeywordPhrase],
    out: str | Path,
    *,
    base: Bundle | None = None,
    sensitivity: float = DEFAULT_SENSITIVITY,
    name: str | None = None,
    form: BundleForm = "folder",
    replace: bool = False,
    report: Callable[[str], None] | None = None,
) -> CreationReport:
    """Make a keyword bundle at `out` from phrases and their pronunciations.

    `base` holds the encoder and the negative bank (default: what comes with the package),
    `sensitivity` is what the bundle uses when none is asked for, `report` is told each step.
    InputError for phrases that cannot be told apart, an unusable base, or an `out` that exists.
    """
    began = time.monotonic()
    tell = report or _ignore
    out = Path(out)
    wanted = false_accepts_per_hour(sensitivity)
    check_free(out, form, replace)
    warnings = check_together(phrases)
    base = base_with_bank(base)
    tell("opening the negative bank")
    bank = NegativeBank.read(base.part_path("negative_bank"))
    options = read_graph(base.part_path("keyword_graph")).options
    tell(f"calibrating on {bank.hours:.1f} hours without the keyword")
    graph = graph_with_looks(bank, phrases, options)
    found = outlooks(bank, graph)
    calibration = KeywordCalibration(tuple(one.curve for one in found), sensitivity)
    thresholds = tuple(one.curve.threshold(wanted) for one in found)
    correct = tuple(
        one.correct_accepts(threshold) for one, threshold in zip(found, thresholds, strict=True)
    )
    tell("writing the bundle")
    card = _card(base, phrases, calibration, found)
    writer = keyword_writer(base, graph, calibration, card, name, "basic")
    writer.write(out, form=form, replace=replace)
    return CreationReport(
        path=out,
        phrases=tuple(phrases),
        false_accepts_per_hour=(wanted,) * len(phrases),
        correct_accepts=correct,
        thresholds=thresholds,
        seconds=time.monotonic() - began,
        warnings=warnings,
    )


def _ignore(step: str) -> None:
    pass


def check_together(phrases: Sequence[KeywordPhrase]) -> tuple[str, ...]:
    """Warnings about phrases in one bundle; InputError for those that it cannot hold."""
    # Comparing sounds takes tables that only creation needs.
    from attune.keyword.guidance.phone_distance import pronunciation_distance

    if not 1 <= len(phrases) <= MOST_PHRASES:
        raise InputError(f"{len(phrases)} phrases: give 1 to {MOST_PHRASES}")
    warnings = []
    for one, other in combinations(phrases, 2):
        if one.text == other.text:
            raise InputError(f"{one.text!r} is given twice: give it once")
        pairs = [(a, b) for a in one.pronunciations for b in other.pronunciations]
        if min(pronunciation_distance(a, b) for a, b in pairs) <= _SAME_SOUND:
            raise InputError(
                f"{one.text!r} and {other.text!r} sound alike, so that one would be taken for the "
                "other: change one of them, or make a bundle of each"
            )
        if any(_within(a, b) for a, b in pairs):
            warnings.append(f"{one.text!r} is heard whenever somebody says {other.text!r}")
        if any(_within(b, a) for a, b in pairs):
            warnings.append(f"{other.text!r} is heard whenever somebody says {one.text!r}")
    return tuple(warnings)


def _within(short: tuple[str, ...], long: tuple[str, ...]) -> bool:
    return f" {' '.join(short)} " in f" {' '.join(long)} "


def keyword_writer(
    base: Bundle,
    graph: KeywordGraph,
    calibration: KeywordCalibration,
    card: ModelCard,
    name: str | None,
    mode: str,
) -> BundleWriter:
    """A writer of a bundle of keywords made from `base`; `mode` says how ("basic", "advanced")."""
    texts = ", ".join(phrase.text for phrase in graph.phrases)
    writer = BundleWriter(
        kind="keyword",
        language=base.description.language,
        name=name or texts,
        version="1",
        lineage=Lineage(
            command=_COMMAND,
            date=datetime.datetime.now(datetime.UTC).date().isoformat(),
            base=base.hash,
            settings={"phrases": [phrase.text for phrase in graph.phrases], "mode": mode},
        ),
        model_card=card,
        settings=base.settings,
    )
    writer.share("encoder", base)
    if base.has("closer_encoder"):
        writer.share("closer_encoder", base)
    writer.share("symbols", base)
    writer.add("keyword_graph", NewPart(write_graph(graph), "json", "keyword_graph.json"))
    writer.add("calibration", NewPart(calibration.content(), "json", "calibration.json"))
    return writer


def estimated(
    name: str, metric: str, value: float, sensitivity: float, command: str
) -> Measurement:
    """A figure of a card that was estimated at a sensitivity."""
    mode = f"estimated, sensitivity {sensitivity:g}"
    return Measurement(name, metric, round(value, 4), mode, command)


def _card(
    base: Bundle,
    phrases: Sequence[KeywordPhrase],
    calibration: KeywordCalibration,
    found: Sequence[PhraseOutlook],
) -> ModelCard:
    """The base's card with what is expected of the keywords, and how that was estimated."""
    wanted = false_accepts_per_hour(calibration.sensitivity)
    measured = []
    for phrase, one in zip(phrases, found, strict=True):
        threshold = one.curve.threshold(wanted)
        for where, metric, value in (
            ("negative bank", "false_accepts_per_hour", wanted),
            ("words of the bank", "correct_accept_rate", one.correct_accepts(threshold)),
        ):
            name = f"{where}: {phrase.text}"
            measured.append(estimated(name, metric, value, calibration.sensitivity, _COMMAND))
    hours = max(one.curve.hours for one in found)
    texts = ", ".join(repr(phrase.text) for phrase in phrases)
    card = base.description.model_card
    return replace(
        card,
        description=(
            f"Listens for {texts}. Made from the pronunciations alone. The false accepts an hour "
            f"are estimated on {hours:.1f} hours of speech and noise without the keyword (rarer "
            "ones by an exponential tail); the share of correct accepts is that of other words of "
            "the same length, said in recordings that the encoder was trained on, and so is a "
            f"little high. {card.description}"
        ),
        measured=tuple(measured),
    )
