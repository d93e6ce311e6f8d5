"""How right a recogniser is: alignment, error rates with intervals, comparisons and reports."""

from .alignment import AlignedWord, Alignment, Edit, EditCounts, align_words
from .audio_quality import AudioQuality, measure_quality, recording_quality
from .bootstrap import Interval, bootstrap_interval
from .calibration import Calibration, ReliabilityBin, measure_calibration
from .diagnosis import Diagnosis, MissedWord, Suggestion, WerBand, diagnose, missed_words
from .display_tokens import Spelling, display_tokens, is_formatted
from .distance import edit_distance
from .driver import EvaluationProgress, evaluate_manifest
from .evaluation import Comparison, Confusions, Evaluation, SpeakerScore, compare_evaluations
from .groups import GroupScore, by_duration, by_noise, by_word_class
from .html_report import write_html
from .inspection import (
    InspectedUtterance,
    Inspection,
    InspectionComparison,
    compare_inspections,
    inspect_manifest,
)
from .inspection_report import (
    inspection_comparison_to_json,
    inspection_to_json,
    render_inspection,
    render_inspection_comparison,
)
from .json_report import comparison_to_json, evaluation_to_json
from .scoring import Hypothesis, HypothesisWord, UtteranceScore, score_utterance
from .significance import Significance, matched_pairs_test
from .terms import Term, TermScore, TermScores, parse_term, read_terms, term_scores
from .text_report import AlignmentText, render_comparison, render_evaluation
from .token_errors import DisplayScore, TokenErrorClass, TokenErrors, score_display
from .word_classes import WordClass

__all__ = [
    "AlignedWord",
    "Alignment",
    "AlignmentText",
    "AudioQuality",
    "Calibration",
    "Comparison",
    "Confusions",
    "Diagnosis",
    "DisplayScore",
    "Edit",
    "EditCounts",
    "Evaluation",
    "EvaluationProgress",
    "GroupScore",
    "Hypothesis",
    "HypothesisWord",
    "InspectedUtterance",
    "Inspection",
    "InspectionComparison",
    "Interval",
    "MissedWord",
    "ReliabilityBin",
    "Significance",
    "SpeakerScore",
    "Spelling",
    "Suggestion",
    "Term",
    "TermScore",
    "TermScores",
    "TokenErrorClass",
    "TokenErrors",
    "UtteranceScore",
    "WerBand",
    "WordClass",
    "align_words",
    "bootstrap_interval",
    "by_duration",
    "by_noise",
    "by_word_class",
    "compare_evaluations",
    "compare_inspections",
    "comparison_to_json",
    "diagnose",
    "display_tokens",
    "edit_distance",
    "evaluate_manifest",
    "evaluation_to_json",
    "inspect_manifest",
    "inspection_comparison_to_json",
    "inspection_to_json",
    "is_formatted",
    "matched_pairs_test",
    "measure_calibration",
    "measure_quality",
    "missed_words",
    "parse_term",
    "read_terms",
    "recording_quality",
    "render_comparison",
    "render_evaluation",
    "render_inspection",
    "render_inspection_comparison",
    "score_display",
    "score_utterance",
    "term_scores",
    "write_html",
]
