"""How well keywords are spotted: correct accepts against false accepts an hour.

`evaluate_keyword` hears every recording once and gives the figures of all thresholds;
`keyword_evaluation_to_json`, `render_keyword_evaluation` and `det_svg` show them.
"""

from __future__ import annotations

from attune.evaluate.keyword.counting import (
    Firings,
    count_firings,
    firing_times,
    sweep_firings,
)
from attune.evaluate.keyword.det_svg import det_svg
from attune.evaluate.keyword.evaluation import (
    FALSE_ACCEPT_TARGETS,
    KeywordEvaluation,
    NegativeSet,
    PhraseEvaluation,
    SpeakerAccepts,
)
from attune.evaluate.keyword.hearing import CandidateStream, PhraseCandidate, SpottingModel
from attune.evaluate.keyword.intervals import poisson_interval, wilson_interval
from attune.evaluate.keyword.json_report import keyword_evaluation_to_json
from attune.evaluate.keyword.measuring import KeywordProgress, evaluate_keyword
from attune.evaluate.keyword.sweep import Figure, OperatingPoint, Sweep
from attune.evaluate.keyword.text_report import render_keyword_evaluation

__all__ = [
    "FALSE_ACCEPT_TARGETS",
    "CandidateStream",
    "Figure",
    "Firings",
    "KeywordEvaluation",
    "KeywordProgress",
    "NegativeSet",
    "OperatingPoint",
    "PhraseCandidate",
    "PhraseEvaluation",
    "SpeakerAccepts",
    "SpottingModel",
    "Sweep",
    "count_firings",
    "det_svg",
    "evaluate_keyword",
    "firing_times",
    "keyword_evaluation_to_json",
    "poisson_interval",
    "render_keyword_evaluation",
    "sweep_firings",
    "wilson_interval",
]
