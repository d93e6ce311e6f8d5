"""How right a recogniser is: alignment, error rates with intervals, comparisons and reports."""

from .alignment import AlignedWord, Alignment, Edit, EditCounts, align_words
from .bootstrap import Interval, bootstrap_interval
from .calibration import Calibration, ReliabilityBin, measure_calibration
from .distance import edit_distance
from .driver import EvaluationProgress, evaluate_manifest
from .evaluation import Comparison, Confusions, Evaluation, SpeakerScore, compare_evaluations
from .html_report import write_html
from .json_report import comparison_to_json, evaluation_to_json
from .scoring import Hypothesis, HypothesisWord, UtteranceScore, score_utterance
from .significance import Significance, matched_pairs_test
from .text_report import AlignmentText, render_comparison, render_evaluation

__all__ = [
    "AlignedWord",
    "Alignment",
    "AlignmentText",
    "Calibration",
    "Comparison",
    "Confusions",
    "Edit",
    "EditCounts",
    "Evaluation",
    "EvaluationProgress",
    "Hypothesis",
    "HypothesisWord",
    "Interval",
    "ReliabilityBin",
    "Significance",
    "SpeakerScore",
    "UtteranceScore",
    "align_words",
    "bootstrap_interval",
    "compare_evaluations",
    "comparison_to_json",
    "edit_distance",
    "evaluate_manifest",
    "evaluation_to_json",
    "matched_pairs_test",
    "measure_calibration",
    "render_comparison",
    "render_evaluation",
    "score_utterance",
    "write_html",
]
