"""Evaluations of keywords for machines: JSON-ready dictionaries."""

from __future__ import annotations

import math
from typing import Any

from attune.evaluate.json_report import interval_to_json
from attune.evaluate.keyword.evaluation import (
    FALSE_ACCEPT_TARGETS,
    KeywordEvaluation,
    PhraseEvaluation,
)
from attune.evaluate.keyword.sweep import Figure, OperatingPoint, Sweep

__all__ = ["keyword_evaluation_to_json"]


def keyword_evaluation_to_json(evaluation: KeywordEvaluation) -> dict[str, Any]:
    """All figures of an evaluation: those of all phrases together, then of each phrase.

    Rates are fractions; null stands for what there is not (a threshold of several phrases, the
    rate of no positives). `at` has the figures for given false accepts an hour.
    """
    return {
        "testing_kind": "keyword evaluation",
        "model": evaluation.model,
        "sensitivity": evaluation.sensitivity,
        "refractory_seconds": evaluation.refractory,
        **_sweep_to_json(evaluation.pooled),
        "at_default": _figure_to_json(evaluation.at_default),
        "keywords": [_phrase_to_json(phrase) for phrase in evaluation.phrases],
    }


def _phrase_to_json(phrase: PhraseEvaluation) -> dict[str, Any]:
    half = phrase.sweep.figure_at(FALSE_ACCEPT_TARGETS[0]).point.threshold
    at_default = {one.speaker: one for one in phrase.speakers(phrase.threshold)}
    at_half = {one.name: one for one in phrase.negative_sets(half)}
    return {
        "keyword": phrase.keyword,
        **_sweep_to_json(phrase.sweep),
        "at_default": _figure_to_json(phrase.at_default),
        "speakers": [
            {
                "speaker": one.speaker,
                "positives": one.positives,
                "correct_accepts": one.correct_accepts,
                "correct_accepts_at_default": at_default[one.speaker].correct_accepts,
            }
            for one in phrase.speakers(half)
        ],
        "negatives": [
            {
                "manifest": one.name,
                "recordings": one.recordings,
                "hours": round(one.hours, 4),
                "left_out": one.left_out,
                "false_accepts": at_half[one.name].false_accepts,
                "false_accepts_at_default": one.false_accepts,
            }
            for one in phrase.negative_sets(phrase.threshold)
        ],
    }


def _sweep_to_json(sweep: Sweep) -> dict[str, Any]:
    return {
        "positives": len(sweep.best_scores),
        "negative_hours": round(sweep.hours, 4),
        "operating_points": [_point_to_json(point) for point in sweep.curve()],
        "at": [_figure_to_json(sweep.figure_at(rate)) for rate in FALSE_ACCEPT_TARGETS],
    }


def _figure_to_json(figure: Figure) -> dict[str, Any]:
    target = {} if figure.target is None else {"target": figure.target}
    return {
        **target,
        **_point_to_json(figure.point),
        "correct_accepts": figure.point.correct_accepts,
        "false_accepts": figure.point.false_accepts,
        "correct_accept_interval": interval_to_json(figure.correct_accept_interval),
        "false_accept_interval": interval_to_json(figure.false_accept_interval),
    }


def _point_to_json(point: OperatingPoint) -> dict[str, Any]:
    rate = point.correct_accept_rate
    return {
        "threshold": point.threshold if math.isfinite(point.threshold) else None,
        "correct_accept_rate": None if rate is None else round(rate, 6),
        "false_accepts_per_hour": round(point.false_accepts_per_hour, 6),
    }
