from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from attune.data import Utterance
from attune.evaluate import Evaluation, Hypothesis, score_utterance

MakeEvaluation = Callable[..., Evaluation]


@pytest.fixture
def make_evaluation() -> MakeEvaluation:
    """Scores (reference, hypothesis) or (reference, hypothesis, speaker) rows as they stand."""

    def make(*rows: tuple[str, ...], model: str = "model") -> Evaluation:
        scores = []
        for line, (reference, hypothesis, *speaker) in enumerate(rows, start=2):
            row = Utterance(Path(f"/audio/{line}.wav"), 2.0, "".join(speaker), reference, line)
            told = Hypothesis(hypothesis, processing_seconds=0.5)
            scores.append(score_utterance(row, told, lambda text: " ".join(text.split())))
        return Evaluation(model, "set.tsv", tuple(scores))

    return make
