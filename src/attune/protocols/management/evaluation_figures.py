"""The figures of an evaluation under the names of REST v3."""

from __future__ import annotations

from typing import Any

from attune.service.tables import Evaluation

__all__ = ["evaluation_figures"]

_WORDS = {
    "wordErrorRate": "wer",
    "sentenceErrorRate": "ser",
    "sentenceCount": "utterances",
    "wordCount": "words",
    "correctWordCount": "correct",
    "wordSubstitutionCount": "substitutions",
    "wordDeletionCount": "deletions",
    "wordInsertionCount": "insertions",
}
_TOKENS = {
    "tokenErrorRate": "token_error_rate",
    "tokenCount": "token_count",
    "correctTokenCount": "correct_token_count",
    "tokenSubstitutionCount": "token_substitution_count",
    "tokenDeletionCount": "token_deletion_count",
    "tokenInsertionCount": "token_insertion_count",
}
_UNKNOWN = -1
_EDITS = {"inverse_text_normalization": "inverseTextNormalization"}


def evaluation_figures(evaluation: Evaluation) -> dict[str, Any]:
    """What REST v3 tells of each model, with 1 or 2 at the end of each name."""
    if evaluation.kind != "Evaluation":
        return {}
    found = evaluation.figures.get("models", [evaluation.figures])
    named: dict[str, Any] = {}
    for number in range(1, 2 if evaluation.model2_id is None else 3):
        figures = found[number - 1] if number <= len(found) else {}
        for name, known in {**_WORDS, **_TOKENS}.items():
            value = figures.get(known)
            named[f"{name}{number}"] = _UNKNOWN if value is None else value
        errors = figures.get("token_errors")
        if errors:
            named[f"tokenErrors{number}"] = {
                _EDITS.get(kind, kind): {
                    "numberOfEdits": one["number_of_edits"],
                    "percentageOfAllEdits": one["percentage_of_all_edits"],
                }
                for kind, one in errors.items()
            }
    return named
