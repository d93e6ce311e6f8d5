"""The figures of an evaluation, as REST v3 has them from the beginning: -1 until they are known."""

from __future__ import annotations

from typing import Any

from attune.service.tables import Evaluation

__all__ = ["evaluation_figures"]

_NAMES = (
    "wordErrorRate",
    "sentenceErrorRate",
    "sentenceCount",
    "wordCount",
    "correctWordCount",
    "wordSubstitutionCount",
    "wordDeletionCount",
    "wordInsertionCount",
    "tokenErrorRate",
    "tokenCount",
    "correctTokenCount",
    "tokenSubstitutionCount",
    "tokenDeletionCount",
    "tokenInsertionCount",
)
_UNKNOWN = -1


def evaluation_figures(evaluation: Evaluation) -> dict[str, Any]:
    """All that is known of each model, with 1 or 2 at the end of each name."""
    numbers = (1,) if evaluation.model2_id is None else (1, 2)
    if evaluation.kind != "Evaluation":
        return dict(evaluation.figures)
    unknown = {f"{name}{number}": _UNKNOWN for number in numbers for name in _NAMES}
    known = {name: value for name, value in evaluation.figures.items() if value is not None}
    return {**unknown, **known}
