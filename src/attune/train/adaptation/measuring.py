"""Word error of a model on a manifest, kept as it is found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from attune.data.parallel import WORKERS
from attune.evaluate import (
    Evaluation,
    EvaluationProgress,
    Hypothesis,
    HypothesisWord,
    evaluate_manifest,
)
from attune.recognize import Model
from attune.train.adaptation.journal import Journal

__all__ = ["measure"]


def measure(
    model: Model,
    manifest: Path,
    name: str,
    journal: Path,
    progress: Callable[[float], None] = lambda share: None,
) -> Evaluation:
    """Evaluate `model`, called `name`, whole-file; `journal` keeps what was recognised already.

    `progress` is called with the share that is done. Raises InputError as `evaluate_manifest` does.
    """

    def tell(state: EvaluationProgress) -> None:
        progress(state.done / max(1, state.total))

    with Journal.open(journal) as known:

        def transcribe(path: Path) -> Hypothesis:
            if str(path) not in known:
                result = model.transcribe(path)
                words = [[word.text, word.confidence] for word in result.words]
                known.add(str(path), [result.lexical, words])
            text, words = known[str(path)]
            return Hypothesis(text, tuple(HypothesisWord(*word) for word in words))

        return evaluate_manifest(
            manifest,
            transcribe,
            model=name,
            language=model.bundle.description.language,
            workers=WORKERS,
            progress=tell,
        )
