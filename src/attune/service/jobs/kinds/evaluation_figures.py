"""The figures of evaluations under the names that Speech-to-text REST v3.2 has for them.

Names end in 1 or 2 for the model; rates are fractions. Intervals, significance and the figures of
inspections have no names there, and are called in the same way.
"""

from __future__ import annotations

from typing import Any

from attune.evaluate import (
    Comparison,
    Evaluation,
    Inspection,
    InspectionComparison,
    Interval,
    Significance,
)

__all__ = ["figures_of"]


def figures_of(
    result: Evaluation | Comparison | Inspection | InspectionComparison,
) -> dict[str, Any]:
    """All figures, JSON-ready."""
    if isinstance(result, Evaluation):
        return _numbered(1, _evaluation(result))
    if isinstance(result, Comparison):
        return {
            **_numbered(1, _evaluation(result.first)),
            **_numbered(2, _evaluation(result.second)),
            "significance": _significance(result.significance),
        }
    if isinstance(result, Inspection):
        return _numbered(1, _inspection(result))
    return {
        **_numbered(1, _inspection(result.first)),
        **_numbered(2, _inspection(result.second)),
        "agreement": _rounded(result.agreement),
        "sentenceAgreement": _rounded(result.utterance_agreement),
    }


def _numbered(number: int, figures: dict[str, Any]) -> dict[str, Any]:
    return {f"{name}{number}": value for name, value in figures.items()}


def _evaluation(found: Evaluation) -> dict[str, Any]:
    counts = found.counts
    return {
        "wordErrorRate": _rounded(found.wer),
        "wordErrorRateInterval": _interval(found.interval),
        "characterErrorRate": _rounded(found.cer),
        "sentenceErrorRate": _rounded(found.ser),
        "sentenceCount": len(found.utterances),
        "wordCount": counts.words,
        "correctWordCount": counts.correct,
        "wordSubstitutionCount": counts.substitutions,
        "wordDeletionCount": counts.deletions,
        "wordInsertionCount": counts.insertions,
        **_tokens(found),
        "audioSeconds": round(found.seconds, 3),
        "realTimeFactor": _rounded(found.rtf),
    }


def _tokens(found: Evaluation) -> dict[str, Any]:
    errors = found.token_errors
    if errors is None:
        return {}
    counts = errors.counts
    return {
        "tokenErrorRate": _rounded(counts.rate),
        "tokenCount": counts.words,
        "correctTokenCount": counts.correct,
        "tokenSubstitutionCount": counts.substitutions,
        "tokenDeletionCount": counts.deletions,
        "tokenInsertionCount": counts.insertions,
        "tokenErrors": {
            _camel(kind.value): {
                "numberOfEdits": edits,
                "percentageOfAllEdits": round(100 * errors.share(kind), 2),
            }
            for kind, edits in errors.edits
        },
    }


def _inspection(found: Inspection) -> dict[str, Any]:
    return {
        "wordCount": found.words,
        "confidence": _rounded(found.confidence),
        "sentenceCount": len(found.utterances),
        "audioSeconds": round(found.seconds, 3),
        "realTimeFactor": _rounded(found.rtf),
    }


def _significance(found: Significance) -> dict[str, Any]:
    return {
        "test": found.test,
        "pValue": found.p_value,
        "significant": found.significant,
        "wordErrorRateDifference": _rounded(found.difference),
        "wordErrorRateDifferenceInterval": _interval(found.interval),
    }


def _interval(found: Interval | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {"low": _rounded(found.low), "high": _rounded(found.high), "level": found.level}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
