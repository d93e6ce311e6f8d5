"""Advanced keywords: the basic ones with a second pass, taught on synthesised speech in stages."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from attune.bundle import BundleForm, check_free
from attune.keyword import CreationReport, KeywordPhrase, false_accepts_per_hour
from attune.train.keyword.stages import STAGES, AdvancedRequest, Stage, StageRun
from attune.train.keyword.writing import advanced_writer

__all__ = ["create_advanced", "run_stages"]


def create_advanced(
    phrases: Sequence[KeywordPhrase],
    out: str | Path,
    *,
    request: AdvancedRequest | None = None,
    name: str | None = None,
    form: BundleForm = "folder",
    replace: bool = False,
    work: str | Path | None = None,
    report: Callable[[str], None] | None = None,
) -> CreationReport:
    """Make a bundle at `out` of phrases with a second pass that was taught on how they sound.

    What the stages leave is kept in `work`: stopped and run again, the work goes on from there
    (None: a temporary folder, nothing is kept). `report` is told each step.

    InputError for phrases that cannot be told apart, no voice, an unusable base or manifest, a
    `work` folder of another keyword, or an `out` that exists; SynthesisError when voices fail.
    """
    began = time.monotonic()
    request = request or AdvancedRequest()
    out = Path(out)
    check_free(out, form, replace)
    with tempfile.TemporaryDirectory(prefix="attune-keyword-") as scratch:
        folder = Path(scratch) / "work" if work is None else Path(work)
        run = StageRun(phrases, request, folder, report or _ignore)
        for stage in STAGES:
            run.run(stage)
        made = run.made()
    writer = advanced_writer(run.base, run.graph, made, name)
    writer.write(out, form=form, replace=replace)
    wanted = false_accepts_per_hour(request.sensitivity)
    return CreationReport(
        path=out,
        phrases=run.phrases,
        false_accepts_per_hour=(wanted,) * len(run.phrases),
        correct_accepts=tuple(trial.correct_accepts for trial in made.trials),
        thresholds=tuple(curve.threshold(wanted) for curve in made.calibration.curves),
        seconds=time.monotonic() - began,
        warnings=run.warnings,
    )


def run_stages(
    phrases: Sequence[KeywordPhrase],
    work: str | Path,
    until: Stage,
    *,
    request: AdvancedRequest | None = None,
    report: Callable[[str], None] | None = None,
) -> None:
    """Run the stages up to `until` and leave their results in `work`, for `create_advanced` or
    another run to take up. Errors as there."""
    run = StageRun(phrases, request or AdvancedRequest(), Path(work), report or _ignore)
    for stage in STAGES[: STAGES.index(until) + 1]:
        run.run(stage)


def _ignore(step: str) -> None:
    pass
