"""Confidence of an adapted recogniser: fitted anew where there is enough to fit it on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from attune.recognize import Calibration, Model
from attune.train.tuning import HeldOut, fit_calibration, hear

__all__ = ["refit_confidence"]

FEWEST_WORDS = 300
"""Words, and tenths of them wrong: from fewer, the base's calibration is the better guess."""

FEWEST_ERRORS = 30
FEWEST_UTTERANCES = 150
"""An utterance is right or wrong once: its confidence needs more of them."""

_SCALES = (0.1, 0.25, 0.5, 1.0)


def refit_confidence(model: Model, held_out: Path, errors: int) -> Calibration | None:
    """A calibration by what `model` makes of held-out recordings, with `errors` word errors.

    None where they are too few. Word times and symbol priors, which belong to the search, stay.
    """
    heard: HeldOut = hear(model, held_out)
    words = sum(len(transcript) for transcript in heard.transcripts)
    if words < FEWEST_WORDS or errors < FEWEST_ERRORS:
        return None
    fitted = fit_calibration(model, [heard], model.options, _SCALES)
    if len(heard.transcripts) < FEWEST_UTTERANCES:
        return replace(fitted, utterance=model.calibration.utterance)
    return fitted
