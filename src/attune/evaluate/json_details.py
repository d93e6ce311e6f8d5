"""The parts of an evaluation's JSON that tell where its errors are and what to do about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attune.evaluate.alignment import EditCounts
from attune.evaluate.diagnosis import MissedWord, Suggestion, diagnose
from attune.evaluate.evaluation import Evaluation
from attune.evaluate.groups import GroupScore
from attune.evaluate.terms import TermScore, TermScores

__all__ = [
    "counts_to_json",
    "diagnosis_to_json",
    "groups_to_json",
    "rounded",
    "terms_to_json",
    "tokens_to_json",
]


def rounded(value: float | None) -> float | None:
    """A rate to six digits, null where there is none."""
    return None if value is None else round(value, 6)


def counts_to_json(counts: EditCounts) -> dict[str, Any]:
    """Word counts and their rate."""
    return {
        "wer": rounded(counts.rate),
        "words": counts.words,
        "substitutions": counts.substitutions,
        "deletions": counts.deletions,
        "insertions": counts.insertions,
    }


def tokens_to_json(evaluation: Evaluation) -> dict[str, Any]:
    """Errors of the display text, named as Azure's evaluations name them; null where there are
    none, with the reason."""
    errors = evaluation.token_errors
    if errors is None:
        return {
            "token_error_rate": None,
            "token_errors": None,
            "token_errors_absent": evaluation.token_errors_absent,
        }
    return {
        "token_error_rate": rounded(errors.counts.rate),
        "token_count": errors.counts.words,
        "correct_token_count": errors.counts.correct,
        "token_substitution_count": errors.counts.substitutions,
        "token_deletion_count": errors.counts.deletions,
        "token_insertion_count": errors.counts.insertions,
        "token_errors": {
            kind.value: {
                "number_of_edits": edits,
                "percentage_of_all_edits": round(100 * errors.share(kind), 2),
            }
            for kind, edits in errors.edits
        },
        "formatted_utterances": errors.formatted,
    }


def groups_to_json(name: str, groups: Sequence[GroupScore]) -> list[dict[str, Any]]:
    """Scores of groups, each called by what it has in common under `name`."""
    return [
        {
            name: item.name,
            "utterances": item.utterances,
            "seconds": round(item.seconds, 3),
            **counts_to_json(item.counts),
            "reliable": item.reliable,
        }
        for item in groups
    ]


def terms_to_json(scores: TermScores | None) -> dict[str, Any] | None:
    """All terms together, word error on them and on other words, and every term."""
    if scores is None:
        return None
    return {
        **term_to_json(scores.total),
        "listed_words": counts_to_json(scores.listed),
        "other_words": counts_to_json(scores.others),
        "by_term": [
            {
                "term": item.term,
                **term_to_json(item),
                "heard": [{"text": text, "count": count} for text, count in item.heard],
            }
            for item in scores.terms
        ],
    }


def term_to_json(score: TermScore) -> dict[str, Any]:
    return {
        "occurrences": score.occurrences,
        "recalled": score.recalled,
        "missed": score.missed,
        "false_insertions": score.false_insertions,
        "recall": rounded(score.recall),
        "precision": rounded(score.precision),
    }


def diagnosis_to_json(evaluation: Evaluation) -> dict[str, Any]:
    """What the word error rate is worth, and what to do next."""
    found = diagnose(evaluation)
    return {
        "wer_band": found.band.value,
        "suggestions": [suggestion_to_json(item) for item in found.suggestions],
    }


def suggestion_to_json(suggestion: Suggestion) -> dict[str, Any]:
    return {
        "code": suggestion.code,
        "finding": suggestion.finding,
        "advice": suggestion.advice,
        "commands": list(suggestion.commands),
        "words": [missed_to_json(word) for word in suggestion.words],
    }


def missed_to_json(word: MissedWord) -> dict[str, Any]:
    return {
        "word": word.word,
        "missed": word.missed,
        "occurrences": word.occurrences,
        "in_vocabulary": word.in_vocabulary,
    }
