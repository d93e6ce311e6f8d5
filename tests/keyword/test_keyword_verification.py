"""The second look: accepts what was said, rejects what only sounded like it."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray
from tone_keywords import silence
from tones import whistle
from whistled_commands import KEYWORD, keywords, recogniser

from attune.errors import InputError
from attune.keyword import Detection, EncoderVerifier, KeywordPhrase, RecognizerVerifier, Verifier

RATE = 16_000


def detected(audio: NDArray[np.float32], keyword: str = KEYWORD.text) -> Detection:
    seconds = len(audio) / RATE
    return Detection(keyword, max(0.0, seconds - 1.0), seconds, 0.0, seconds, audio)


def verifiers() -> list[Verifier]:
    # Whistled phones are told apart less sharply than spoken ones: a stricter threshold.
    device = EncoderVerifier(keywords(), [KEYWORD], threshold=-0.5)
    return [device, RecognizerVerifier(recogniser(), [KEYWORD], threshold=-2.0)]


@pytest.mark.parametrize("verifier", verifiers(), ids=lambda v: type(v).__name__)
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


@pytest.mark.parametrize("verifier", verifiers(), ids=lambda v: type(v).__name__)
def test_what_was_said_scores_above_what_was_not(verifier: Verifier) -> None:
    said, nearly, other = (
        verifier.verify(detected(whistle(words, before=1.0))).score
        for words in ("see team", "see tea", "one boat")
    )
    assert said > nearly >= other


def test_look_finds_the_keyword_among_other_words() -> None:
    model = recogniser()
    rows = model.posteriors(whistle("bee see team one", before=0.2))
    look = RecognizerVerifier(model, [KEYWORD]).look(rows, KEYWORD)
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
