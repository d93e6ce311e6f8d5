"""From hypotheses to results, where the hypotheses are unusual."""

from __future__ import annotations

from attune.decode import DecodedWord, Hypothesis
from attune.recognize.calibration import Calibration
from attune.recognize.readout import Readout, plain_display


def test_an_alternative_may_be_that_nothing_was_said() -> None:
    # Met on crowd recordings with one doubtful word: the second best reading was silence.
    word = DecodedWord("yes", 3, 9, -4.0, -2.0, 0.6, 0)
    hypotheses = [Hypothesis((word,), -10.0, -3.0), Hypothesis((), -11.0, -1.0)]
    result = Readout(Calibration(), plain_display).result(hypotheses, 0.0, 1.0)
    assert [a.lexical for a in result.alternatives] == ["yes", ""]
    assert [a.text for a in result.alternatives] == ["yes", ""]


def test_nothing_said_may_be_the_best_reading() -> None:
    result = Readout(Calibration(), plain_display).result([Hypothesis((), -1.0, -1.0)], 0.0, 1.0)
    assert (result.text, result.words, result.confidence) == ("", (), 0.0)
