"""What follows a keyword bears on its score."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attune.errors import InputError
from attune.keyword import KeywordPhrase
from attune.keyword.closer_look import heard_candidates
from attune.keyword.encoded_rows import EncodedRows
from attune.keyword.keyword_graph import KeywordGraph
from attune.keyword.pauses import PAUSE_ROWS, default_pause_weight, pause_score
from attune.lexicon import PHONE_INDEX

SAID = ("B", "IY", "D", "AA", "T")


def rows_of(*phones: str) -> np.ndarray:
    """Log posteriors in which each phone is nearly sure; "" is silence."""
    rows = np.full((len(phones), 40), 1e-4)
    for row, phone in zip(rows, phones, strict=True):
        row[PHONE_INDEX[phone] if phone else 0] = 0.9961
    return np.log(rows).astype(np.float32)


@pytest.mark.parametrize(
    ("following", "ended", "score"),
    [
        ((), True, 0.0),
        ((), False, -0.5),
        (("",) * 6, False, 0.0),
        (("",) * 3, False, -0.25),
        (("",) * 3, True, 0.0),
        (("IY", "", "T", "", "", ""), False, -2 / 12),
        (("IY", "T", "IY", "T", "IY", "T"), True, -0.5),
        (("",) * 6 + ("IY", "T"), False, 0.0),
    ],
)
def test_speech_takes_off_what_a_pause_leaves(
    following: tuple[str, ...], ended: bool, score: float
) -> None:
    assert pause_score(0.5, rows_of(*following), ended=ended) == pytest.approx(score, abs=0.003)


@given(st.lists(st.floats(-20.0, 0.0, width=32), max_size=PAUSE_ROWS + 3), st.floats(0.0, 5.0))
def test_the_score_only_rises_as_rows_come_and_stays_in_its_bounds(
    blanks: list[float], weight: float
) -> None:
    rows = np.full((len(blanks), 40), -9.0, np.float32)
    rows[:, 0] = blanks
    course = [pause_score(weight, rows[:count], ended=False) for count in range(len(rows) + 1)]
    assert all(one <= more + 1e-9 for one, more in itertools.pairwise(course))
    assert -weight - 1e-6 <= course[0] <= course[-1] <= 0.0
    assert course[-1] <= pause_score(weight, rows, ended=True) <= 0.0


def test_a_keyword_alone_fits_better_than_one_in_a_sentence() -> None:
    phrase = KeywordPhrase("bee dot", (SAID,))
    before = ("",) * 12
    alone, within = (
        rows_of(*before, *SAID, *after) for after in (("",) * 8, ("AY", "N", "IY", "D") * 2)
    )
    found = []
    for rows in (alone, within):
        hidden = np.zeros((len(rows), 1), np.float32)
        peaks = [
            peak for peak, _ in heard_candidates(EncodedRows(rows, hidden), KeywordGraph((phrase,)))
        ]
        found.append(max(peaks, key=lambda peak: peak.score))
    assert found[0].score == pytest.approx(found[1].score, abs=1e-3)
    assert found[0].total == pytest.approx(found[0].score, abs=0.01)
    assert found[1].total == pytest.approx(found[1].score - 1.0, abs=0.01)


@pytest.mark.parametrize(
    ("pronunciations", "weight"),
    [
        ((("AA", "N"),), 1.25),
        ((("S", "T"),), 1.25),
        ((("HH", "EH", "L", "OW"),), 1.0),
        ((("AH", "TH", "IY", "N", "AH"),), 0.5),
        # The shorter of its pronunciations is what may be in a sentence.
        ((("F", "AE", "M", "AH", "L", "IY"), ("F", "AE", "M", "L", "IY")), 1.0),
    ],
)
def test_short_phrases_have_to_stand_more_alone(
    pronunciations: tuple[tuple[str, ...], ...], weight: float
) -> None:
    assert default_pause_weight(pronunciations) == weight
    assert KeywordPhrase("it", pronunciations).pause_weight == weight
    assert KeywordPhrase("it", pronunciations, 0.0).pause_weight == 0.0


@pytest.mark.parametrize("pause", [-0.1, 5.1, float("nan")])
def test_a_pause_that_cannot_be_is_refused(pause: float) -> None:
    with pytest.raises(InputError, match=r"'bee dot': a pause that counts .*: give 0 to 5"):
        KeywordPhrase("bee dot", (SAID,), pause)
