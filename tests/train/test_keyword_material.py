"""What a second pass is taught with: prompts, near misses, degraded copies, examples, the fit."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.typing import NDArray

from attune.errors import InputError
from attune.keyword import EncodedRows, KeywordPhrase, Peak
from attune.keyword.guidance import LanguageFacts, pronunciation_distance
from attune.keyword.path_features import hear_phones
from attune.keyword.second_pass import SecondLook
from attune.lexicon import PHONE_INDEX
from attune.train.keyword.degrading import Degrader
from attune.train.keyword.examples import ExampleBuilder, joined_examples, phone_places
from attune.train.keyword.fitting import Axes, Weighted, fit_classifier, score_examples
from attune.train.keyword.near_misses import near_misses
from attune.train.keyword.prompts import PromptCounts, plan_prompts
from attune.train.synthesis import Sex

ATLAS = KeywordPhrase(
    "hey atlas",
    (tuple(["HH", "EY", "AE", "T", "L", "AH", "S"]), tuple(["EY", "AE", "T", "L", "AH", "S"])),
)
COUNTS = PromptCounts(positives=40, near_misses=30, speech=10)


@dataclass(frozen=True)
class Mute:
    """A voice that is only planned with."""

    name: str
    engine: str
    accent: str = "en-us"
    sex: Sex = "male"

    def speak(self, text: str, rate: float, pitch: float) -> NDArray[np.float32]:
        raise AssertionError

    def speak_phones(
        self, words: tuple[tuple[str, ...], ...], rate: float, pitch: float
    ) -> NDArray[np.float32]:
        raise AssertionError


VOICES = [Mute("flite:a", "flite"), *(Mute(f"espeak:{i}", "espeak") for i in range(30))]


@pytest.fixture(scope="module")
def facts() -> LanguageFacts:
    return LanguageFacts.open()


def flat(words: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    return tuple(phone for word in words for phone in word)


def test_near_misses_are_near_but_never_the_phrase(facts: LanguageFacts) -> None:
    words = [("K", "AE", "T"), ("G", "AA", "R", "D", "AH", "N")]
    found = near_misses(ATLAS, facts, words, 60, np.random.default_rng(0))
    assert len(found) == len(set(found)) >= 50
    for spoken in map(flat, found):
        for wanted in ATLAS.pronunciations:
            assert pronunciation_distance(wanted, spoken) >= 0.1
            assert " ".join(wanted) not in " ".join(spoken)
    assert ("HH", "EY", "AE", "T", "L") in map(flat, found), "a beginning"
    assert ("T", "L", "AH", "S") in map(flat, found), "an end"
    assert any(
        1 <= sum(a != b for a, b in zip(spoken, ATLAS.pronunciations[0], strict=True)) <= 2
        for spoken in map(flat, found)
        if len(spoken) == 7
    ), "a sound or two changed"


def test_plans_hold_every_role_voice_and_pronunciation(facts: LanguageFacts) -> None:
    prompts = plan_prompts([ATLAS], VOICES, facts, COUNTS, 3)
    positives = [one for one in prompts if one.role == "positive"]
    assert [one.number for one in prompts] == list(range(len(prompts)))
    assert {flat(one.words) for one in positives} == set(ATLAS.pronunciations)
    assert {one.role for one in prompts} == {"positive", "near miss", "speech"}
    assert any(one.before for one in positives) and any(one.after for one in positives)
    assert any(not (one.before or one.after) for one in positives)
    assert sum(one.voice == "flite:a" for one in prompts) > len(prompts) / 4
    assert all(0.75 <= one.rate <= 1.35 and 0.8 <= one.pitch <= 1.25 for one in prompts)
    assert plan_prompts([ATLAS], VOICES, facts, COUNTS, 3) == prompts
    assert plan_prompts([ATLAS], VOICES, facts, COUNTS, 4) != prompts


def test_words_of_a_known_pronunciation_are_kept_apart(facts: LanguageFacts) -> None:
    prompts = plan_prompts([ATLAS], VOICES, facts, COUNTS, 3)
    assert (("HH", "EY"), ("AE", "T", "L", "AH", "S")) in {one.words for one in prompts}


def test_without_a_voice_that_speaks_phones_nothing_is_planned(facts: LanguageFacts) -> None:
    with pytest.raises(InputError, match="install espeak-ng, flite or festival"):
        plan_prompts([ATLAS], [], facts, COUNTS, 0)


def test_many_phrases_share_the_time() -> None:
    one, many = PromptCounts.for_phrases(1), PromptCounts.for_phrases(16)
    assert one == PromptCounts() and 16 * many.positives <= 3 * one.positives


def test_copies_differ_but_come_again() -> None:
    times = np.arange(16_000) / 16_000
    speech = (0.3 * np.sin(2 * np.pi * 300 * times)).astype(np.float32)
    first, second = (Degrader([], [speech] * 5, 1) for _ in range(2))
    copies = [first.copy(speech, 7, copy) for copy in range(6)]
    again = [second.copy(speech, 7, copy) for copy in range(6)]
    for one, other in zip(copies, again, strict=True):
        assert one.dtype == np.float32 and np.abs(one).max() <= 1.0
        assert len(one) > len(speech)
        np.testing.assert_array_equal(one, other)
    assert len({len(one) for one in copies}) > 1


@pytest.mark.parametrize(
    ("other", "places"),
    [
        ("EY AE T L AH S", [-1, 0, 1, 2, 3, 4, 5]),
        ("HH EY AE D L IH S", [0, 1, 2, 3, 4, 5, 6]),
        ("HH EY AE T AH L AH S", [0, 1, 2, 3, 5, 6, 7]),
    ],
)
def test_phones_stand_at_places_of_the_first_pronunciation(other: str, places: list[int]) -> None:
    phrase = replace(ATLAS, pronunciations=(ATLAS.pronunciations[0], tuple(other.split())))
    assert phone_places(phrase).tolist() == [[0, 1, 2, 3, 4, 5, 6], places]


def spoken(phones: tuple[str, ...], random: np.random.Generator, sure: float) -> EncodedRows:
    """Rows of phones, two rows each; `sure` is added to the phone's log posterior, and where the
    phrase is said the first hidden activation is high."""
    scores = random.normal(0, 0.5, (2 * len(phones), 40))
    scores[1::2, 0] += 8
    for place, phone in enumerate(phones):
        scores[2 * place, PHONE_INDEX[phone]] += sure
    rows = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    hidden = random.normal(0, 1, (len(rows), 6))
    hidden[:, 0] += 3.0 if sure > 4 else 0.0
    return EncodedRows(rows.astype(np.float32), hidden.astype(np.float32))


def test_what_is_taught_tells_apart_and_is_scored_alike_everywhere() -> None:
    random = np.random.default_rng(0)
    builder, kept = ExampleBuilder(ATLAS, 6), []
    for number in range(200):
        said = number % 2 == 0
        phones = ATLAS.pronunciations[number % 4 // 2]
        rows = spoken(phones, random, random.normal(4.5 if said else 3.5, 0.3))
        peak = Peak(0, 0, len(rows.hidden), float(random.normal(-1, 0.3)), len(rows.hidden))
        assert builder.add(peak, rows, said, f"voice {number % 9}", "positive")
        kept.append((peak, rows))
    examples = builder.examples()
    axes = Axes(np.zeros(6, np.float32), np.eye(6, 4, dtype=np.float32))
    projected = examples.on_axes(axes.mean, axes.columns)
    assert not examples.present[:, 0].all(), "the short pronunciation has no first phone"
    classifier = fit_classifier([Weighted(projected)], -3.0, builder.places, axes, 0)
    scores = score_examples(classifier, projected, axes)
    added = scores - examples.path[:, 0]
    assert np.corrcoef(added, examples.said)[0, 1] > 0.8
    assert np.corrcoef(examples.path[:, 0], examples.said)[0, 1] < 0.3, "the path tells nothing"
    look = SecondLook([ATLAS], [classifier])
    live = [look.score(peak, rows) for peak, rows in kept]
    np.testing.assert_allclose(live, scores, atol=0.02)
    assert look.score(replace(kept[0][0], score=-3.5), kept[0][1]) == -20.0


def test_a_phrase_that_does_not_fit_is_no_example() -> None:
    rows = spoken(("HH", "EY"), np.random.default_rng(0), 4.0)
    assert hear_phones(rows.log_posteriors[:2], ATLAS) is None
    builder = ExampleBuilder(ATLAS, 6)
    assert not builder.add(Peak(0, 0, 2, -1.0, 2), rows, True, "voice", "positive")
    assert len(builder.examples()) == 0
    assert len(joined_examples([builder.examples(), builder.examples()])) == 0
