"""Basic creation: a bundle from phrases alone, calibrated, that says what to expect."""

from __future__ import annotations

from pathlib import Path

import pytest
from tone_keywords import ANNA, KEN

from attune.bundle import Bundle, verify_bundle
from attune.errors import InputError
from attune.keyword import (
    KeywordPhrase,
    create_basic,
    false_accepts_per_hour,
    load_keyword,
)


def test_a_keyword_is_made_and_says_what_to_expect(tone_base: Bundle, tmp_path: Path) -> None:
    steps: list[str] = []
    report = create_basic(
        [ANNA], tmp_path / "anna", base=tone_base, sensitivity=0.75, report=steps.append
    )
    assert verify_bundle(report.path).ok
    assert len(steps) == 3
    assert report.seconds < 10
    assert report.false_accepts_per_hour == (pytest.approx(false_accepts_per_hour(0.75)),)
    assert 0 <= report.correct_accepts[0] <= 1
    model = load_keyword(report.path)
    assert model.phrases == (ANNA,)
    assert model.sensitivity == 0.75
    assert model.thresholds() == report.thresholds
    assert model.thresholds(0.2) > model.thresholds(0.8)
    described = model.bundle.description
    assert described.lineage.base == tone_base.hash
    assert described.lineage.settings["mode"] == "basic"
    figures = {row.metric: row for row in model.card.measured}
    assert figures["false_accepts_per_hour"].value == pytest.approx(1.5811)
    assert figures["correct_accept_rate"].value == pytest.approx(report.correct_accepts[0])
    assert "estimated" in figures["correct_accept_rate"].mode
    assert "hours of speech and noise without the keyword" in model.card.description
    assert "negative_bank" not in described.parts


def test_a_keyword_can_be_one_file(tone_base: Bundle, tmp_path: Path) -> None:
    report = create_basic([ANNA, KEN], tmp_path / "two.attune", base=tone_base, form="zip")
    assert [phrase.text for phrase in load_keyword(report.path).phrases] == [ANNA.text, KEN.text]
    with pytest.raises(InputError, match="already exists"):
        create_basic([ANNA], report.path, base=tone_base, form="zip")
    create_basic([KEN], report.path, base=tone_base, form="zip", replace=True)
    assert load_keyword(report.path).phrases == (KEN,)


TOGETHER = [
    ([], "0 phrases: give 1 to 64"),
    ([ANNA, ANNA], "is given twice"),
    ([ANNA, KeywordPhrase("bead moan", ANNA.pronunciations)], "sound alike"),
    (
        [ANNA, KeywordPhrase("bee dot mown", (("B", "IY", "D", "AA", "T", "N", "OW", "N"),))],
        "sound alike",
    ),
]


@pytest.mark.parametrize(("phrases", "message"), TOGETHER)
def test_phrases_that_one_bundle_cannot_hold(
    tone_base: Bundle, tmp_path: Path, phrases: list[KeywordPhrase], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        create_basic(phrases, tmp_path / "out", base=tone_base)
    assert not (tmp_path / "out").exists()


def test_a_phrase_within_another_is_warned_of(tone_base: Bundle, tmp_path: Path) -> None:
    inside = KeywordPhrase("dot", (("D", "AA", "T"),))
    report = create_basic([ANNA, inside], tmp_path / "out", base=tone_base)
    assert report.warnings == ("'dot' is heard whenever somebody says 'bee dot moan'",)


WRONG = [
    (" ", (("B", "IY"),), "a keyword needs a text"),
    ("bee", (), "has no pronunciation"),
    ("bee", (("B", "XX"),), "unknown phone 'XX'"),
    ("b", (("B",),), "a pronunciation of 1 phones"),
    ("bee", (("B", "IY") * 31,), "a pronunciation of 62 phones"),
]


@pytest.mark.parametrize(("text", "pronunciations", "message"), WRONG)
def test_phrases_that_cannot_be_said(
    text: str, pronunciations: tuple[tuple[str, ...], ...], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        KeywordPhrase(text, pronunciations)


def test_a_keyword_is_no_base(tone_base: Bundle, tmp_path: Path) -> None:
    made = Bundle.open(create_basic([ANNA], tmp_path / "anna", base=tone_base).path)
    with pytest.raises(InputError, match="has no negative bank"):
        create_basic([KEN], tmp_path / "ken", base=made)
    with pytest.raises(InputError, match="sensitivity 2"):
        create_basic([KEN], tmp_path / "ken", base=tone_base, sensitivity=2.0)
