"""The stage that adapts: classifiers from what was heard, and how they score what they never heard.

Sources (voices, speakers, recordings of the bank) are dealt into folds. What is said of a phrase's
scores comes from classifiers that were taught by the other folds.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attune.errors import InputError
from attune.keyword import OperatingCurve
from attune.keyword.bank_scoring import far_apart
from attune.keyword.calibration import fit_curve
from attune.keyword.scoring import LOWEST_SCORE, NOT_SAID
from attune.keyword.second_pass import PhraseClassifier
from attune.keyword.spotter import REFRACTORY_SECONDS
from attune.train.keyword.bank_candidates import BankCandidates
from attune.train.keyword.examples import OWN_NEGATIVE, OWN_POSITIVE, Examples, Unheard
from attune.train.keyword.fitting import (
    Axes,
    Weighted,
    fit_classifier,
    path_only,
    score_examples,
)

__all__ = ["Adapted", "adapt_phrase", "adapted_content", "read_adapted"]

_FOLDS = 3
_FEWEST_RECORDINGS = 3
_COMPARED_AT = (0.5, 2.0, 5.0)  # false accepts an hour
_OWN_NEGATIVES_WEIGH = 0.5
_WORTH_IT = 0.9  # voices gain more than people do (benchmarks/RESULTS.md)

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Adapted:
    """A phrase's classifier, and how others like it score what they never heard.

    `curve` is the operating curve by the bank; `scores` float64 [candidates], `said` bool and
    `kinds` are of what was heard besides, `unheard` is how often the phrase was said without a
    candidate. `helps` is False when the path alone tells more, and so is used alone.
    """

    classifier: PhraseClassifier
    curve: OperatingCurve
    scores: Doubles
    said: NDArray[np.bool_]
    kinds: NDArray[np.str_]
    unheard: Unheard
    helps: bool

    @property
    def own(self) -> NDArray[np.bool_]:
        """Which of `scores` are of the phrase in recordings that were given."""
        own: NDArray[np.bool_] = self.said & (self.kinds == OWN_POSITIVE)
        return own

    @property
    def judged_by_people(self) -> bool:
        """Whether enough recordings were given to judge by."""
        return bool(self.own.sum() >= _FEWEST_RECORDINGS)

    @property
    def missed(self) -> float:
        """The share of what was said that is missed, at a few rates of false accepts; that of the
        recordings that were given, if they are enough."""
        judged = self.scores[self.own if self.judged_by_people else self.said]
        rates = [judged < self.curve.threshold(rate) for rate in _COMPARED_AT]
        return float(np.mean(rates)) if len(judged) else 0.0


def adapt_phrase(
    examples: Examples,
    unheard: Unheard,
    candidates: BankCandidates,
    places: NDArray[np.int64],
    axes: Axes,
    row_seconds: float,
    seed: int,
) -> Adapted:
    """Teach the classifier of a phrase from its examples and the bank's candidates.

    Hidden activations of `examples` are whole, those of `candidates` on `axes`. Where recordings
    that it never heard would be missed more often than by the path alone, or voices not a tenth
    less often, the path alone is kept.
    """
    gate = candidates.gate
    projected, bank = examples.on_axes(axes.mean, axes.columns), candidates.examples

    def result(
        classifier: PhraseClassifier, heard: Doubles, of_bank: Doubles, helps: bool
    ) -> Adapted:
        below = projected.path[:, 0] < gate
        return Adapted(
            classifier,
            _curve(np.maximum(of_bank, NOT_SAID) + bank.pauses, candidates, row_seconds),
            np.where(below, NOT_SAID, np.maximum(heard, NOT_SAID) + examples.pauses),
            examples.said,
            examples.kinds,
            unheard,
            helps,
        )

    of_path, bank_path = (one.path[:, 0].astype(np.float64) for one in (projected, bank))
    plain = result(path_only(gate, places), of_path, bank_path, helps=False)
    heard, of_bank = np.zeros(len(projected)), np.zeros(len(bank))
    folds = [_folds(one.sources) for one in (projected, bank)]
    for fold in range(_FOLDS):
        rest = [one.chosen(of != fold) for one, of in zip((projected, bank), folds, strict=True)]
        material = _material(*rest)
        if not _has_both(material):
            return plain
        classifier = fit_classifier(material, gate, places, axes, seed + fold, draws=1)
        for scores, one, of in ((heard, projected, folds[0]), (of_bank, bank, folds[1])):
            scores[of == fold] = score_examples(classifier, one.chosen(of == fold), axes)
    whole = fit_classifier(_material(projected, bank), gate, places, axes, seed)
    taught = result(whole, heard, of_bank, helps=True)
    worth = 1.0 if taught.judged_by_people else _WORTH_IT
    return taught if taught.missed <= worth * plain.missed else plain


def _material(examples: Examples, bank: Examples) -> list[Weighted]:
    own, against = examples.kinds == OWN_POSITIVE, examples.kinds == OWN_NEGATIVE
    sets = [
        Weighted(examples.chosen(~own & ~against)),
        Weighted(examples.chosen(own)),
        Weighted(examples.chosen(against), _OWN_NEGATIVES_WEIGH),
        Weighted(bank),
    ]
    return [one for one in sets if len(one.examples)]


def _has_both(material: Sequence[Weighted]) -> bool:
    truths = np.concatenate([np.zeros(0, np.bool_), *(one.examples.said for one in material)])
    return bool(truths.any() and not truths.all())


def _folds(sources: NDArray[np.str_]) -> NDArray[np.int64]:
    return np.array([zlib.crc32(name.encode("utf-8")) % _FOLDS for name in sources], np.int64)


def _curve(scores: Doubles, candidates: BankCandidates, row_seconds: float) -> OperatingCurve:
    apart = round(REFRACTORY_SECONDS / row_seconds)
    peaks = list(zip(scores.tolist(), candidates.ends.tolist(), strict=True))
    return fit_curve(far_apart(peaks, apart), candidates.hours, LOWEST_SCORE)


_PLAIN_FIELDS = ("scores", "said", "kinds", "helps")


def adapted_content(found: Sequence[Adapted]) -> bytes:
    """A file that holds what was adapted."""
    arrays = {
        f"{place}.{name}": value
        for place, one in enumerate(found)
        for name, value in (
            *((name, getattr(one, name)) for name in _PLAIN_FIELDS),
            ("unheard", astuple(one.unheard)),
            *((f"classifier.{name}", value) for name, value in asdict(one.classifier).items()),
            *((f"curve.{name}", value) for name, value in asdict(one.curve).items()),
        )
    }
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def read_adapted(path: Path, phrases: int) -> tuple[Adapted, ...]:
    """What `adapted_content` of so many phrases gave; InputError when the file is damaged."""
    try:
        with np.load(path) as held:
            return tuple(_read(held, f"{place}.") for place in range(phrases))
    except (ValueError, KeyError, EOFError, OSError) as error:
        raise InputError(f"{path} is damaged: remove it and run the command again") from error


def _read(held: np.lib.npyio.NpzFile, prefix: str) -> Adapted:
    weights: dict[str, Any] = {
        one.name: held[f"{prefix}classifier.{one.name}"] for one in fields(PhraseClassifier)
    }
    weights |= {name: float(weights[name]) for name in ("gate", "bias")}
    return Adapted(
        PhraseClassifier(**weights),
        OperatingCurve(
            float(held[f"{prefix}curve.hours"]),
            tuple(held[f"{prefix}curve.scores"].tolist()),
            tuple(held[f"{prefix}curve.rates"].tolist()),
            float(held[f"{prefix}curve.slope"]),
        ),
        held[f"{prefix}scores"],
        held[f"{prefix}said"],
        held[f"{prefix}kinds"],
        # Older versions kept one number, of voices and recordings together.
        Unheard(*np.atleast_1d(held[f"{prefix}unheard"]).tolist()),
        bool(held[f"{prefix}helps"]),
    )
