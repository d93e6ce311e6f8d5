"""The second look: accepts what was said, rejects what only sounded like it."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tone_keywords import silence
from tones import whistle
from whistled_commands import KEYWORD, keywords, recogniser

from attune.bundle import Bundle
from attune.errors import InputError
from attune.keyword import (
    BaseEncoder,
    Detection,
    EncoderVerifier,
    KeywordModel,
    KeywordPhrase,
    RecognizerVerifier,
    Verifier,
)
from attune.keyword.phrase import MOST_PHONES
from attune.lexicon import PHONE_INDEX

RATE = 16_000


def detected(audio: NDArray[np.float32], keyword: str = KEYWORD.text) -> Detection:
    seconds = len(audio) / RATE
    return Detection(keyword, max(0.0, seconds - 1.0), seconds, 0.0, seconds, audio)


def verifiers() -> list[Verifier]:
    # Whistled phones are told apart less sharply than spoken ones: a stricter threshold.
    device = EncoderVerifier(keywords(), [KEYWORD], threshold=-0.5)
    alone = RecognizerVerifier(recogniser(), [KEYWORD], threshold=-2.0)
    return [
        device,
        alone,
        RecognizerVerifier(recogniser(), [KEYWORD], threshold=-2.0, keywords=keywords()),
    ]


NAMES = ["EncoderVerifier", "RecognizerVerifier", "RecognizerVerifier and keywords"]


@pytest.mark.parametrize("verifier", verifiers(), ids=NAMES)
@pytest.mark.parametrize(
    ("audio", "status"),
    [
        (whistle("see team", before=1.0), "Accepted"),
        (whistle("bee see team", before=0.2), "Accepted"),
        (whistle("see team one", before=0.2), "Accepted"),
        (whistle("see tea", before=1.0), "Rejected"),
        (whistle("see two", before=1.0), "Rejected"),
        (whistle("one boat", before=1.0), "Rejected"),
        (silence(2.0), "Rejected"),
        (silence(0.01), "Rejected"),
        (silence(0.0), "Rejected"),
        (np.random.default_rng(0).normal(0, 0.1, 32000).astype(np.float32), "Rejected"),
        # The keyword is there, but longer ago than the second look reaches.
        (np.concatenate([whistle("see team"), silence(2.5)]), "Rejected"),
    ],
)
def test_verdicts(verifier: Verifier, audio: NDArray[np.float32], status: str) -> None:
    verdict = verifier.verify(detected(audio))
    assert verdict.status == status
    assert verdict.accepted is (verdict.score >= verdict.threshold)
    assert (verdict.keyword, verdict.threshold) == (KEYWORD.text, verifier.threshold)
    assert 0.0 < verdict.seconds < 5.0


@pytest.mark.parametrize("verifier", verifiers(), ids=NAMES)
def test_what_was_said_scores_above_what_was_not(verifier: Verifier) -> None:
    said, nearly, other = (
        verifier.verify(detected(whistle(words, before=1.0))).score
        for words in ("see team", "see tea", "one boat")
    )
    assert said > nearly >= other


def test_look_finds_the_keyword_among_other_words() -> None:
    model = recogniser()
    audio = whistle("bee see team one", before=0.2)
    look = RecognizerVerifier(model, [KEYWORD]).look(model.posteriors(audio), KEYWORD, audio)
    # "bee" takes 0.2 to 0.64 s with its pause, "see team" 0.92 s from there.
    assert look.start * 0.04 == pytest.approx(0.64, abs=0.12)
    assert look.end * 0.04 == pytest.approx(1.5, abs=0.12)


def test_words_that_people_say_count_against_the_keyword() -> None:
    # A keyword that nobody knows as a word, half of whose sounds were said: "see tea" makes sense.
    phrase = KeywordPhrase("siteem", (("S", "IY", "T", "IY", "M"),))
    verifier = RecognizerVerifier(recogniser(), [phrase], threshold=-2.0)
    said = verifier.verify(detected(whistle("see team", before=1.0), "siteem"))
    other = verifier.verify(detected(whistle("see tea", before=1.0), "siteem"))
    assert said.accepted
    assert not other.accepted


def test_keyword_that_was_not_given_is_an_input_error() -> None:
    verifier = RecognizerVerifier(recogniser(), [KEYWORD])
    with pytest.raises(InputError, match=r"hey zork.*see team"):
        verifier.verify(detected(silence(1.0), "hey zork"))


def test_recogniser_without_phones_is_an_input_error() -> None:
    spelling = (("S", "E", "E"),)
    model = SimpleNamespace(
        vocabulary=["see"],
        pronunciations=lambda word: spelling,
        bundle=SimpleNamespace(path="tokens.attune"),
    )
    with pytest.raises(InputError, match="no phones"):
        RecognizerVerifier(model, [KEYWORD])  # type: ignore[arg-type]


def test_not_a_number_is_an_input_error() -> None:
    verifier = EncoderVerifier(keywords(), [KEYWORD], threshold=-0.5)
    with pytest.raises(InputError, match="NaN"):
        verifier.verify(detected(np.full(16000, np.nan, np.float32)))


@dataclass
class Hears:
    """A network that hears the same whatever is said: `rows` [rows, symbols]."""

    rows: NDArray[np.float32]
    row_seconds: float = 0.04

    def posteriors(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        return self.rows[: -(-len(samples) // 640)]


def mishearing(rows: NDArray[np.float32], one: str = "M", other: str = "B") -> NDArray[np.float32]:
    """These rows with one phone where the other was heard, and the other where the one was."""
    rows = rows.copy()
    pair = [PHONE_INDEX[one], PHONE_INDEX[other]]
    rows[:, pair] = rows[:, pair[::-1]]
    return rows


def test_quick_speech_is_no_reason_to_reject() -> None:
    """With a D for its T it is still the keyword, with a B for its M it is not."""
    audio = whistle("see team", before=1.0)
    rows = recogniser().posteriors(audio)
    verifier = RecognizerVerifier(recogniser(), [KEYWORD])
    clear, quick, other = (
        verifier.look(each, KEYWORD, audio).score
        for each in (rows, mishearing(rows, "T", "D"), mishearing(rows))
    )
    assert quick > clear - 0.2
    assert other < clear - 1.0


@pytest.mark.parametrize("beside", [None, keywords()], ids=NAMES[1:])
def test_silence_is_not_the_longest_keyword(beside: KeywordModel | None) -> None:
    """Nor does an accent, which adds phones ("tune" with a Y), make it longer than it may be."""
    longest = KeywordPhrase("tune tune", (("T", "UW") * (MOST_PHONES // 2),))
    verifier = RecognizerVerifier(recogniser(), [longest], keywords=beside)
    assert not verifier.verify(detected(silence(2.0), longest.text)).accepted


def test_what_one_network_mishears_the_other_makes_up_for() -> None:
    audio = whistle("see team", before=1.0)
    alone = RecognizerVerifier(recogniser(), [KEYWORD])
    together = RecognizerVerifier(recogniser(), [KEYWORD], keywords=keywords())
    misheard = mishearing(recogniser().posteriors(audio))
    look = together.look(misheard, KEYWORD, audio)
    assert look.score > alone.look(misheard, KEYWORD, audio).score + 1.0
    heard = together.look(recogniser().posteriors(audio), KEYWORD, audio)
    assert (look.start, look.end) == pytest.approx((heard.start, heard.end), abs=1)


def test_a_network_that_hears_nothing_of_it_counts_as_well() -> None:
    audio = whistle("see team", before=1.0)
    rows = recogniser().posteriors(audio)
    both, doubted = (
        RecognizerVerifier(recogniser(), [KEYWORD], keywords=Hears(heard)).look(
            rows, KEYWORD, audio
        )
        for heard in (rows, mishearing(rows))
    )
    assert doubted.score < both.score


@pytest.mark.parametrize(
    "keywords",
    [
        Hears(np.zeros((100, 40), np.float32), row_seconds=0.08),
        Hears(np.zeros((100, 41), np.float32)),
        Hears(np.zeros((2, 40), np.float32)),
    ],
    ids=["other rows", "other symbols", "fewer rows"],
)
def test_networks_that_do_not_go_together_leave_the_recogniser_alone(keywords: Hears) -> None:
    audio = whistle("see team", before=1.0)
    rows = recogniser().posteriors(audio)
    alone = RecognizerVerifier(recogniser(), [KEYWORD])
    verifier = RecognizerVerifier(recogniser(), [KEYWORD], keywords=keywords)
    assert verifier.look(rows, KEYWORD, audio) == alone.look(rows, KEYWORD, audio)
    assert (verifier.threshold, verifier.sure) == (alone.threshold, alone.sure)


@settings(max_examples=20, deadline=None)
@given(first=st.integers(0, 20), behind=st.integers(0, 9000), missing=st.integers(0, 3))
def test_both_networks_are_heard_at_the_same_time(first: int, behind: int, missing: int) -> None:
    # "see team" begins after a second, row 25. It is found there whatever is before and after it.
    audio = whistle("see team", before=1.0, after=1.0)
    rows = recogniser().posteriors(audio)
    verifier = RecognizerVerifier(recogniser(), [KEYWORD], keywords=keywords())
    whole = verifier.look(rows, KEYWORD, audio)
    count = 55 - first - missing
    part = audio[640 * first : 640 * (first + count) + behind]
    found = verifier.look(rows[first : first + count], KEYWORD, part)
    assert (found.start + first, found.end + first) == pytest.approx(
        (whole.start, whole.end), abs=1
    )
    assert found.score == pytest.approx(whole.score, abs=0.5)


def test_the_base_hears_what_keywords_made_of_it_hear(tone_base: Bundle) -> None:
    audio = whistle("see team", before=1.0)
    base = BaseEncoder(tone_base)
    assert base.row_seconds == keywords().row_seconds
    np.testing.assert_array_equal(base.posteriors(audio), keywords().posteriors(audio))


@pytest.mark.parametrize(("language", "known"), [("en-US", True), ("tlh", False)])
def test_base_that_comes_with_the_package(language: str, known: bool) -> None:
    assert (BaseEncoder.shipped(language) is not None) is known
