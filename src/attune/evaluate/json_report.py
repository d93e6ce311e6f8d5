"""Evaluations for machines: JSON-ready dictionaries."""

from __future__ import annotations

from typing import Any

from attune.evaluate.alignment import Alignment
from attune.evaluate.bootstrap import Interval
from attune.evaluate.calibration import Calibration
from attune.evaluate.evaluation import Comparison, Confusions, Evaluation
from attune.evaluate.json_details import (
    counts_to_json,
    diagnosis_to_json,
    groups_to_json,
    rounded,
    terms_to_json,
    tokens_to_json,
)
from attune.evaluate.scoring import UtteranceScore
from attune.evaluate.significance import Significance

__all__ = [
    "alignment_to_json",
    "comparison_to_json",
    "evaluation_to_json",
    "interval_to_json",
]

CONFUSIONS_SHOWN = 50


def evaluation_to_json(
    evaluation: Evaluation, *, worst: int = 20, utterances: bool = False
) -> dict[str, Any]:
    """All figures of one evaluation; with `utterances` every row's too, with its alignment.

    Rates are fractions; null stands for what cannot be computed.
    """
    counts = evaluation.counts
    result: dict[str, Any] = {
        "testing_kind": "evaluation",
        "model": evaluation.model,
        "manifest": evaluation.manifest,
        "wer": round(evaluation.wer, 6),
        "wer_interval": interval_to_json(evaluation.interval),
        "cer": round(evaluation.cer, 6),
        "ser": round(evaluation.ser, 6),
        "words": counts.words,
        "correct": counts.correct,
        "substitutions": counts.substitutions,
        "deletions": counts.deletions,
        "insertions": counts.insertions,
        "characters": evaluation.characters,
        "character_errors": evaluation.character_errors,
        "utterances": len(evaluation.utterances),
        "seconds": round(evaluation.seconds, 3),
        "processing_seconds": round(evaluation.processing_seconds, 3),
        "rtf": rounded(evaluation.rtf),
        **tokens_to_json(evaluation),
        **diagnosis_to_json(evaluation),
        "calibration": calibration_to_json(evaluation.calibration),
        "speakers": [
            {
                "speaker": item.speaker,
                "utterances": item.utterances,
                "seconds": round(item.seconds, 3),
                **counts_to_json(item.counts),
                "reliable": item.reliable,
            }
            for item in evaluation.speakers
        ],
        "durations": groups_to_json("band", evaluation.durations),
        "noise_levels": groups_to_json("band", evaluation.noise_levels),
        "word_classes": groups_to_json("class", evaluation.word_classes),
        "terms": terms_to_json(evaluation.term_scores),
        "confusions": confusions_to_json(evaluation.confusions),
        "worst": [score_to_json(score) for score in evaluation.worst(worst)],
    }
    if utterances:
        result["results"] = [
            {**score_to_json(score), "alignment": alignment_to_json(score.alignment)}
            for score in evaluation.utterances
        ]
    return result


def comparison_to_json(
    comparison: Comparison, *, worst: int = 20, utterances: bool = False
) -> dict[str, Any]:
    """Both evaluations under `models`, and whether they differ under `significance`."""
    return {
        "testing_kind": "evaluation",
        "manifest": comparison.first.manifest,
        "models": [
            evaluation_to_json(model, worst=worst, utterances=utterances)
            for model in comparison.models
        ],
        "significance": significance_to_json(comparison.significance),
    }


def interval_to_json(interval: Interval | None) -> dict[str, Any] | None:
    """An interval, None for none."""
    if interval is None:
        return None
    return {
        "low": round(interval.low, 6),
        "high": round(interval.high, 6),
        "level": interval.level,
        "unit": interval.unit,
        "blocks": interval.blocks,
    }


def calibration_to_json(calibration: Calibration | None) -> dict[str, Any] | None:
    if calibration is None:
        return None
    return {
        "expected_calibration_error": round(calibration.expected_error, 6),
        "words": calibration.words,
        "bins": [
            {
                "low": item.low,
                "high": item.high,
                "words": item.words,
                "confidence": rounded(item.confidence),
                "accuracy": rounded(item.accuracy),
            }
            for item in calibration.bins
        ],
    }


def significance_to_json(significance: Significance) -> dict[str, Any]:
    return {
        "test": significance.test,
        "p_value": significance.p_value,
        "significant": significance.significant,
        "wer_difference": round(significance.difference, 6),
        "wer_difference_interval": interval_to_json(significance.interval),
        "segments": significance.segments,
        "first_better": significance.first_better,
        "second_better": significance.second_better,
    }


def confusions_to_json(confusions: Confusions) -> dict[str, Any]:
    return {
        "substitutions": [
            {"reference": said, "hypothesis": heard, "count": count}
            for said, heard, count in confusions.substitutions[:CONFUSIONS_SHOWN]
        ],
        "deletions": [
            {"word": word, "count": count}
            for word, count in confusions.deletions[:CONFUSIONS_SHOWN]
        ],
        "insertions": [
            {"word": word, "count": count}
            for word, count in confusions.insertions[:CONFUSIONS_SHOWN]
        ],
    }


def score_to_json(score: UtteranceScore) -> dict[str, Any]:
    return {
        "line": score.line,
        "path": str(score.path),
        "speaker": score.speaker,
        "seconds": score.seconds,
        "reference": score.reference,
        "hypothesis": score.hypothesis,
        "display": None if score.display is None else score.display.text,
        **counts_to_json(score.counts),
        "snr": None if score.quality is None else round(score.quality.snr, 1),
        "speech_level": None if score.quality is None else round(score.quality.speech_level, 1),
    }


def alignment_to_json(alignment: Alignment) -> list[dict[str, str | None]]:
    """The columns of an alignment."""
    return [
        {
            "reference": column.reference,
            "hypothesis": column.hypothesis,
            "edit": column.edit.value,
        }
        for column in alignment
    ]
